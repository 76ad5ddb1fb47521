/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import * as entry from '../../lib/index.js';
import { RESET_COUNTERS } from '../../lib/testing.js';
import { call, realServers, removeIndices, temporaryAlias } from '../support/elasticsearch-clients.js';

const { signal } = new AbortController();
const orders = { name: 'orders', signal };

/** All that fits no method is harmless; what fits one is the least it can be asked for. */
const ARGUMENTS: readonly (readonly unknown[])[] = [
  [],
  ['orders'],
  ['orders', 0],
  ['orders', 1],
  ['orders', { start: 1, blockSize: 1 }],
  [0],
  [1],
  [-1],
  [{ ...orders, count: 1, start: 1, id: 0, floor: 0, jump: 0, above: 0, epoch: 'another' }],
  [{ jump: 0, above: 0 }],
  [async () => {}],
  [async () => {}, 'orders'],
  [{ id: null }, { metatype: Object, type: 'body' }],
];

interface Universe {
  roots: Record<string, unknown>;
  /** The stored value, 0 for no counter; undefined once the store is closed. */
  last(): Promise<number | undefined>;
}

/** Every method that the objects have, or the objects they hold, with `this` and a name for it. */
function methods(
  roots: Record<string, unknown>,
): { path: string; invoke(args: readonly unknown[]): unknown }[] {
  const found: ReturnType<typeof methods> = [];
  const seen = new Set<unknown>();
  const visit = (path: string, value: unknown, depth: number): void => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
    if (seen.has(value) || depth > 3) return;
    seen.add(value);
    expect(RESET_COUNTERS in value).toBe(false);
    for (
      let owner: object | null = value;
      owner !== null && owner !== Object.prototype && owner !== Function.prototype;
      owner = Object.getPrototypeOf(owner) as object | null
    ) {
      for (const key of Reflect.ownKeys(owner)) {
        if (['constructor', 'caller', 'callee', 'arguments', 'client'].includes(String(key))) continue;
        const member = memberOf(owner, key, value);
        if (typeof member === 'function' && !/^class\b/.test(String(member))) {
          found.push({
            path: `${path}.${String(key)}`,
            invoke: (args) => Reflect.apply(member, value, args) as unknown,
          });
        } else visit(`${path}.${String(key)}`, member, depth + 1);
      }
    }
  };
  for (const [name, root] of Object.entries(roots)) {
    visit(name, root, 0);
    if (typeof root !== 'function') continue;
    expect(RESET_COUNTERS in ((root.prototype as object | undefined) ?? {})).toBe(false);
    if (!/^class\b/.test(String(root)))
      found.push({ path: name, invoke: (args) => root(...args) as unknown });
  }
  return found;
}

async function universe(store: entry.SequenceStore): Promise<Universe> {
  const built = await Test.createTestingModule({
    imports: [entry.SequenceModule.forRoot({ store, blockSize: 10, timeout: 5_000, closeTimeout: 0 })],
  }).compile();
  const app = await built.init();
  const service = app.get(entry.SequenceService);
  const sequence = service.get('orders');
  await sequence.next();
  await sequence.ensureAtLeast(1_000);
  await sequence.next();
  const inspect = store.inspect.bind(store);
  return {
    roots: { ...entry, store, service, sequence },
    last: () =>
      inspect(orders).then(
        (state) => state?.last ?? 0,
        () => undefined,
      ),
  };
}

async function invokeAll({ roots, last }: Universe, only?: string): Promise<void> {
  for (const { path, invoke } of methods(roots)) {
    if (only !== undefined && path !== only) continue;
    for (const args of ARGUMENTS) {
      const before = (await last()) ?? 0;
      try {
        const pending = invoke(args) as { next?: unknown } | undefined;
        await (typeof pending?.next === 'function' ? undefined : pending);
      } catch {
        // Refused.
      }
      const after = await last();
      if (after !== undefined && after < before) {
        throw new Error(`${path}(${JSON.stringify(args)}) lowered ${before} to ${after}`);
      }
    }
  }
}

describe('No export of the main entry lowers a counter', () => {
  it('in memory', async () => {
    const paths = methods((await universe(new entry.MemorySequenceStore())).roots).map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'store.claim',
        'store.fence',
        'store.close',
        'service.assign',
        'service.series.sequences.startAnew',
        'service.series.sequences.define',
        'sequence.ensureAtLeast',
        'getSequenceToken',
        'SequenceModule.forRoot',
      ]),
    );
    for (const path of paths.filter(isOurs))
      await invokeAll(await universe(new entry.MemorySequenceStore()), path);
  }, 300_000);

  const servers = realServers();
  afterAll(() => Promise.all(servers.map(({ client }) => client.close())));

  (servers.length === 0 ? describe.skip : describe)('on a real server', () => {
    it.each(servers)('$name', async ({ client }) => {
      const index = temporaryAlias();
      const { roots, last } = await universe(new entry.ElasticsearchSequenceStore({ client, index }));
      const { store } = roots as { store: entry.ElasticsearchSequenceStore };
      await invokeAll({ roots: { store }, last });
      expect(await last()).toBeGreaterThan(1_000);
      expect(Object.keys(await call(client, 'GET', `/${index}/_alias`))).toHaveLength(1);
      await removeIndices(client, index);
    });
  });
});

/** Undefined where a getter needs an instance: a prototype is none. */
function memberOf(owner: object, key: string | symbol, value: object): unknown {
  try {
    return Reflect.get(owner, key, value) as unknown;
  } catch {
    return undefined;
  }
}

/** Not what only observes: it knows no store. */
function isOurs(path: string): boolean {
  return !/\.(observers|abortListeners|figures|watch)\b/.test(path) && path.split('.').length <= 4;
}
