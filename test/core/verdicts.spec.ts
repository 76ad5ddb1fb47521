import { prefetching, running, start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { range, watch } from '../support/watched.js';

describe('A verdict', () => {
  it('goes to all who wait; the next call asks again', async () => {
    const { orders, store, clock } = start();
    const calls = [watch(orders.next()), watch(orders.take(2)), watch(orders.next())];
    await clock.turn();
    const verdict = failure('VANISHED');
    await store.claimed.fail(verdict);
    expect(calls.map(({ error }) => error)).toEqual([verdict, verdict, verdict]);
    const next = watch(orders.next());
    await clock.turn();
    expect(store.claims).toHaveLength(2);
    await store.grant();
    expect(next.value).toBe(1);
  });

  it.each(['next', 'take', 'tryNext'] as const)(
    'of a prefetch goes to the next call that lacks ids, once, and that call asks again: %s',
    async (how) => {
      const { orders, store, clock } = await prefetching();
      const verdict = failure('IDENTITY_CHANGED');
      await store.claimed.fail(verdict);
      expect(orders.cached).toBe(0);
      await clock.advance(60_000);
      expect(store.claims).toHaveLength(2);
      if (how === 'tryNext') expect(() => orders.tryNext()).toThrow(verdict);
      else await expect(how === 'next' ? orders.next() : orders.take(2)).rejects.toBe(verdict);
      await clock.turn();
      expect(store.claims).toHaveLength(3);
      expect(orders.tryNext()).toBeUndefined();
      const next = watch(orders.next());
      await store.grant();
      expect(next.value).toBe(101);
      expect(store.claims).toHaveLength(3);
    },
  );

  it('that does not touch the cache leaves its ids to be served, then is told', async () => {
    const { orders, store, clock } = await prefetching();
    const verdict = failure('EXHAUSTED');
    await store.claimed.fail(verdict);
    const served: number[] = [];
    for (let left = 69; left > 0; left--) served.push(await orders.next());
    expect(served).toEqual(range(32, 100));
    await clock.advance(60_000);
    expect(store.claims).toHaveLength(2);
    await expect(orders.next()).rejects.toBe(verdict);
    await clock.turn();
    expect(store.claims).toHaveLength(3);
  });

  it('that does not touch the cache rejects only those whom the cache cannot serve', async () => {
    const { orders, store, clock } = await running();
    const many = watch(orders.take(20));
    const one = watch(orders.next());
    const last = watch(orders.take(20));
    await clock.turn();
    const verdict = failure('EXHAUSTED');
    await store.claimed.fail(verdict);
    expect(many.error).toBe(verdict);
    expect(one.value).toBe(2);
    expect(last.error).toBe(verdict);
    expect(store.claims).toHaveLength(2);
  });

  it('is forgotten when a later claim succeeds before anybody was told', async () => {
    const { orders, store, clock } = await prefetching();
    await store.claimed.fail(failure('EXHAUSTED'));
    const many = watch(orders.take(70));
    await clock.turn();
    expect(many.state).toBe('rejected');
    await store.grant();
    expect(await orders.take(100)).toHaveLength(100);
  });

  it('on a claim in the background is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const { store, clock } = await prefetching();
    await store.claimed.fail(failure('CORRUPT'));
    await clock.advance(10_000);
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });
});
