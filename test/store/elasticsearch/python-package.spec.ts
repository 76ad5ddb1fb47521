/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SequenceRegistry } from '../../../lib/core/sequence-registry.js';
import type { ClaimRequest, SequenceStore } from '../../../lib/store/sequence-store.js';
import { resolveOptions, type SequenceModuleOptions } from '../../../lib/nest/sequence-module.options.js';
import { type StoreUnderTest, storesUnderTest } from '../../support/stores.js';

// What the Python package lovely.essequence does, and its successor therefore does as well, whatever the store.
describe.each(storesUnderTest())('What lovely.essequence does, over $name', ({ create, end }) => {
  let counters: ReturnType<StoreUnderTest['create']>;
  let registries: SequenceRegistry[];
  let claims: ClaimRequest[];

  beforeEach(() => {
    counters = create();
    registries = [];
    claims = [];
  });

  afterEach(async () => {
    await Promise.all(registries.map((registry) => registry.close()));
    await counters.remove();
  });

  afterAll(end);

  function start(options: SequenceModuleOptions = { blockSize: 10 }): SequenceRegistry {
    const store: SequenceStore = counters.open();
    const claim = store.claim.bind(store);
    store.claim = (request) => {
      claims.push(request);
      return claim(request);
    };
    const registry = new SequenceRegistry(store, resolveOptions({ timeout: 30_000, ...options }));
    registries.push(registry);
    return registry;
  }

  it('next gives 1, 2, 3 and so on', async () => {
    const orders = start().get('orders');
    const ids = [];
    for (let draw = 0; draw < 25; draw++) ids.push(await orders.next());
    expect(ids).toEqual(Array.from({ length: 25 }, (_, offset) => offset + 1));
    expect(claims.map(({ count }) => count)).toEqual([10, 10, 10]);
  });

  it('several handles of one name share one block', async () => {
    const registry = start();
    const [one, two] = [registry.get('orders'), registry.get('orders')];
    expect([await one.next(), await two.next(), await one.next()]).toEqual([1, 2, 3]);
    expect(claims).toHaveLength(1);
  });

  it('the size of a second handle counts from the next claim', async () => {
    const registry = start({ blockSize: 2 });
    const one = registry.get('orders');
    expect(await one.next()).toBe(1);
    const two = registry.get('orders', undefined, 5);
    expect([await two.next(), await two.next()]).toEqual([2, 3]);
    expect(claims.map(({ count }) => count)).toEqual([2, 5]);
  });

  it('names are independent, also those that confuse plain objects', async () => {
    const registry = start();
    for (const name of ['orders', 'constructor', 'toString', 'a.b:c-d_e', 'x'.repeat(128)]) {
      expect([await registry.get(name).next(), await registry.get(name).next()]).toEqual([1, 2]);
    }
  });

  it('transform may give anything, and belongs to its handle', async () => {
    const registry = start();
    const text = registry.get('orders', (id) => `ORD-${id}`);
    const object = registry.get('orders', (id) => ({ id }));
    const plain = registry.get('orders');
    expect([await text.next(), await object.next(), await plain.next()]).toEqual(['ORD-1', { id: 2 }, 3]);
    expect([await text.take(2), object.tryNext()]).toEqual([['ORD-4', 'ORD-5'], { id: 6 }]);
  });

  it('a throwing transform costs its id and nothing else', async () => {
    const registry = start();
    const failing = registry.get('orders', () => {
      throw new Error('no');
    });
    await expect(failing.next()).rejects.toThrow('no');
    expect(await registry.get('orders').next()).toBe(2);
  });

  it('two processes never get the same id, and each sees ascending ids', async () => {
    const draw = async (registry: SequenceRegistry) => {
      const ids: number[] = [];
      for (let count = 0; count < 40; count++) ids.push(await registry.get('orders').next());
      return ids;
    };
    const [one, two] = await Promise.all([draw(start()), draw(start())]);
    for (const ids of [one, two]) expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set([...one, ...two]).size).toBe(80);
  });

  it('a process started later goes on above, whatever its block size', async () => {
    expect(await start().get('orders').next()).toBe(1);
    expect(await start({ blockSize: 7 }).get('orders').next()).toBe(11);
    expect(await start({ blockSize: 3 }).get('orders').next()).toBe(18);
  });

  it('ten thousand callers at once get their ids in order, one claim in flight at a time', async () => {
    const registry = start({ blockSize: 100 });
    let running = 0;
    let most = 0;
    const claim = registry.store.claim.bind(registry.store);
    registry.store.claim = async (request) => {
      most = Math.max(most, ++running);
      return claim(request).finally(() => running--);
    };
    const ids = await Promise.all(Array.from({ length: 10_000 }, () => registry.get('orders').next()));
    expect(ids).toEqual(Array.from({ length: 10_000 }, (_, offset) => offset + 1));
    expect(most).toBe(1);
    expect(claims).toHaveLength(100);
  });

  it('start is the first id, floor lies below it, inspect consumes nothing', async () => {
    const registry = start({
      blockSize: 10,
      sequences: { orders: { start: 1_000 } },
      floor: (name) => (name === 'imported' ? '41' : null),
    });
    expect(await registry.get('orders').inspect()).toBeUndefined();
    expect(await registry.get('orders').next()).toBe(1_000);
    expect(await registry.get('imported').next()).toBe(42);
    expect(await registry.get('orders').inspect()).toMatchObject({
      name: 'orders',
      last: 1_009,
      cached: 9,
      waiting: 0,
    });
    expect(await registry.get('orders').next()).toBe(1_001);
  });
});
