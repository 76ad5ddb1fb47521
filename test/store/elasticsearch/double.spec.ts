/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import * as fc from 'fast-check';
import { randomBytes, randomInt } from 'node:crypto';
import { CLAIM_SCRIPT, RAISE_SCRIPT } from '../../../lib/store/elasticsearch/scripts.js';
import type { ElasticsearchClient, ElasticsearchRequest } from '../../../lib/store/elasticsearch/request.js';
import { type DocumentOperation, manyRequest } from '../../../lib/store/elasticsearch/document-operation.js';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { realServers, removeIndices, temporaryAlias } from '../../support/elasticsearch-clients.js';
import { clientOf, ElasticsearchDouble, failure, type Reply } from '../../support/elasticsearch-double.js';
import { blockSizes, event, play, stories } from '../../support/random-processes.js';
import { faults, ScheduledServers, type Send } from '../../support/scheduled-servers.js';

/**
 * Random stories over the real ElasticsearchSequenceStore: on a double with every fault, and on real servers, so that
 * the double cannot drift. RUNS=100000 tells more; a failure prints its seed and path, SEED repeats a run.
 */
const RUNS = Number(process.env['RUNS'] ?? 1_000);
const SEED = Number(process.env['SEED'] ?? randomInt(2 ** 31));
/** Stories on a real server take their time. */
const REAL_RUNS = Math.ceil(RUNS / 100);

const strategies = fc.constantFrom<('auto' | 'script' | 'cas')[][]>(
  ['auto'],
  ['cas'],
  ['auto', 'cas', 'auto'],
);

const options = fc.record({
  blockSize: blockSizes,
  timeout: fc.constant(5_000),
  closeTimeout: fc.constant(1_000),
});

describe.each([
  ['with Painless', true],
  ['without Painless', false],
])('On the double %s', (_, scripted) => {
  it(`no id twice, whatever happens: ${RUNS / 2} stories (seed ${SEED})`, async () => {
    let double = new ElasticsearchDouble(scripted);
    let copy: string | undefined;
    const index = 'counters';
    const events = [
      event('deleteDocument', () => double.deleteDocument(index, 'orders')),
      event('deleteIndex', () => double.deleteIndex(index)),
      event('snapshot', () => double.takeSnapshot(index)),
      event('restore', () => double.restore(false)),
      event('delete and restore', () => double.restore(true)),
      event('failover', () => double.failover(index)),
      event('reindex', () => (copy = double.reindex(index))),
      event('switch', () => {
        // A copy is used once: two used in turn are beyond what the library promises.
        if (copy !== undefined) double.switchAlias(index, copy);
        copy = undefined;
      }),
    ];
    await fc.assert(
      fc.asyncProperty(
        stories(events),
        fc.scheduler(),
        faults,
        strategies,
        options,
        fc.nat(),
        async (commands, scheduler, plan, order, given, seed) => {
          double = new ElasticsearchDouble(scripted);
          copy = undefined;
          const servers = new ScheduledServers(
            (params) => double.handle(params),
            scheduler,
            [...plan],
            { index, strategies: [...order], mayHarm: true },
            (epoch) => double.lifeOf(epoch),
          );
          await play(commands, servers, scheduler, given, seed);
        },
      ),
      { numRuns: RUNS / 2, seed: SEED },
    );
  }, 3_600_000);

  it(`no identity is doubted while only answers get lost: ${RUNS / 4} stories (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        stories(),
        fc.scheduler(),
        faults,
        strategies,
        options,
        fc.nat(),
        async (commands, scheduler, plan, order, given, seed) => {
          const double = new ElasticsearchDouble(scripted);
          const servers = new ScheduledServers(
            (params) => double.handle(params),
            scheduler,
            [...plan],
            { index: 'counters', strategies: [...order], mayHarm: false },
            (epoch) => double.lifeOf(epoch),
          );
          await play(commands, servers, scheduler, given, seed);
        },
      ),
      { numRuns: RUNS / 4, seed: SEED },
    );
  }, 3_600_000);
});

describe('ElasticsearchSequenceStore', () => {
  const { signal } = new AbortController();
  const claim = { name: 'orders', count: 10, start: 1, signal };

  function open(double: ElasticsearchDouble, answer: Send = (params) => double.handle(params)) {
    return new ElasticsearchSequenceStore({ client: clientOf(answer), index: 'counters' });
  }

  it('verifies the index anew when the alias has moved before the first contact, and creates only then', async () => {
    for (const scripted of [true, false]) {
      const double = new ElasticsearchDouble(scripted);
      const store = open(double);
      await store.open(signal);
      const old = Object.keys(double.handle({ method: 'GET', path: '/counters' }).body)[0]!;
      double.switchAlias('counters', double.reindex('counters')!);
      double.deleteIndex(old);
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT', ambiguous: false });
      expect(await store.claim(claim)).toMatchObject({ first: 1, last: 10 });
      expect(await open(double).claim(claim)).toMatchObject({ first: 11, last: 20 });
    }
  });

  it('hands out nothing of an index that was not verified, though the counter is there', async () => {
    for (const scripted of [true, false]) {
      const double = new ElasticsearchDouble(scripted);
      await open(double).claim(claim);
      const store = open(double);
      await store.open(signal);
      double.switchAlias('counters', double.reindex('counters')!);
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT', ambiguous: true });
    }
  });

  it('creates no counter where none is that it knows: the index may stand in for a lost one', async () => {
    const double = new ElasticsearchDouble(true);
    const store = open(double);
    await store.claim(claim);
    double.deleteIndex('counters');
    await open(double).claim({ ...claim, name: 'shipments' });
    const invoices = { ...claim, name: 'invoices' };
    await expect(store.claim(invoices)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(store.claim(invoices)).rejects.toMatchObject({ code: 'VANISHED', sequence: 'invoices' });
    // However often it claims there what it did not know.
    for (const first of [11, 21]) {
      expect(await store.claim({ ...claim, name: 'shipments' })).toMatchObject({ first });
    }
    await expect(store.claim(invoices)).rejects.toMatchObject({ code: 'VANISHED' });
  });

  it('creates counters in a new index once a counter of its own was fenced there', async () => {
    const double = new ElasticsearchDouble(true);
    const store = open(double);
    await store.claim(claim);
    double.switchAlias('counters', double.reindex('counters')!);
    await open(double).fence({ name: 'orders', jump: 1_000, epoch: 'fence-1', signal });
    const invoices = { ...claim, name: 'invoices' };
    await expect(store.claim(invoices)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(store.claim(invoices)).rejects.toMatchObject({ code: 'VANISHED' });
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT', dropsCache: true });
    expect(await store.claim(invoices)).toMatchObject({ first: 1 });
  });

  it('is not told by a late look for the alias that what it learned meanwhile is gone', async () => {
    const double = new ElasticsearchDouble(true);
    let answer: (() => void) | undefined;
    const store = open(double, async (params) => {
      const reply = double.handle(params);
      if (params.path === '/counters' && answer === undefined) {
        await new Promise<void>((resolve) => (answer = resolve));
      }
      return reply;
    });
    const impatient = new AbortController();
    const given = store.claim({ ...claim, signal: impatient.signal }).catch((error: unknown) => error);
    const patient = store.claim({ ...claim, name: 'invoices' }).catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    await open(double).claim({ ...claim, name: 'shipments' });
    impatient.abort();
    await given;
    answer!();
    expect(await patient).toMatchObject({ first: 1 });
    expect(await store.claim(claim)).toMatchObject({ first: 1 });
  });

  it('goes on after a fence, a restore of the time before and another fence', async () => {
    for (const scripted of [true, false]) {
      const double = new ElasticsearchDouble(scripted);
      const [store, operator] = [open(double), open(double)];
      await store.claim(claim);
      double.takeSnapshot('counters');
      await operator.fence({ name: 'orders', jump: 1_000, epoch: 'fence-1', signal });
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
      const { last: above } = await store.claim(claim);
      double.restore(true);
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
      const { last } = await operator.fence({ name: 'orders', jump: 1_000, above, epoch: 'fence-2', signal });
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await store.claim(claim)).toMatchObject({ first: last + 1 });
      expect(await operator.claim(claim)).toMatchObject({ first: last + 11 });
    }
  });

  it.each([true, false])(
    'goes back to no copy from before a fence it followed (history read: %s)',
    async (historyCheck) => {
      const double = new ElasticsearchDouble(true);
      await open(double).claim({ ...claim, name: 'shipments' });
      double.handle({
        method: 'PUT',
        path: '/counters/_create/orders',
        body: { name: 'orders', iid: 30, epoch: 'e' },
      });
      const client = clientOf((params) => double.handle(params));
      const store = new ElasticsearchSequenceStore({ client, index: 'counters', historyCheck });
      await store.claim(claim);
      const copy = double.reindex('counters')!;
      await open(double).claim(claim);
      await open(double).fence({ name: 'orders', jump: 1_000, epoch: 'fence-1', signal });
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
      double.switchAlias('counters', copy);
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    },
  );

  it('refuses the counter after a fence that was never acknowledged, until it is fenced again', async () => {
    const double = new ElasticsearchDouble(true);
    const store = open(double);
    await store.claim(claim);
    double.takeSnapshot('counters');
    await open(double).fence({ name: 'orders', jump: 1_000, epoch: 'fence-1', signal });
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
    double.failoverToSnapshot();
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    const { last } = await open(double).fence({ name: 'orders', jump: 1_000, epoch: 'fence-2', signal });
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await store.claim(claim)).toMatchObject({ first: last + 1 });
  });

  it('accepts nothing of a counter whose fence a delayed write undid', async () => {
    const double = new ElasticsearchDouble(false);
    await open(double).claim({ ...claim, name: 'shipments' });
    // As lovely.essequence wrote it: no epoch, no stamp.
    const body = { name: 'orders', iid: 30 };
    double.handle({ method: 'PUT', path: '/counters/_create/orders', body });
    let late: ElasticsearchRequest | undefined;
    const answer: Send = (params) => {
      if (!params.path.includes('_update')) return double.handle(params);
      late = params;
      return failure(503, 'unavailable_shards_exception', 'no answer');
    };
    const slow = new ElasticsearchSequenceStore({
      client: clientOf(answer),
      index: 'counters',
      strategy: 'cas',
    });
    await expect(slow.claim(claim)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const running = open(double);
    await running.claim(claim);
    double.switchAlias('counters', double.reindex('counters')!);
    await open(double).fence({ name: 'orders', jump: 1_000, epoch: 'fence-1', signal });
    await expect(running.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
    await running.claim(claim);
    // By chance, or by patience, the counter has the _seq_no and the term again that the late update has read.
    const { _seq_no, _primary_term } = double.handle({ method: 'GET', path: '/counters/_doc/orders' }).body;
    const querystring = { ...late!.querystring, if_seq_no: _seq_no, if_primary_term: _primary_term };
    const { status } = double.handle({ ...late!, querystring } as ElasticsearchRequest);
    expect(status).toBe(200);
    for (const store of [running, open(double)]) {
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    }
  });

  it('refuses a counter it never used in an index whose primary term fell, until it is fenced', async () => {
    const double = new ElasticsearchDouble(true);
    const unreadable: Send = (params) =>
      params.path.includes('_stats')
        ? failure(403, 'security_exception', 'unauthorized')
        : double.handle(params);
    const invoices = { ...claim, name: 'invoices' };
    await open(double, unreadable).claim(invoices);
    const store = open(double, unreadable);
    await store.claim(claim);
    double.takeSnapshot('counters');
    for (let failovers = 0; failovers < 2; failovers++) double.failover('counters');
    await store.claim(claim);
    // After a deletion the term goes on from the snapshot's.
    double.restore(true);
    await expect(store.claim(invoices)).rejects.toMatchObject({
      code: 'REGRESSED',
      message: expect.stringContaining('_primary_term in'),
    });
    const { last } = await store.fence({ name: 'invoices', jump: 1_000, epoch: 'fence-1', signal });
    expect(await store.claim(invoices)).toMatchObject({ first: last + 1 });
    expect(await store.claim({ ...claim, name: 'shipments' })).toMatchObject({ first: 1 });
  });

  it('refuses a counter it used before its index had the primary term that fell', async () => {
    const double = new ElasticsearchDouble(true);
    const unreadable: Send = (params) =>
      params.path.includes('_stats')
        ? failure(403, 'security_exception', 'unauthorized')
        : double.handle(params);
    const invoices = { ...claim, name: 'invoices' };
    const store = open(double, unreadable);
    await store.claim(invoices);
    double.takeSnapshot('counters');
    await open(double, unreadable).claim(invoices);
    for (let failovers = 0; failovers < 2; failovers++) double.failover('counters');
    await store.claim(claim);
    // What the other process drew is gone, and this one did not see it: only the term tells.
    double.restore(true);
    await expect(store.claim(invoices)).rejects.toMatchObject({
      code: 'REGRESSED',
      message: expect.stringContaining('_primary_term in'),
    });
    const { last } = await store.fence({ name: 'invoices', jump: 1_000, epoch: 'fence-1', signal });
    expect(await store.claim(invoices)).toMatchObject({ first: last + 1 });
  });

  it('tells the operator of a restore that overtook the fence; the next fence repairs', async () => {
    const double = new ElasticsearchDouble(true);
    const store = open(double);
    await store.claim(claim);
    double.takeSnapshot('counters');
    const operator = open(double, (params) => {
      if (params.path.includes('_update')) double.restore(false);
      return double.handle(params);
    });
    const fence = { name: 'orders', jump: 1_000, signal };
    await expect(operator.fence({ ...fence, epoch: 'fence-1' })).rejects.toMatchObject({
      code: 'IDENTITY_CHANGED',
      message: expect.stringContaining('restored while it was fenced'),
    });
    await expect(open(double).claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    await expect(open(double).fence({ ...fence, epoch: 'fence-1' })).rejects.toMatchObject({
      code: 'IDENTITY_CHANGED',
    });
    const { last } = await open(double).fence({ ...fence, epoch: 'fence-2' });
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await store.claim(claim)).toMatchObject({ first: last + 1 });
  });
});

const servers = realServers();
if (servers.length > 0) {
  describe.each(servers)('On $name', ({ client, scripted }) => {
    const aliases: string[] = [];

    function alias(): string {
      const name = temporaryAlias();
      aliases.push(name);
      return name;
    }

    afterAll(async () => {
      for (const name of aliases) await removeIndices(client, name);
      await client.close();
    });

    it(`the same stories end as well: ${REAL_RUNS} stories (seed ${SEED})`, async () => {
      await fc.assert(
        fc.asyncProperty(
          stories(),
          fc.scheduler(),
          faults,
          strategies,
          options,
          fc.nat(),
          async (commands, scheduler, plan, order, given, seed) => {
            const servers = new ScheduledServers(
              (params) => replyOf(client, params),
              scheduler,
              [...plan],
              { index: alias(), strategies: [...order], mayHarm: false },
              () => 'the only one',
            );
            await play(commands, servers, scheduler, given, seed);
          },
        ),
        { numRuns: REAL_RUNS, seed: SEED, endOnFailure: true },
      );
    }, 3_600_000);

    it.each(scripts(scripted))(
      'the double answers the same: %s',
      async (_, requests) => {
        const double = new ElasticsearchDouble(scripted);
        const here = alias();
        const real = new Names(here);
        const imagined = new Names('counters');
        for (const make of requests) {
          const fromServer = await replyOf(client, make(here, real));
          const fromDouble = double.handle(make('counters', imagined));
          expect(imagined.relevant(fromDouble)).toEqual(real.relevant(fromServer));
        }
      },
      60_000,
    );
  });
}

async function replyOf(client: ElasticsearchClient, params: ElasticsearchRequest): Promise<Reply> {
  try {
    const options = { meta: true, maxRetries: 0 };
    const { statusCode, body } = (await client.transport.request(params, options)) as {
      statusCode: number;
      body: Reply['body'];
    };
    return { status: statusCode, body };
  } catch (error) {
    const { meta } = error as { meta?: { statusCode?: number; body?: Reply['body'] } };
    if (meta?.statusCode === undefined) throw error;
    return { status: meta.statusCode, body: meta.body ?? {} };
  }
}

type Make = (alias: string, names: Names) => ElasticsearchRequest;

/** Names that differ between the double and a server, under names that do not. */
class Names {
  readonly #given = new Map<string, string>();
  readonly index: string;
  seen: Reply['body'] = {};

  constructor(alias: string) {
    this.index = `${alias}-${randomBytes(4).toString('hex')}`;
    this.#given.set(alias, 'the alias');
    this.#given.set(this.index, 'the index');
    this.#given.set(`${this.index}x`, 'another index');
  }

  /** Status, kind of error, and all that the library reads of an answer. */
  relevant({ status, body }: Reply): unknown {
    this.seen = body;
    const { items, docs } = body as { items?: Record<string, any>[]; docs?: Record<string, any>[] };
    if (items !== undefined) {
      return items.map((item) => {
        const [[kind, answer]] = Object.entries(item) as [[string, any]];
        return [kind, answer._id, this.relevant({ status: answer.status, body: answer })];
      });
    }
    // What is read together has no status of its own.
    if (docs !== undefined) return docs.map((doc) => [doc['_id'], this.relevant({ status: 0, body: doc })]);
    const { error, indices } = body as { error?: Record<string, any>; indices?: Record<string, any> };
    if (error !== undefined) {
      const { type, index, caused_by: cause } = error;
      const lacking = type === 'document_missing_exception' ? this.#name(index) : undefined;
      return { status, type, lacking, cause: cause?.reason };
    }
    if (indices !== undefined) {
      return Object.entries(indices).map(([index, { shards }]) => {
        const copies = Object.values<any>(shards).flat();
        const primary = copies.find(({ routing }) => routing.primary);
        return [
          this.#name(index),
          primary.routing.state,
          this.#history(primary.commit.user_data.history_uuid),
        ];
      });
    }
    const { _index: index, _id: id, result, found, _seq_no: seqNo, _primary_term: term } = body;
    if (index !== undefined) {
      const source = body['_source'] ?? (body['get'] as Record<string, unknown> | undefined)?.['_source'];
      return { status, index: this.#name(index as string), id, result, found, seqNo, term, source };
    }
    if (body['acknowledged'] !== undefined) return { status, acknowledged: body['acknowledged'] };
    return Object.entries(body).map(([index, { aliases, mappings }]: [string, any]) => [
      this.#name(index),
      Object.keys(aliases).map((alias) => this.#name(alias)),
      mappings,
    ]);
  }

  #name(name: string): string {
    return this.#given.get(name) ?? `unknown: ${name}`;
  }

  #history(uuid: string): string {
    const known = this.#given.get(uuid) ?? `history ${this.#given.size}`;
    this.#given.set(uuid, known);
    return known;
  }
}

/** Stories of requests: what the library sends, in all cases it tells apart. */
function scripts(scripted: boolean): [string, Make[]][] {
  const createIndex: Make = (alias, { index }) => ({
    method: 'PUT',
    path: `/${index}`,
    body: {
      aliases: { [alias]: { is_write_index: true } },
      settings: { 'index.number_of_shards': 1, 'index.number_of_replicas': 0, 'index.hidden': true },
      mappings: {
        dynamic: 'strict',
        properties: {
          name: { type: 'keyword' },
          iid: { type: 'long' },
          epoch: { type: 'keyword' },
          history: { type: 'keyword' },
          epochs: { type: 'keyword' },
        },
      },
    },
  });
  const another: Make = (alias, names) => {
    const request = createIndex(alias, names);
    return { ...request, path: `${request.path}x` };
  };
  const describeIndex: Make = (alias) => ({
    method: 'GET',
    path: `/${alias}`,
    querystring: { flat_settings: true },
  });
  const get =
    (id = 'orders'): Make =>
    (alias) => ({ method: 'GET', path: `/${alias}/_doc/${id}` });
  const stats: Make = (_, { index }) => ({
    method: 'GET',
    path: `/${index}/_stats`,
    querystring: {
      level: 'shards',
      filter_path:
        'indices.*.shards.*.routing.primary,indices.*.shards.*.routing.state,indices.*.shards.*.commit.user_data.history_uuid',
    },
  });
  const create =
    (iid: unknown, fields: Record<string, unknown> = { epoch: 'e1', history: 'h1' }): Make =>
    (alias) => ({
      method: 'PUT',
      path: `/${alias}/_create/orders`,
      querystring: { require_alias: true },
      body: { name: 'orders', iid, ...fields },
    });
  const update =
    (body: Record<string, unknown>, querystring: Record<string, number> = {}): Make =>
    (alias) => ({
      method: 'POST',
      path: `/${alias}/_update/orders`,
      querystring: { require_alias: true, _source: true, ...querystring },
      body,
    });
  const when = (seqNo: number, term = 1) => ({ if_seq_no: seqNo, if_primary_term: term });
  const max = Number.MAX_SAFE_INTEGER;
  const script = (source: string, params: Record<string, unknown>): Make =>
    update({ script: { lang: 'painless', source, params: { max, ...params } } }, { retry_on_conflict: 1 });
  const claim = (count: unknown, epoch: string | null | undefined = 'e1', floor = 0): Make =>
    script(CLAIM_SCRIPT, { pinned: epoch !== undefined, epoch: epoch ?? null, count, floor });
  const raise = (to: unknown, epoch: string | null | undefined = 'e1'): Make =>
    script(RAISE_SCRIPT, { pinned: epoch !== undefined, epoch: epoch ?? null, to });

  const many =
    (...operations: DocumentOperation[]): Make =>
    (alias) =>
      manyRequest(alias, operations);
  const together = (name: string, iid: number): DocumentOperation => ({
    kind: 'create',
    name,
    body: { name, iid, epoch: 'e1', history: 'h1' },
  });
  const changed = (
    name: string,
    body: Record<string, unknown>,
    condition: Record<string, number> = {},
  ): DocumentOperation => ({ kind: 'update', name, condition, body });
  const read = (name: string): DocumentOperation => ({ kind: 'get', name });
  const claimed = (name: string, count: number, epoch: string): DocumentOperation => {
    const params = { max, pinned: true, epoch, count, floor: 0 };
    return changed(
      name,
      { script: { lang: 'painless', source: CLAIM_SCRIPT, params } },
      { retry_on_conflict: 1 },
    );
  };

  const common: [string, Make[]][] = [
    [
      'many requests in one without an alias',
      [
        many(read('orders'), read('invoices')),
        many(together('orders', 1), changed('invoices', { doc: { iid: 1 } }, when(0))),
        describeIndex,
      ],
    ],
    [
      'many requests in one',
      [
        createIndex,
        many(read('orders'), read('invoices')),
        many(
          together('orders', 10),
          changed('invoices', { doc: { iid: 1 } }, when(0)),
          together('shipments', 5),
        ),
        many(together('orders', 20), together('invoices', 7)),
        many(read('orders'), read('tickets'), read('invoices')),
        many(
          changed('orders', { doc: { iid: 20 }, detect_noop: false }, when(0)),
          changed('invoices', { doc: { iid: 8 }, detect_noop: false }, when(0)),
          changed('shipments', { doc: { iid: 5 }, detect_noop: false }, when(1)),
        ),
        many(
          changed('orders', { doc: { iid: 20 } }, when(3)),
          changed('tickets', { doc: { iid: 1 } }, when(3)),
        ),
        many(claimed('orders', 5, 'e1'), claimed('invoices', 5, 'e2'), claimed('tickets', 5, 'e1')),
        many(read('orders'), read('invoices'), read('shipments')),
      ],
    ],
    ['no alias', [describeIndex, get(), create(1), update({ doc: { iid: 1 } }, when(0)), claim(1), stats]],
    ['an index', [createIndex, describeIndex, another, createIndex, describeIndex, stats, stats]],
    [
      'no document',
      [createIndex, get(), update({ doc: { iid: 1 } }, when(0)), update({ doc: { iid: 1 } }), claim(1)],
    ],
    ['a creation', [createIndex, create(10), get(), create(20), get(), get('shipments')]],
    [
      'compare-and-set',
      [
        createIndex,
        create(10),
        update({ doc: { iid: 20, history: 'h1' } }, when(0)),
        update({ doc: { iid: 30, history: 'h1' } }, when(0)),
        update({ doc: { iid: 30 } }, when(1, 2)),
        update({ doc: { iid: 30 } }, when(1)),
        update({ doc: { iid: 30 } }, when(2)),
        get(),
      ],
    ],
    [
      'a fence',
      [
        createIndex,
        create(10),
        update({ doc: { iid: 1e9 + 10, epoch: 'e2', history: 'h2', epochs: ['e1'] } }, when(0)),
        update({ doc: { iid: 2e9 + 10, epoch: 'e3', history: null, epochs: [null, 'e1', 'e2'] } }, when(1)),
        get(),
        update({ doc: { iid: 2e9 + 20 } }, when(2)),
      ],
    ],
    ['a script without scripts or with', [createIndex, create(10), claim(5), get()]],
  ];
  const painless: [string, Make[]][] = [
    [
      'claims by script',
      [
        createIndex,
        create(10),
        claim(5),
        claim(5, undefined),
        claim(5, 'e2'),
        claim(5, null),
        claim(5, 'e1', 100),
        get(),
      ],
    ],
    [
      'claims that are none',
      [createIndex, create(10), claim(0), claim(-1), claim(1.5), claim('5'), claim(true), claim(max), get()],
    ],
    [
      'claims at the ends',
      [createIndex, create(2 ** 31 - 6), claim(10), claim(max - 2 ** 31 - 4), claim(1), raise(max), get()],
    ],
    [
      'raises',
      [
        createIndex,
        create(10),
        raise(5),
        raise(10),
        raise(11),
        raise(2 ** 40),
        raise(1.5),
        raise(12, 'e2'),
        raise(2 ** 41, 'e2'),
        raise(2 ** 41 + 0.5),
        get(),
      ],
    ],
    [
      'a counter without epoch',
      [createIndex, create(10, {}), claim(1, 'e1'), claim(1, null), claim(1, undefined), get()],
    ],
    ...['12', 1.5, -1].map((iid): [string, Make[]] => [
      `a counter of ${JSON.stringify(iid)}`,
      [createIndex, create(iid), claim(1), claim(1, undefined), raise(50), get()],
    ]),
  ];
  return scripted ? [...common, ...painless] : common;
}
