/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { randomInt } from 'node:crypto';
import { SequenceRegistry } from '../../../lib/core/sequence-registry.js';
import { resolveOptions } from '../../../lib/nest/sequence-module.options.js';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import type { ElasticsearchRequest } from '../../../lib/store/elasticsearch/request.js';
import type { Block } from '../../../lib/store/sequence-store.js';
import { removeIndices, TamperingClient, temporaryAlias } from '../../support/elasticsearch-clients.js';
import { clientOf, ElasticsearchDouble, failure, type Reply } from '../../support/elasticsearch-double.js';
import { turn } from '../../support/held-wire.js';
import { onRealServers } from '../../support/on-real-servers.js';
import { watch } from '../../support/watched.js';

const RUNS = Math.ceil(Number(process.env['RUNS'] ?? 1_000) / 20);
const SEED = Number(process.env['SEED'] ?? randomInt(2 ** 31));

const { signal } = new AbortController();
const names = (count: number, prefix = 'tenant') =>
  Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
const isMany = ({ path }: ElasticsearchRequest): boolean => /_bulk|_mget/.test(path);

onRealServers(({ client }) => {
  const aliases: string[] = [];
  const registries: SequenceRegistry[] = [];

  afterAll(async () => {
    await Promise.all(registries.map((registry) => registry.close()));
    for (const alias of aliases) await removeIndices(client, alias);
    await client.close();
  });

  function start(index = temporaryAlias()) {
    aliases.push(index);
    const wire = new TamperingClient(client);
    const store = new ElasticsearchSequenceStore({ client: wire, index });
    const registry = new SequenceRegistry(store, resolveOptions({ blockSize: 10, timeout: 60_000 }));
    registries.push(registry);
    return { index, wire, registry };
  }

  it('2,000 names at once get their first ids in few requests, and so does a lone one beside them', async () => {
    const { registry, wire } = start();
    const crowd = names(2_000).map((name) => registry.get(name).next());
    await turn();
    const lone = registry.get('lone').next();
    expect(await lone).toBe(1);
    expect(new Set(await Promise.all(crowd))).toEqual(new Set([1]));
    expect(wire.requests.some(isMany)).toBe(true);
    expect(wire.requests.length).toBeLessThan(200);
  }, 120_000);

  it('processes that draw from the same names at once share no id', async () => {
    const { index, registry } = start();
    const processes = [registry, start(index).registry, start(index).registry];
    const tenants = names(300);
    for (let round = 0; round < 2; round++)
      await Promise.all(processes.map((each) => Promise.all(tenants.map((name) => each.get(name).next()))));
    const drawn = await Promise.all(
      tenants.map(async (name) =>
        (await Promise.all(processes.map((each) => each.get(name).take(25)))).flat(),
      ),
    );
    expect(drawn.map((ids) => new Set(ids).size)).toEqual(tenants.map(() => 75));
  }, 120_000);
});

describe.each([
  ['with Painless', true],
  ['without Painless', false],
])('On the double %s', (_, scripted) => {
  /** A store whose requests are held where the test says so. */
  function start(index = 'counters') {
    const double = new ElasticsearchDouble(scripted);
    const requests: ElasticsearchRequest[] = [];
    const held: { path: string; release: () => void }[] = [];
    let holds = /(?!)/;
    const client = clientOf(async (params) => {
      requests.push(params);
      if (holds.test(`${params.method} ${params.path}`)) {
        await new Promise<void>((release) => held.push({ path: params.path, release }));
      }
      return double.handle(params);
    });
    return {
      double,
      requests,
      store: new ElasticsearchSequenceStore({ client, index }),
      hold: (pattern: RegExp) => (holds = pattern),
      /** Lets what is held and fits go on, the first or all. */
      async release(pattern: RegExp, which: 'first' | 'all' = 'all'): Promise<void> {
        const fitting = held.filter(({ path }) => pattern.test(path));
        for (const one of which === 'first' ? fitting.slice(0, 1) : fitting) {
          held.splice(held.indexOf(one), 1);
          one.release();
        }
        for (let step = 0; step < 5; step++) await turn();
      },
    };
  }

  const claim = (name: string, count = 10) => ({ name, count, start: 1, signal });

  /** The store knows that operations may go together, and four requests are on their way. */
  async function busy() {
    const started = start();
    const { store, hold, requests } = started;
    await Promise.all(names(8, 'before').map((name) => store.claim(claim(name))));
    requests.length = 0;
    hold(/busy/);
    const held = names(4, 'busy').map((name) => watch(store.claim(claim(name))));
    await turn();
    expect(requests).toHaveLength(4);
    requests.length = 0;
    return { ...started, held };
  }

  it('a name that waits asks for as many ids as it needs when its request goes out', async () => {
    const { store, release, requests, hold } = await busy();
    const orders = claim('before-0');
    const given = Promise.all([store.claim(orders), store.claim(claim('before-1'))]);
    await turn();
    expect(requests).toEqual([]);
    orders.count = 500;
    hold(/(?!)/);
    await release(/busy/);
    const [block] = await given;
    expect(block).toMatchObject({ first: 11, last: 510 });
    expect(requests.some(isMany)).toBe(true);
  });

  it('a new name that comes alone is served while all requests of a crowd are on their way', async () => {
    const { store, hold, release, requests } = await busy();
    const crowd = names(1_000, 'crowd').map((name) => store.claim(claim(name)));
    await turn();
    hold(/_bulk|_mget/);
    await release(/busy/);
    // Those of the crowd that have begun wait for a place, too.
    await release(/_bulk|_mget/);
    expect(requests.filter(isMany).length).toBeGreaterThan(2);
    expect(await store.claim(claim('lone'))).toMatchObject({ first: 1 });
    hold(/(?!)/);
    await release(/./);
    const blocks = await Promise.all(crowd);
    expect(new Set(blocks.map(({ first }) => first))).toEqual(new Set([1]));
  });

  it('looks and fences do not wait for claims', async () => {
    const { store, release } = await busy();
    expect(await store.inspect({ name: 'before-0', signal })).toMatchObject({ last: 10 });
    expect(await store.fence({ name: 'before-0', to: 50, epoch: 'fence-1', signal })).toMatchObject({
      last: 50,
    });
    await release(/busy/);
  });

  it('a counter is not created by a second call once the first has met it', async () => {
    const { store, requests, hold, release } = start();
    // Whether operations may go together is not known yet: they go one by one.
    hold(/_stats|_shard_stores/);
    const first = watch(store.claim(claim('orders')));
    const other = watch(store.claim(claim('invoices')));
    const second = watch(store.claim(claim('orders')));
    for (let step = 0; step < 5; step++) await turn();
    hold(/_create|busy|_shard_stores/);
    for (const name of names(3, 'busy')) store.claim(claim(name)).catch(() => {});
    await turn();
    await release(/_stats/);
    await release(/_create\/orders/);
    expect(first.value).toMatchObject({ first: 1, last: 10 });
    expect(second.state).toBe('pending');
    await release(/busy/, 'first');
    expect(second.error).toMatchObject({ code: 'CONFLICT', ambiguous: false });
    expect(requests.filter(({ path }) => path.includes('_create/orders'))).toHaveLength(1);
    hold(/(?!)/);
    await release(/./);
    await release(/./);
    expect(other.value).toMatchObject({ first: 1 });
  });

  it('claims go one by one on a server that may lose items of a bulk, and it is said', async () => {
    const double = new ElasticsearchDouble(scripted);
    const requests: ElasticsearchRequest[] = [];
    const versions = {
      indices: { counters: { shards: { 0: { stores: [{ node: { version: '9.5.1' } }] } } } },
    };
    const client = clientOf((params) => {
      requests.push(params);
      return params.path.includes('_shard_stores') ? { status: 200, body: versions } : double.handle(params);
    });
    const store = new ElasticsearchSequenceStore({ client, index: 'counters' });
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const blocks = await Promise.all(names(40).map((name) => store.claim(claim(name))));
    expect(blocks.map(({ first }) => first)).toEqual(blocks.map(() => 1));
    expect(requests.some(isMany)).toBe(false);
    const texts = emitWarning.mock.calls.map(([text]) => String(text));
    emitWarning.mockRestore();
    expect(texts.filter((text) => text.includes('one by one'))).toEqual([
      expect.stringContaining('elasticsearch#158212'),
    ]);
  });

  const BULK_FAULTS = [
    'lost',
    'half applied',
    'cut',
    'twice',
    'other order',
    'other names',
    'some busy',
    'too large',
    'forbidden',
  ] as const;
  type BulkFault = (typeof BULK_FAULTS)[number] | 'ok';

  const halfOf = (params: ElasticsearchRequest): ElasticsearchRequest => {
    const lines = params.bulkBody ?? [];
    return { ...params, bulkBody: lines.slice(0, 2 * Math.floor(lines.length / 4)) };
  };

  /** What becomes of a request for many, before or after the server has it. */
  function meet(double: ElasticsearchDouble, fault: BulkFault, params: ElasticsearchRequest): Reply {
    const key = params.bulkBody === undefined ? 'docs' : 'items';
    const changed = (change: (items: any[]) => any[]): Reply => {
      const { status, body } = double.handle(params);
      return { status, body: { ...body, [key]: change(body[key] as any[]) } };
    };
    switch (fault) {
      case 'lost':
        double.handle(params);
        throw new Error('socket hang up');
      case 'half applied':
        if (params.bulkBody !== undefined) double.handle(halfOf(params));
        throw new Error('socket hang up');
      case 'cut':
        return changed((items) => items.slice(0, items.length / 2));
      case 'twice':
        double.handle(params);
        return double.handle(params);
      case 'other order':
        return changed((items) => items.toReversed());
      case 'other names':
        return changed((items) => [...items.slice(1), ...items.slice(0, 1)]);
      case 'some busy': {
        const { bulkBody } = params;
        if (bulkBody === undefined) return double.handle(params);
        const { body } = double.handle(halfOf(params));
        const refused = failure(429, 'es_rejected_execution_exception', 'busy').body;
        const items = bulkBody.filter((_, line) => line % 2 === 0);
        const done = body['items'] as any[];
        const rest = items.slice(done.length).map((action) => {
          const [[kind, { _id }]] = Object.entries(action) as [[string, { _id: string }]];
          return { [kind]: { _index: 'counters', _id, ...refused } };
        });
        return { status: 200, body: { errors: true, items: [...done, ...rest] } };
      }
      case 'too large':
        return { status: 413, body: {} };
      case 'forbidden':
        return failure(403, 'security_exception', 'no bulk');
      default:
        return double.handle(params);
    }
  }

  it(`no name gets an id twice, whatever happens to requests for many: ${RUNS} stories (seed ${SEED})`, async () => {
    const faults = fc.array(
      fc.oneof(
        { weight: 2, arbitrary: fc.constant<BulkFault>('ok') },
        { weight: 3, arbitrary: fc.constantFrom<BulkFault>(...BULK_FAULTS.slice(0, -1)) },
        { weight: 1, arbitrary: fc.constant<BulkFault>('forbidden') },
      ),
      { maxLength: 25 },
    );
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    let met = 0;
    await fc.assert(
      fc.asyncProperty(
        faults,
        fc.scheduler(),
        fc.integer({ min: 6, max: 12 }),
        async (plan, scheduler, size) => {
          const double = new ElasticsearchDouble(scripted);
          const left = [...plan];
          const client = clientOf(async (params) => {
            await scheduler.schedule(Promise.resolve(), `${params.path} arrives`);
            const fault = isMany(params) ? (left.shift() ?? 'ok') : 'ok';
            if (fault !== 'ok') met++;
            const reply = meet(double, fault, params);
            await scheduler.schedule(Promise.resolve(), `${params.path} is answered`);
            return reply;
          });
          const stores = [1, 2].map(() => new ElasticsearchSequenceStore({ client, index: 'counters' }));
          const blocks = new Map<string, Block[]>();
          /** As the core does it: one claim of a name at a time, made again while another attempt may help. */
          const draw = async (store: ElasticsearchSequenceStore, name: string) => {
            for (let round = 0; round < 3; round++) {
              for (let attempt = 0; ; attempt++) {
                try {
                  const block = await store.claim(claim(name, 3));
                  blocks.set(name, [...(blocks.get(name) ?? []), block]);
                  break;
                } catch (error) {
                  expect(error).toMatchObject({ retryable: true });
                  expect(attempt).toBeLessThan(100);
                }
              }
            }
          };
          const all = Promise.all(stores.flatMap((store) => names(size).map((name) => draw(store, name))));
          await scheduler.waitFor(all);
          for (const given of blocks.values()) {
            expect(given).toHaveLength(6);
            const ids = given.flatMap(({ first }) => [first, first + 1, first + 2]);
            expect(new Set(ids).size).toBe(18);
          }
        },
      ),
      { numRuns: RUNS, seed: SEED },
    );
    emitWarning.mockRestore();
    expect(met).toBeGreaterThan(RUNS / 4);
  }, 3_600_000);
});
