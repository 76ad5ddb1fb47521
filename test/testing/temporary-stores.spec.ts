/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ElasticsearchSequenceStore, FileSequenceStore } from '../../lib/index.js';
import {
  RESET_COUNTERS,
  temporaryElasticsearchStore,
  temporaryFileStore,
  temporaryMemoryStore,
} from '../../lib/testing.js';
import { call, realServers, TamperingClient, temporaryAlias } from '../support/elasticsearch-clients.js';
import { temporaryStoreKinds } from '../support/temporary-stores.js';

const { signal } = new AbortController();
const orders = { name: 'orders', count: 10, start: 1, signal };

describe.each(temporaryStoreKinds())('A temporary store: $name', ({ create, end }) => {
  afterAll(end);

  it('opens nothing before its first use, and then closes without a trace', async () => {
    const { store, remains } = create();
    await store[RESET_COUNTERS]();
    expect(await remains()).toEqual([]);
    await store.close?.();
    expect(await remains()).toEqual([]);
  });

  it('has counters of its own, starts them anew, and is CLOSED after a close', async () => {
    const [one, two] = [create(), create()];
    expect(await one.store.claim(orders)).toMatchObject({ first: 1 });
    expect(await two.store.claim(orders)).toMatchObject({ first: 1 });
    expect(await one.store.claim(orders)).toMatchObject({ first: 11 });
    await one.store[RESET_COUNTERS]('unknown');
    await one.store[RESET_COUNTERS]('orders');
    expect(await one.store.inspect(orders)).toBeUndefined();
    expect(await one.store.claim(orders)).toMatchObject({ first: 1 });
    await one.store[RESET_COUNTERS]();
    expect(await one.store.claim({ ...orders, start: 7 })).toMatchObject({ first: 7 });
    expect(await two.store.claim(orders)).toMatchObject({ first: 11 });
    await Promise.all([one.store.close?.(), two.store.close?.()]);
    await one.store.close?.();
    expect([...(await one.remains()), ...(await two.remains())]).toEqual([]);
    await expect(one.store.claim(orders)).rejects.toMatchObject({ code: 'CLOSED' });
    await one.store[RESET_COUNTERS]();
    expect(await one.remains()).toEqual([]);
  });
});

describe('temporaryFileStore', () => {
  it('lives in a folder below the temporary files, which other processes may use as well', async () => {
    const store = temporaryFileStore();
    expect(store.path.startsWith(join(tmpdir(), 'essequence-'))).toBe(true);
    expect(existsSync(store.path)).toBe(false);
    await store.claim(orders);
    const other = new FileSequenceStore({ path: store.path });
    expect(await other.claim(orders)).toMatchObject({ first: 11 });
    await other.close();
    expect(await store.claim(orders)).toMatchObject({ first: 21 });
    await store.close();
    expect(existsSync(store.path)).toBe(false);
  });
});

describe('temporaryMemoryStore', () => {
  it('is a new one each time', () => {
    expect(temporaryMemoryStore()).not.toBe(temporaryMemoryStore());
  });
});

for (const { name, client } of realServers()) {
  describe(`temporaryElasticsearchStore on ${name}`, () => {
    const indices = async (pattern: string) =>
      Object.keys(await call(client, 'GET', `/${pattern}/_alias?expand_wildcards=all`)).toSorted();

    afterEach(() => {
      jest.restoreAllMocks();
    });
    afterAll(async () => void (await client.close()));

    it('lives under an alias with the time and a random suffix, which other processes may use as well', async () => {
      const store = temporaryElasticsearchStore(client, { strategy: 'cas', historyCheck: false });
      expect(store.index).toMatch(/^essequences-test-20\d{6}t\d{6}-[0-9a-f]{16}$/);
      await store.claim(orders);
      const other = new ElasticsearchSequenceStore({ client, index: store.index });
      expect(await other.claim(orders)).toMatchObject({ first: 11 });
      expect(await store.claim(orders)).toMatchObject({ first: 21 });
      await other.claim({ ...orders, name: 'only-there' });
      await store[RESET_COUNTERS]();
      expect(await store.inspect({ name: 'only-there', signal })).toBeUndefined();
      await store.close();
      expect(await indices(`${store.index}*`)).toEqual([]);
    });

    it('resets more counters than one search lists', async () => {
      const store = temporaryElasticsearchStore(client, { prefix: temporaryAlias() });
      await store.claim(orders);
      const names = Array.from({ length: 110 }, (_, index) => `of-tenant-${index}`);
      const create = (name: string) =>
        call(client, 'PUT', `/${store.index}/_create/${name}`, { name, iid: 5, epoch: 'e' });
      await Promise.all(names.map(create));
      await store[RESET_COUNTERS]();
      await call(client, 'POST', `/${store.index}/_refresh`);
      const found = await call(client, 'POST', `/${store.index}/_search`, {});
      expect(found['hits'].hits).toEqual([]);
      expect(await store.claim({ ...orders, name: names.at(-1)! })).toMatchObject({ first: 1 });
      await store.close();
    });

    it('sweeps what killed runs left behind more than a day ago, and nothing else, and reports it', async () => {
      const prefix = temporaryAlias();
      const day = 24 * 60 * 60 * 1_000;
      const named = (age: number) => {
        const [date, time] = new Date(Date.now() - age).toISOString().replaceAll(/[-:]/g, '').split('T');
        return `${prefix}-${date}t${time!.slice(0, 6)}-0123456789abcdef-01234567`;
      };
      const old = [named(day + 60_000), named(400 * day)];
      const others = [named(day - 60_000), named(-day), `${prefix}-01234567`, `${old[0]}-copy`];
      for (const name of [...old, ...others]) {
        await call(client, 'PUT', `/${name}`, {
          settings: {
            'index.hidden': true,
            'index.number_of_shards': 1,
            'index.auto_expand_replicas': '0-1',
          },
        });
      }
      const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const store = temporaryElasticsearchStore(client, { prefix });
      await store.claim(orders);
      await store.close();
      expect(await indices(`${prefix}*`)).toEqual(others.toSorted());
      expect(warn.mock.calls).toEqual([[expect.any(String), { type: 'SequenceWarning' }]]);
      const [[warning]] = warn.mock.calls as unknown as [[string]];
      expect(warning.split(': ')[1]?.split(', ').toSorted()).toEqual(old.toSorted());
      for (const name of others) await call(client, 'DELETE', `/${name}`);
    });

    it('passes an index on that somebody else removed, and reports trouble as a typed error', async () => {
      const tampering = new TamperingClient(client);
      const store = temporaryElasticsearchStore(tampering, { prefix: temporaryAlias() });
      await store.claim(orders);
      tampering.tampering.before = ({ path }) => {
        if (path.includes('_refresh') || path.endsWith('/_alias')) throw new Error('connection reset');
      };
      await expect(store[RESET_COUNTERS]()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      tampering.tampering.before = undefined;
      const [index] = await indices(`${store.index}*`);
      await call(client, 'DELETE', `/${index}`);
      await store[RESET_COUNTERS]('orders');
      await store[RESET_COUNTERS]();
      await expect(store.claim(orders)).rejects.toMatchObject({ code: 'CONFLICT', retryable: true });
      expect(await store.claim(orders)).toMatchObject({ first: 1 });
      const [again] = await indices(`${store.index}*`);
      tampering.tampering.after = async ({ path }) => {
        if (path.endsWith('/_alias')) await call(client, 'DELETE', `/${again}`);
      };
      await store.close();
      expect(await indices(`${store.index}*`)).toEqual([]);
    });
  });
}

describe('The options of temporaryElasticsearchStore', () => {
  const client = new TamperingClient({ transport: { request: () => Promise.reject(new Error('asked')) } });

  it.each<[unknown, object, RegExp]>([
    [client, { index: 'x' }, /Unknown key "index" in the options of temporaryElasticsearchStore/],
    [client, { prefix: 'Upper' }, /Expected prefix to be 1 to 100 characters.*got "Upper"/],
    [client, { prefix: '' }, /Expected prefix/],
    [client, { prefix: '*' }, /Expected prefix/],
    [client, { prefix: 'a'.repeat(101) }, /Expected prefix/],
    [client, { strategy: 'fast' }, /Expected strategy to be one of/],
    [null, {}, /Expected client to be an Elasticsearch or OpenSearch client, got null/],
    ['http://localhost:9200', {}, /Expected client .* got "http:/],
  ])('are checked before any request: %#', (given, options, message) => {
    expect(() => temporaryElasticsearchStore(given as never, options as never)).toThrow(message);
    expect(client.requests).toEqual([]);
  });
});
