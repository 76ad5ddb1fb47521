import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ElasticsearchRequest } from '../../../lib/store/elasticsearch/request.js';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { FileSequenceStore } from '../../../lib/store/files/file-sequence-store.js';
import { MemoryCounters } from '../../../lib/store/memory-sequence-store.js';
import { ResettableCounterStore } from '../../../lib/testing/resettable-store.js';
import { SequenceRegistry } from '../../../lib/core/sequence-registry.js';
import type { SequenceStore } from '../../../lib/store/sequence-store.js';
import { resolveOptions } from '../../../lib/nest/sequence-module.options.js';
import { temporaryFileStore } from '../../../lib/testing.js';
import { clientOf, ElasticsearchDouble, type Reply } from '../../support/elasticsearch-double.js';

// Bugs by which block caches of other systems gave an id twice: RELIABILITY.md, "Real duplicate bugs of other systems".
const TITLE = 'Duplicate bugs of other systems do not happen here';

const { signal } = new AbortController();

/** One more process over the store, with a cache of its own. */
function start(store: SequenceStore): SequenceRegistry {
  return new SequenceRegistry(store, resolveOptions({ blockSize: 10 }));
}

/** Each opened store has pins and marks of its own, as that of another process. */
function elasticsearch(scripted: boolean) {
  const double = new ElasticsearchDouble(scripted);
  return {
    double,
    open: (answer: (params: ElasticsearchRequest) => Reply = (params) => double.handle(params)) =>
      new ElasticsearchSequenceStore({ client: clientOf(answer), index: 'counters' }),
    stored: () => {
      const { body } = double.handle({ method: 'GET', path: '/counters/_doc/orders' });
      return (body['_source'] as { iid: number }).iid;
    },
  };
}

describe.each([
  ['Elasticsearch with Painless', true],
  ['Elasticsearch without Painless', false],
])(`${TITLE}: %s`, (_, scripted) => {
  it('PostgreSQL #6748: a process killed right after the first claim of a new counter gives no id again', async () => {
    const { double, open, stored } = elasticsearch(scripted);
    let afterFirstWrite: number | undefined;
    const killed = start(
      open((params) => {
        const writes = /\/_(create|update)\//.test(params.path);
        if (writes && afterFirstWrite !== undefined) throw new Error('killed before its second write');
        const reply = double.handle(params);
        if (writes && reply.status < 300) afterFirstWrite = stored();
        return reply;
      }),
    ).get('orders');
    expect(await killed.take(10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(afterFirstWrite).toBe(10);
    expect(await start(open()).get('orders').next()).toBe(11);
  });

  it.each([
    ['over the present index', false],
    ['after its deletion', true],
  ])('Yugabyte #16137: a restore %s drops the cached block', async (_, deleted) => {
    const { double, open, stored } = elasticsearch(scripted);
    expect(await start(open()).get('orders').next()).toBe(1);
    double.takeSnapshot('counters');
    const running = start(open()).get('orders');
    expect(await running.next()).toBe(11);
    double.restore(deleted);
    // The copy gives 11 to 20 again, of which this process has 12 to 20 cached. A value above hides that it went back.
    await expect(start(open()).get('orders').next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    expect(stored()).toBe(20);
    await expect(running.take(10)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    for (let draw = 0; draw < 3; draw++) {
      await expect(running.next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    }
    const { last } = await start(open()).get('orders').fence({ above: 20 });
    expect(await running.next()).toBe(last + 1);
  });

  it('Yugabyte #22935: two applications with one name over two stores share no cached id', async () => {
    const [one, other] = [elasticsearch(scripted), elasticsearch(scripted)];
    const [ones, others] = [start(one.open()).get('orders'), start(other.open()).get('orders')];
    expect([await ones.next(), await others.next(), await ones.next()]).toEqual([1, 1, 2]);
    await ones.ensureAtLeast(500);
    expect([await ones.next(), await others.next()]).toEqual([501, 2]);
    expect([one.stored(), other.stored()]).toEqual([510, 10]);
  });

  it('Yugabyte #22935: a counter that was deleted and created again drops the block cached of the old one', async () => {
    const { double, open } = elasticsearch(scripted);
    const stale = start(open()).get('orders');
    expect(await stale.next()).toBe(1);
    double.deleteDocument('counters', 'orders');
    const created = start(open()).get('orders');
    expect(await created.take(3)).toEqual([1, 2, 3]);
    await expect(stale.take(10)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    await expect(stale.next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    expect(await created.next()).toBe(4);
  });

  it('TiDB #46444: a process that closes with ids cached writes nothing back', async () => {
    const { double, open, stored } = elasticsearch(scripted);
    const sent: string[] = [];
    const owner = start(
      open((params) => {
        sent.push(`${params.method} ${params.path}`);
        return double.handle(params);
      }),
    );
    expect(await owner.get('orders').next()).toBe(1);
    expect(await owner.get('orders').inspect()).toMatchObject({ cached: 9, last: 10 });
    expect(await start(open()).get('orders').next()).toBe(11);
    sent.length = 0;
    await owner.close();
    expect(sent).toEqual([]);
    expect(stored()).toBe(20);
    expect(await start(open()).get('orders').next()).toBe(21);
  });
});

interface World {
  /** As another process would. */
  open(): SequenceStore;
  remove?(): Promise<void>;
}

const worlds: [string, () => World][] = [
  ['Elasticsearch with Painless', () => elasticsearch(true)],
  ['Elasticsearch without Painless', () => elasticsearch(false)],
  [
    'files',
    () => {
      const folder = temporaryFileStore();
      return { open: () => new FileSequenceStore({ path: folder.path }), remove: () => folder.close() };
    },
  ],
  [
    'memory',
    () => {
      const counters = new MemoryCounters();
      return { open: () => new ResettableCounterStore(counters) };
    },
  ],
];

describe.each(worlds)(`${TITLE}: %s`, (_, create) => {
  const opened: SequenceStore[] = [];
  let world: World;

  beforeEach(() => {
    world = create();
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close?.()));
    await world.remove?.();
  });

  function open(): SequenceStore {
    const store = world.open();
    opened.push(store);
    return store;
  }

  it('TiDB #52622, #2285: no id at or below an explicit one comes out, also after restarts', async () => {
    const restarted = () => start(open()).get('orders');
    await restarted().ensureAtLeast(1_000);
    expect(await restarted().next()).toBe(1_001);
    // By processes that know nothing of the value: only the store can refuse to lower it.
    for (const lower of [1_005, 1_000, 3, 0]) await restarted().ensureAtLeast(lower);
    expect(await restarted().next()).toBe(1_011);
    await restarted().ensureAtLeast(2_000);
    expect(await restarted().next()).toBe(2_001);
  });

  it('CockroachDB #71135: ensureAtLeast drops cached ids at or below it at once', async () => {
    const orders = start(open()).get('orders');
    expect(await orders.next()).toBe(1);
    const ensured = orders.ensureAtLeast(5);
    expect(orders.tryNext()).toBe(6);
    await ensured;
    expect(await orders.next()).toBe(7);
    await orders.ensureAtLeast(100);
    expect(await orders.next()).toBe(101);
  });

  it('CockroachDB #71135: ensureAtLeast drops ids at or below it that arrive while it runs', async () => {
    const orders = start(open()).get('orders');
    await orders.take(10);
    const arriving = orders.next();
    await orders.ensureAtLeast(15);
    expect(await arriving).toBe(16);
  });

  it.each([1, 1_000])(
    'Hibernate HHH-15118, HHH-9287: from start %i on a block of n ids is (v - n, v], v being the stored value',
    async (start) => {
      const [one, other] = [open(), open()];
      const name = 'orders';
      let last = start - 1;
      // Sizes may differ between processes: who took the value for the bottom of a block would meet the next one.
      const sizes: [SequenceStore, number][] = [
        [one, 10],
        [other, 3],
        [one, 1],
        [other, 10],
      ];
      for (const [store, count] of sizes) {
        const block = await store.claim({ name, count, start, signal });
        expect(block).toMatchObject({ first: last + 1, last: last + count });
        expect(await store.inspect({ name, signal })).toMatchObject({ last: last + count });
        last += count;
      }
      // Created without a draw it stands right before its first id.
      await one.ensureAtLeast({ name: 'bills', id: 0, start, signal });
      expect(await other.inspect({ name: 'bills', signal })).toMatchObject({ last: start - 1 });
      expect(await other.claim({ name: 'bills', count: 10, start, signal })).toMatchObject({ first: start });
    },
  );
});
