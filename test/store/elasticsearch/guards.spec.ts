/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import type { ElasticsearchStoreOptions } from '../../../lib/store/elasticsearch/store-options.js';
import { SequenceError, UnsafeIndexError } from '../../../lib/common/sequence-error.js';
import { SequenceRegistry } from '../../../lib/core/sequence-registry.js';
import { resolveOptions, type SequenceModuleOptions } from '../../../lib/nest/sequence-module.options.js';
import {
  call,
  concreteIndex,
  isWrite,
  removeIndices,
  TamperingClient,
  temporaryAlias,
} from '../../support/elasticsearch-clients.js';
import { onRealServers } from '../../support/on-real-servers.js';

const signal = new AbortController().signal;

onRealServers(({ client, scripted }) => {
  const aliases: string[] = [];
  const registries: SequenceRegistry[] = [];
  let wire: TamperingClient;

  beforeAll(() => {
    wire = new TamperingClient(client);
  });

  afterAll(async () => {
    await Promise.all(registries.map((registry) => registry.close()));
    for (const alias of aliases) await removeIndices(client, alias);
    await client.close();
  });

  /** One more process: a store, its cache and its pins. */
  function start(
    alias: string,
    options: Omit<SequenceModuleOptions, 'store'> = {},
    over: Partial<ElasticsearchStoreOptions> = {},
  ): { registry: SequenceRegistry; wire: TamperingClient } {
    const own = new TamperingClient(client);
    const registry = new SequenceRegistry(
      new ElasticsearchSequenceStore({ client: own, index: alias, ...over }),
      resolveOptions({ blockSize: 10, timeout: 30_000, ...options }),
    );
    registries.push(registry);
    return { registry, wire: own };
  }

  function alias(): string {
    const name = temporaryAlias();
    aliases.push(name);
    return name;
  }

  /** A process that has drawn 1 of its first block, 1 to 10, and keeps none of the rest. */
  async function running(over: Partial<ElasticsearchStoreOptions> = {}) {
    const index = alias();
    const process = start(index, { blockSize: 1 }, over);
    expect(await process.registry.get('orders').next()).toBe(1);
    await process.registry.get('orders').ensureAtLeast(0);
    process.wire.drain();
    return { index, ...process, next: () => process.registry.get('orders').next() };
  }

  const documentOf = async (index: string, name = 'orders') =>
    (await call(client, 'GET', `/${index}/_doc/${name}`))['_source'];

  async function put(index: string, name: string, body: Record<string, unknown>) {
    await call(client, 'PUT', `/${await concreteIndex(client, index)}/_doc/${name}?refresh=true`, body);
  }

  describe('the index', () => {
    it('is created behind an alias with every setting the promise depends on', async () => {
      const { index } = await running();
      const found = await call(client, 'GET', `/${index}?flat_settings=true`);
      const [concrete] = Object.keys(found);
      expect(concrete).toMatch(new RegExp(`^${index}-[0-9a-f]{8}$`));
      expect(found[concrete!].settings).toMatchObject({
        'index.number_of_shards': '1',
        'index.auto_expand_replicas': '0-2',
        'index.translog.durability': 'request',
        'index.default_pipeline': '_none',
        'index.final_pipeline': '_none',
        'index.unassigned.node_left.delayed_timeout': '0',
        'index.hidden': 'true',
      });
      expect(found[concrete!].mappings.dynamic).toBe('strict');
    });

    it('is created once by eight processes that start together', async () => {
      const index = alias();
      const processes = Array.from({ length: 8 }, () => start(index, { timeout: 30_000 }));
      const ids = await Promise.all(processes.map(({ registry }) => registry.get('orders').take(10)));
      expect(new Set(ids.flat()).size).toBe(80);
      expect(Object.keys(await call(client, 'GET', `/${index}*/_alias?expand_wildcards=all`))).toHaveLength(
        1,
      );
    });

    it('is refused with every finding and its remedy when it is unsafe', async () => {
      const index = alias();
      await call(client, 'PUT', `/${index}-unsafe`, {
        aliases: { [index]: {} },
        settings: { 'index.translog.durability': 'async', 'index.default_pipeline': 'stamp' },
        mappings: { properties: { iid: { type: 'keyword' } } },
      });
      const { registry } = start(index);
      const error = await registry.open().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UnsafeIndexError);
      expect((error as UnsafeIndexError).findings).toEqual([
        expect.stringContaining('durability is "async"'),
        expect.stringContaining('default_pipeline is "stamp"'),
        expect.stringContaining('iid is mapped as "keyword"'),
      ]);
      await expect(registry.get('orders').next()).rejects.toMatchObject({
        code: 'UNSAFE_INDEX',
        retryable: false,
      });
    });

    it.each<[string, (description: Record<string, any>) => void]>([
      ['final_pipeline', ({ settings }) => (settings['index.final_pipeline'] = 'stamp')],
      ['lifecycle.name', ({ settings }) => (settings['index.lifecycle.name'] = 'delete-old')],
      [
        'plugins.index_state_management.policy_id',
        ({ settings }) => (settings['index.plugins.index_state_management.policy_id'] = 'delete-old'),
      ],
      ['mapping.source.mode', ({ settings }) => (settings['index.mapping.source.mode'] = 'synthetic')],
      ['_source is disabled', ({ mappings }) => (mappings['_source'] = { enabled: false })],
      ['lacks epoch', ({ mappings }) => delete mappings['properties'].epoch],
    ])('is refused for its %s', async (finding, change) => {
      const { index } = await running();
      const { registry, wire } = start(index);
      wire.tampering.after = ({ path }, body) => {
        if (path === `/${index}`) for (const description of Object.values(body)) change(description);
      };
      await expect(registry.open()).rejects.toMatchObject({ findings: [expect.stringContaining(finding)] });
    });

    it('is refused when the alias stands for two', async () => {
      const index = alias();
      for (const one of ['a', 'b']) {
        await call(client, 'PUT', `/${index}-${one}`, {
          aliases: { [index]: {} },
          mappings: { properties: { iid: { type: 'long' } } },
        });
      }
      await expect(start(index).registry.open()).rejects.toThrow(/several indices/);
    });

    it('is refused when it is an index and not an alias', async () => {
      const index = alias();
      await call(client, 'PUT', `/${index}`, { mappings: { properties: { iid: { type: 'long' } } } });
      await expect(start(index).registry.open()).rejects.toThrow(/is an index, not an alias/);
    });

    it('is not created with create: never, nor is a counter', async () => {
      const index = alias();
      const never = start(index, {}, { create: 'never' });
      await expect(never.registry.get('orders').next()).rejects.toMatchObject({ code: 'MISSING' });
      expect(await call(client, 'GET', `/${index}*/_alias?expand_wildcards=all`)).toEqual({});
      await start(index).registry.get('orders').next();
      await expect(never.registry.get('shipments').next()).rejects.toMatchObject({ code: 'MISSING' });
      expect(await never.registry.get('orders').next()).toBe(11);
    });
  });

  describe('a claim', () => {
    it(`costs ${scripted ? 'one request' : 'two requests'} and one history reading per block`, async () => {
      const index = alias();
      for (const blockSize of [10, 100]) {
        const { registry, wire } = start(index, { blockSize });
        const sequence = registry.get(`block-${blockSize}`);
        // The first block is a creation; the second finds out whether there are scripts.
        await sequence.take(2 * blockSize);
        await sequence.take(1);
        wire.drain();
        for (let drawn = 1; drawn < 1_000; drawn++) await sequence.next();
        const blocks = 1_000 / blockSize - 1;
        const expected = scripted
          ? { _update: blocks, _stats: blocks }
          : { _doc: blocks, _update: blocks, _stats: blocks };
        expect(wire.drain()).toEqual(expected);
      }
    });

    it('never leaves retries to the client, and every write requires the alias', async () => {
      const { wire, registry } = start(alias(), { blockSize: 1 });
      for (let draw = 0; draw < 3; draw++) await registry.get('orders').next();
      expect(wire.options.every(({ maxRetries }) => maxRetries === 0)).toBe(true);
      const writes = wire.requests.filter(isWrite);
      expect(writes.some(({ path }) => path.includes('_create'))).toBe(true);
      expect(writes.some(({ path }) => path.includes('_update'))).toBe(true);
      expect(writes.every(({ querystring }) => querystring?.['require_alias'] === true)).toBe(true);
    });

    it('crosses 2^31 and reaches 2^53 - 1, not beyond', async () => {
      const { index, registry } = await running();
      const orders = registry.get('orders');
      await orders.ensureAtLeast(2 ** 31 - 6);
      expect(await orders.take(10)).toEqual(Array.from({ length: 10 }, (_, offset) => 2 ** 31 - 5 + offset));
      const document = await documentOf(index);
      await put(index, 'orders', { ...document, iid: Number.MAX_SAFE_INTEGER - 2 });
      expect(await orders.take(2)).toEqual([Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]);
      await expect(orders.next()).rejects.toMatchObject({ code: 'EXHAUSTED' });
      expect((await documentOf(index)).iid).toBe(Number.MAX_SAFE_INTEGER);
    });

    it.each(['12', 1.5, -1, 2 ** 60])(
      'leaves a counter of %p untouched and says what it found',
      async (iid) => {
        const { index, registry } = await running();
        const concrete = await concreteIndex(client, index);
        await call(client, 'PUT', `/${concrete}/_doc/orders`, { ...(await documentOf(index)), iid });
        await expect(registry.get('orders').next()).rejects.toMatchObject({
          code: 'CORRUPT',
          sequence: 'orders',
        });
        await expect(registry.get('orders').ensureAtLeast(5)).rejects.toMatchObject({ code: 'CORRUPT' });
        await expect(start(index).registry.get('orders').next()).rejects.toMatchObject({ code: 'CORRUPT' });
        expect((await documentOf(index)).iid).toBe(iid);
      },
    );

    it('of a counter without epoch, as lovely.essequence left it, goes on where that stopped', async () => {
      const index = alias();
      await call(client, 'PUT', `/${index}-old`, {
        aliases: { [index]: {} },
        mappings: { properties: { name: { type: 'keyword' }, iid: { type: 'long' } } },
      });
      await put(index, 'orders', { name: 'orders', iid: 40 });
      const { registry } = start(index);
      expect(await registry.get('orders').take(20)).toEqual(
        Array.from({ length: 20 }, (_, offset) => 41 + offset),
      );
      // Compare-and-set writes back that there is no epoch: merged into a fenced document it must not keep the new one.
      const epoch = scripted ? {} : { epoch: null };
      expect(await documentOf(index)).toEqual({ name: 'orders', iid: 60, ...epoch });
    });

    it('and ensureAtLeast overtaking each other are no regression', async () => {
      const { wire, registry } = await running();
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      let claims = 0;
      wire.tampering.after = async ({ path }) => {
        if (path.includes('_update') && ++claims === 1) await held;
      };
      const orders = registry.get('orders');
      const claimed = orders.next();
      while (claims === 0) await pause(1);
      await orders.ensureAtLeast(0);
      const ensured = registry.get('orders').ensureAtLeast(50);
      await ensured;
      release();
      expect(await claimed).toBeGreaterThan(50);
    });

    it('given up never contributes its block, though the server applied it', async () => {
      const { index, wire, registry } = await running();
      let lost = 0;
      wire.tampering.after = ({ path }) => {
        if (path.includes('_update') && lost++ === 0) throw new Error('socket hang up');
      };
      expect(await registry.get('orders').next()).toBe(3);
      expect((await documentOf(index)).iid).toBe(3);
    });

    it('that meets a page of a proxy is repeated, not taken for a lost counter', async () => {
      const { wire, next } = await running();
      let pages = 0;
      wire.tampering.before = (params) => {
        if (isWrite(params) && pages++ === 0) {
          throw Object.assign(new Error('404'), {
            meta: { statusCode: 404, body: '<html>Not found</html>' },
          });
        }
      };
      expect(await next()).toBe(2);
      expect(pages).toBe(2);
    });

    it.each([
      [401, 'security_exception', 'FORBIDDEN'],
      [403, 'security_exception', 'FORBIDDEN'],
      [403, 'cluster_block_exception', 'READ_ONLY'],
      [429, 'cluster_block_exception', 'READ_ONLY'],
      [403, 'status_exception', 'REJECTED'],
      [400, 'mapper_parsing_exception', 'REJECTED'],
    ])('answered with %i %s fails at once as %s', async (statusCode, type, code) => {
      const { wire, next } = await running();
      const body = { error: { type, reason: 'no' }, status: statusCode };
      wire.tampering.before = (params) => {
        if (isWrite(params)) throw Object.assign(new Error(type), { meta: { statusCode, body } });
      };
      await expect(next()).rejects.toMatchObject({ code, retryable: false, sequence: 'orders' });
      wire.tampering = {};
      expect(await next()).toBe(2);
    });

    it.each([429, 502, 503])('answered with %i is repeated', async (statusCode) => {
      const { wire, next } = await running();
      let failures = 0;
      wire.tampering.before = (params) => {
        if (isWrite(params) && failures++ === 0) {
          throw Object.assign(new Error('busy'), { meta: { statusCode, body: { error: { type: 'busy' } } } });
        }
      };
      expect(await next()).toBe(2);
    });
  });

  describe('identity', () => {
    it('a lost index is an error for every name, and nothing is created', async () => {
      const { index, registry } = await running();
      await call(client, 'DELETE', `/${await concreteIndex(client, index)}`);
      await expect(registry.get('orders').next()).rejects.toMatchObject({ code: 'VANISHED' });
      await expect(registry.get('shipments').next()).rejects.toMatchObject({ code: 'VANISHED' });
      await expect(call(client, 'GET', `/${index}/_alias`)).rejects.toMatchObject({ statusCode: 404 });
    });

    it('a lost document is an error; one created anew by another process is another counter', async () => {
      const { index, next } = await running();
      await call(client, 'DELETE', `/${await concreteIndex(client, index)}/_doc/orders`);
      await expect(next()).rejects.toMatchObject({ code: 'VANISHED' });
      expect(await start(index).registry.get('orders').next()).toBe(1);
      await expect(next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
      await expect(next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    });

    it('a counter pinned without epoch does not accept one that has an epoch', async () => {
      const index = alias();
      await call(client, 'PUT', `/${index}-old`, {
        aliases: { [index]: {} },
        mappings: { properties: { name: { type: 'keyword' }, iid: { type: 'long' } } },
      });
      await put(index, 'orders', { name: 'orders', iid: 40 });
      const { registry } = start(index, { blockSize: 1 });
      expect(await registry.get('orders').next()).toBe(41);
      await put(index, 'orders', { name: 'orders', iid: 90, epoch: 'another life' });
      await expect(registry.get('orders').next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
      expect((await documentOf(index)).iid).toBe(90);
    });

    it('a copy behind a switched alias is refused though only _index differs', async () => {
      const { index, next } = await running();
      const document = await documentOf(index);
      const from = await concreteIndex(client, index);
      const mappings = (await call(client, 'GET', `/${from}/_mapping`))[from].mappings;
      await call(client, 'PUT', `/${index}-copy`, { mappings });
      // Further writes on the copy: its _seq_no is above the mark, so only the index tells.
      for (let write = 0; write < 5; write++) {
        await call(client, 'PUT', `/${index}-copy/_doc/orders`, { ...document, iid: 5_000 + write });
      }
      await call(client, 'POST', '/_aliases', {
        actions: [
          { remove: { index: from, alias: index } },
          { add: { index: `${index}-copy`, alias: index } },
        ],
      });
      await expect(next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    });

    it('a restored shard is noticed by its history, by a running and by a fresh process', async () => {
      const { index, wire, next } = await running();
      const restore = (body: Record<string, any>) => {
        for (const { shards } of Object.values<any>(body['indices'] ?? {})) {
          for (const copy of shards['0']) copy.commit.user_data.history_uuid = 'restored';
        }
      };
      wire.tampering.after = (_, body) => restore(body);
      await expect(next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
      const fresh = start(index);
      fresh.wire.tampering.after = (_, body) => restore(body);
      await expect(fresh.registry.get('orders').next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
      const unchecked = start(index, {}, { historyCheck: false });
      unchecked.wire.tampering.after = (_, body) => restore(body);
      expect(await unchecked.registry.get('orders').next()).toBeGreaterThan(1);
      expect(unchecked.wire.drain()['_stats']).toBeUndefined();
    });

    it.each([401, 403])('goes on without a history that answers %i', async (statusCode) => {
      const { wire, next } = await running();
      wire.tampering.before = ({ path }) => {
        const body = { error: { type: 'security_exception', reason: 'unauthorized' }, status: statusCode };
        if (path.includes('_stats')) throw Object.assign(new Error('no'), { meta: { statusCode, body } });
      };
      expect(await next()).toBe(2);
    });

    it('drops the block and asks again when the history does not answer', async () => {
      const { wire, next } = await running();
      let silent = 0;
      wire.tampering.before = ({ path }) => {
        if (path.includes('_stats') && silent++ === 0) throw new Error('socket hang up');
      };
      expect(await next()).toBe(3);
    });

    it('reads the history after the answer, once for all claims answered before the reading began', async () => {
      const { wire, registry } = await running();
      await Promise.all(['a', 'b', 'c', 'd'].map((name) => registry.get(name).next()));
      wire.drain();
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      let readings = 0;
      let answered = 0;
      wire.tampering.before = async ({ path }) => {
        if (path.includes('_stats') && ++readings === 1) await held;
      };
      wire.tampering.after = (params) => {
        if (isWrite(params)) answered++;
      };
      const first = registry.get('orders').next();
      while (readings === 0) await pause(1);
      const others = ['a', 'b', 'c', 'd'].map((name) => registry.get(name).next());
      while (answered < 5) await pause(1);
      release();
      await Promise.all([first, ...others]);
      expect(readings).toBe(2);
    });

    it.each([
      ['_seq_no', (body: Record<string, any>) => (body['_seq_no'] = 0), 'REGRESSED'],
      ['_primary_term', (body: Record<string, any>) => (body['_primary_term'] = 0), 'REGRESSED'],
      ['value', (body: Record<string, any>) => (body['get']._source.iid = 1), 'REGRESSED'],
      ['epoch', (body: Record<string, any>) => (body['get']._source.epoch = 'another'), 'IDENTITY_CHANGED'],
      [
        'history stamp',
        (body: Record<string, any>) => (body['get']._source.history = 'x'),
        'IDENTITY_CHANGED',
      ],
      ['_index', (body: Record<string, any>) => (body['_index'] = 'elsewhere'), 'IDENTITY_CHANGED'],
    ])('drops an answer whose %s is wrong, and that answer only', async (_, change, code) => {
      const { wire, next } = await running();
      await next();
      wire.tampering.after = ({ path }, body) => {
        if (path.includes('_update')) change(body);
      };
      await expect(next()).rejects.toMatchObject({ code, retryable: false, dropsCache: true });
      wire.tampering = {};
      expect(await next()).toBeGreaterThan(2);
    });

    it('an answer that wrote nothing gives no ids, whatever source it shows', async () => {
      const { wire, registry } = await running();
      wire.tampering.after = ({ path }, body) => {
        if (path.includes('_update')) Object.assign(body, { result: 'noop' });
      };
      await expect(registry.get('orders').next({ timeout: 300 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    });

    it('every attempt to create has an epoch of its own', async () => {
      const index = alias();
      const { wire, registry } = start(index);
      const epochs: unknown[] = [];
      wire.tampering.before = ({ path, body }) => {
        if (!path.includes('_create')) return;
        epochs.push(body?.['epoch']);
        if (epochs.length < 3) throw new Error('socket hang up');
      };
      expect(await registry.get('orders').next()).toBe(1);
      expect(new Set(epochs).size).toBe(3);
    });
  });

  describe('fence', () => {
    it('lets running processes go on by themselves, above everything', async () => {
      const { index, registry, next } = await running();
      const other = start(index, { blockSize: 5 });
      await other.registry.get('orders').take(2);
      expect(other.registry.get('orders').tryNext()).toBeDefined();
      const { last, epoch } = await registry.get('orders').fence({ jump: 1_000, above: 7_000 });
      expect(last).toBeGreaterThanOrEqual(8_000);
      expect(await next()).toBe(last + 1);
      // Ids of the former life are still cached there, until this process learns of the fence.
      const ids = await other.registry.get('orders').take(10);
      expect(ids[0]).toBeGreaterThan(last);
      expect((await documentOf(index)).epochs).toHaveLength(1);
      expect((await documentOf(index)).epoch).toBe(epoch);
    });

    it('empties the cache of a process that learns of it, even if its next attempt fails', async () => {
      const { index, registry } = await running();
      const other = start(index, { blockSize: 5 });
      await other.registry.get('orders').take(2);
      await registry.get('orders').fence();
      let updates = 0;
      other.wire.tampering.before = ({ path }) => {
        if (path.includes('_update') && ++updates === (scripted ? 2 : 1)) {
          const body = { error: { type: 'security_exception', reason: 'unauthorized' } };
          throw Object.assign(new Error('no'), { meta: { statusCode: 403, body } });
        }
      };
      await expect(other.registry.get('orders').take(10)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect((await other.registry.get('orders').inspect())?.cached).toBe(0);
    });

    it('repairs a copy with lower _seq_no: a process on the old index follows and sees no error', async () => {
      const { index, registry, next } = await running();
      for (let drawn = 0; drawn < 5; drawn++) await next();
      const document = await documentOf(index);
      const from = await concreteIndex(client, index);
      const mappings = (await call(client, 'GET', `/${from}/_mapping`))[from].mappings;
      await call(client, 'PUT', `/${index}-copy`, { mappings });
      await call(client, 'PUT', `/${index}-copy/_doc/orders`, document);
      await call(client, 'POST', '/_aliases', {
        actions: [
          { remove: { index: from, alias: index } },
          { add: { index: `${index}-copy`, alias: index } },
        ],
      });
      await expect(next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
      const { last } = await start(index).registry.get('orders').fence({ jump: 100 });
      expect(await next()).toBe(last + 1);
      expect(await registry.get('orders').take(3)).toEqual([last + 2, last + 3, last + 4]);
    });

    it('of two equal copies never gives the same range twice', async () => {
      const one = await running();
      const two = await running();
      const ends = await Promise.all(
        [one, two].map(({ registry }) => registry.get('orders').fence({ jump: 0 })),
      );
      expect(ends[0]!.last).not.toBe(ends[1]!.last);
    });

    it('whose answer was lost is found done, and jumps once', async () => {
      const { index, wire, registry, next } = await running();
      let lost = 0;
      wire.tampering.after = ({ path }) => {
        if (path.includes('_update') && lost++ === 0) throw new Error('socket hang up');
      };
      const { last } = await registry.get('orders').fence({ jump: 10 });
      expect((await documentOf(index)).epochs).toHaveLength(1);
      expect((await documentOf(index)).iid).toBe(last);
      expect(await next()).toBe(last + 1);
    });

    it('stamps a counter that had no history, and matches processes pinned to none', async () => {
      const index = alias();
      await call(client, 'PUT', `/${index}-old`, {
        aliases: { [index]: {} },
        mappings: { properties: { name: { type: 'keyword' }, iid: { type: 'long' } } },
      });
      await put(index, 'orders', { name: 'orders', iid: 40 });
      const { registry } = start(index, { blockSize: 1 });
      await registry.get('orders').next();
      expect((await registry.get('orders').inspect())?.history).toBeUndefined();
      const { last } = await start(index).registry.get('orders').fence({ jump: 10 });
      expect(await registry.get('orders').next()).toBe(last + 1);
      expect((await registry.get('orders').inspect())?.history).toEqual(expect.any(String));
      expect((await documentOf(index)).epochs).toEqual([null]);
    });

    it('lies above what this process has seen, what floor says and what above says', async () => {
      const { index, registry } = await running();
      const document = await documentOf(index);
      await registry.get('orders').ensureAtLeast(4_000_000_000);
      await put(index, 'orders', document);
      expect((await registry.get('orders').fence({ jump: 0 })).last).toBeGreaterThanOrEqual(4_000_000_000);
      const floored = start(index, { floor: () => 9_000_000_000n });
      expect((await floored.registry.get('orders').fence({ jump: 0 })).last).toBeGreaterThanOrEqual(
        9_000_000_000,
      );
      const fenced = await registry.get('orders').fence({ jump: 0, above: 20_000_000_000 });
      expect(fenced.last).toBeGreaterThanOrEqual(20_000_000_000);
    });

    it('is not followed by a process that has seen more than it left', async () => {
      const { index, registry } = await running();
      await registry.get('orders').ensureAtLeast(500);
      const { epoch, ...document } = await documentOf(index);
      await put(index, 'orders', { ...document, iid: 400, epoch: 'fenced too low', epochs: [epoch] });
      await expect(registry.get('orders').next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    });

    it('never creates: a missing index or counter is an error that names floor and start', async () => {
      const { registry } = await running();
      await expect(registry.get('unknown').fence()).rejects.toMatchObject({
        code: 'MISSING',
        message: expect.stringMatching(/floor.*start/),
      });
      const nowhere = start(alias());
      await expect(nowhere.registry.get('orders').fence()).rejects.toMatchObject({ code: 'MISSING' });
      expect(nowhere.wire.requests.some(isWrite)).toBe(false);
    });

    it('past 2^53 - 1 writes nothing', async () => {
      const { index, registry } = await running();
      await expect(registry.get('orders').fence({ above: Number.MAX_SAFE_INTEGER })).rejects.toMatchObject({
        code: 'EXHAUSTED',
      });
      expect((await documentOf(index)).iid).toBe(1);
    });

    it('of a process more than 8 fences behind says to restart it', async () => {
      const { index, next } = await running();
      const operator = start(index);
      for (let fence = 0; fence < 9; fence++) await operator.registry.get('orders').fence({ jump: 1 });
      await expect(next()).rejects.toThrow(/more than 8 fences behind/);
    });
  });

  describe('ensureAtLeast', () => {
    it('raises, never lowers, and creates a counter without drawing', async () => {
      const index = alias();
      const { registry } = start(index, { blockSize: 1, sequences: { late: { start: 500 } } });
      const [orders, late] = [registry.get('orders'), registry.get('late')];
      await orders.ensureAtLeast(0);
      expect((await orders.inspect())?.last).toBe(0);
      expect(await orders.next()).toBe(1);
      await orders.ensureAtLeast(1_000);
      expect(await orders.next()).toBe(1_001);
      await orders.ensureAtLeast(50);
      expect(await orders.next()).toBe(1_002);
      await late.ensureAtLeast(20);
      expect(await late.next()).toBe(500);
    });
  });

  it(
    scripted ? 'claims by script where Painless runs' : 'falls to compare-and-set where Painless is missing',
    async () => {
      const { wire, next } = await running();
      await next();
      const [update] = wire.requests.filter(({ path }) => path.includes('_update'));
      expect(Object.keys(update!.body!)).toEqual(scripted ? ['script'] : ['doc', 'detect_noop']);
      expect(update!.querystring).toMatchObject(
        scripted ? { retry_on_conflict: 1 } : { if_seq_no: expect.any(Number) },
      );
    },
  );

  it('strategy script says so where there are no scripts, and shares a counter with compare-and-set', async () => {
    const index = alias();
    const script = start(index, { blockSize: 3 }, { strategy: 'script' }).registry.get('orders');
    const cas = start(index, { blockSize: 3 }, { strategy: 'cas' }).registry.get('orders');
    if (!scripted) {
      await cas.next();
      await expect(script.next()).rejects.toMatchObject({ code: 'REJECTED', retryable: false });
      return;
    }
    const ids = [await script.take(3), await cas.take(3), await script.take(3), await cas.take(3)].flat();
    expect(ids).toEqual(Array.from({ length: 12 }, (_, offset) => offset + 1));
  });

  it('compare-and-set writes the stamp back with the value, on the condition it has just read', async () => {
    const { index, wire, next } = await running({ strategy: 'cas' });
    await next();
    const [update] = wire.requests.filter(({ path }) => path.includes('_update'));
    const { history } = await documentOf(index);
    expect(update).toMatchObject({
      body: { doc: { iid: 2, history } },
      querystring: { if_seq_no: expect.any(Number), if_primary_term: expect.any(Number) },
    });
    expect(update!.querystring).not.toHaveProperty('retry_on_conflict');
  });

  it('an unreachable server is a typed error at the deadline, and the next call works once it is back', async () => {
    const { wire, registry } = await running();
    wire.tampering.before = () => {
      throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { name: 'ConnectionError' });
    };
    const error = await registry
      .get('orders')
      .next({ timeout: 300 })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SequenceError);
    expect(error).toMatchObject({ code: 'TIMEOUT', retryable: true, cause: { name: 'ConnectionError' } });
    wire.tampering = {};
    expect(await registry.get('orders').next()).toBe(2);
  });

  it('an aborted request leaves the store usable', async () => {
    const store = new ElasticsearchSequenceStore({ client: wire, index: alias() });
    const controller = new AbortController();
    wire.tampering.before = ({ path }) => {
      if (path.includes('_update')) controller.abort(new Error('given up'));
    };
    const request = { name: 'orders', count: 1, start: 1 };
    await expect(store.claim({ ...request, signal: controller.signal })).rejects.toThrow('given up');
    wire.tampering = {};
    expect((await store.claim({ ...request, signal })).last).toBeGreaterThan(0);
  });
});
