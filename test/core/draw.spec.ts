import { drawUntilPause, running, start } from '../support/scripted-process.js';
import { range, watch } from '../support/watched.js';

describe('Ids', () => {
  it('ascend over the edges of blocks', async () => {
    const { orders, store, clock } = start({ blockSize: 3 });
    store.instantly = true;
    const ids: number[] = [];
    for (let drawn = 0; drawn < 10; drawn++) {
      const next = orders.next();
      await clock.turn();
      ids.push(await next);
    }
    expect(ids).toEqual(range(1, 10));
    expect(store.claims.map(({ request }) => request.count)).toEqual([3, 3, 3, 3]);
  });

  it('leave the cache alike by next, tryNext and take', async () => {
    const { orders } = await running();
    expect(orders.tryNext()).toBe(2);
    expect(await orders.next()).toBe(3);
    expect(await orders.take(3)).toEqual([4, 5, 6]);
    expect(await orders.next({ timeout: 10 })).toBe(7);
    expect(await orders.take(2, {})).toEqual([8, 9]);
    expect(orders.cached).toBe(1);
    expect(orders.tryNext()).toBe(10);
    expect(orders.tryNext()).toBeUndefined();
  });

  it('go to callers first come, first served', async () => {
    const { orders, store, clock } = start();
    const order: number[] = [];
    const calls = [1, 3, 1, 2, 1].map((count, index) =>
      orders.take(count).then((ids) => {
        order.push(index);
        return ids;
      }),
    );
    await clock.turn();
    await store.grant();
    expect(await Promise.all(calls)).toEqual([[1], [2, 3, 4], [5], [6, 7], [8]]);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('overtake nobody: while a caller waits neither tryNext nor next takes what is cached', async () => {
    const { orders, store, clock } = await running();
    const many = watch(orders.take(12));
    await clock.turn();
    expect(orders.cached).toBe(9);
    expect(orders.tryNext()).toBeUndefined();
    const one = watch(orders.next());
    await clock.turn();
    expect(one.state).toBe('pending');
    await store.grant();
    expect(many.value).toEqual(range(2, 13));
    expect(one.value).toBe(14);
  });

  it('go to everybody who waits in the turn in which the block arrives', async () => {
    const { orders, store, clock } = start({ blockSize: 100 });
    const calls = range(1, 100).map(() => watch(orders.next()));
    await clock.turn();
    void store.claimed.answer(store.next(100));
    for (let microtask = 0; microtask < 30; microtask++) await undefined;
    expect(calls.map(({ value }) => value)).toEqual(range(1, 100));
  });

  it('for 10,000 calls at once come in order, with one claim in flight', async () => {
    const { orders, store, clock } = start({ blockSize: 10, maxWaiters: 10_000 });
    store.instantly = true;
    const calls = Promise.all(range(1, 10_000).map(() => orders.next()));
    await clock.turn();
    expect(await calls).toEqual(range(1, 10_000));
    expect(store.claims).toHaveLength(1_000);
    expect(store.mostInFlight).toBe(1);
  });

  it('after 50,000 immediate answers wait one macrotask, and those behind keep their order', async () => {
    const { orders, registry, clock } = await running({ blockSize: 100_000 });
    const last = await drawUntilPause(registry, () => orders.next());
    expect(last).toBeGreaterThan(49_000);
    expect(last).toBeLessThanOrEqual(50_001);
    const [one, three, two] = [watch(orders.next()), watch(orders.take(3)), watch(orders.next())];
    expect(orders.tryNext()).toBe(last + 6);
    await clock.settle();
    expect([one.state, three.state, two.state]).toEqual(['pending', 'pending', 'pending']);
    await clock.turn();
    expect([one.value, three.value, two.value]).toEqual([last + 1, [last + 2, last + 3, last + 4], last + 5]);
    const again = watch(orders.next());
    await clock.settle();
    expect(again.value).toBe(last + 7);
  });

  it('that wait for their macrotask have their ids: neither an abort nor a drop of the cache loses one', async () => {
    const { orders, registry, clock } = await running({ blockSize: 100_000 });
    const last = await drawUntilPause(registry, () => orders.next());
    const abort = new AbortController();
    const paused = watch(orders.next({ signal: abort.signal }));
    abort.abort();
    registry.core('orders').drop();
    await clock.turn();
    expect(paused.value).toBe(last + 1);
  });

  it.each([
    { count: 1, least: 49_000, most: 50_000 },
    { count: 1_000, least: 700, most: 794 },
    { count: 100_000, least: 7, most: 8 },
  ])('of take($count) count as what they cost: $least to $most calls, then one macrotask', async (row) => {
    const { count, least, most } = row;
    const { orders, registry, clock } = await running({ blockSize: 1_000_000 });
    let calls = 0;
    const ids = await drawUntilPause(registry, () => {
      calls++;
      return orders.take(count);
    });
    expect(calls).toBeGreaterThanOrEqual(least);
    expect(calls).toBeLessThanOrEqual(most);
    const late = watch(orders.take(2));
    await clock.settle();
    expect(late.state).toBe('pending');
    await clock.turn();
    expect(late.value).toEqual([ids.at(-1)! + 1, ids.at(-1)! + 2]);
  });

  it('count for more where options have to be looked at: 5,556 calls, then one macrotask', async () => {
    const { orders, registry } = await running({ blockSize: 100_000 });
    expect(await drawUntilPause(registry, () => orders.next({ timeout: 1_000 }))).toBe(5_557);
  });
});
