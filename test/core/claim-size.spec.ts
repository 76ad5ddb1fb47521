import { prefetching, running, start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { range, watch } from '../support/watched.js';

describe('A fixed block size', () => {
  it('is exact: the next block is claimed when the present one is empty, and not before', async () => {
    const { orders, store, clock } = await running({ blockSize: 10 });
    for (let id = 2; id <= 10; id++) {
      expect(await orders.next()).toBe(id);
      await clock.advance(1);
    }
    expect(store.claims).toHaveLength(1);
    const next = watch(orders.next());
    await clock.turn();
    expect(store.claims.map(({ request }) => request.count)).toEqual([10, 10]);
    await store.grant();
    expect(next.value).toBe(11);
    // A process that ends now skips 12 to 20: fewer than 10.
    expect(store.last - 11).toBe(9);
  });

  it('given later counts from the next claim on', async () => {
    const { registry, orders, store, clock } = await running({ blockSize: 10 });
    registry.get('orders', undefined, 25);
    expect(await orders.take(9)).toEqual(range(2, 10));
    void orders.next();
    await clock.turn();
    expect(store.claimed.request.count).toBe(25);
  });

  it('neither shrinks after lost answers nor grows after lost races', async () => {
    const { store, clock, orders } = start({ blockSize: 10, timeout: 60_000 });
    void orders.next().catch(() => {});
    await clock.turn();
    for (let attempt = 0; attempt < 6; attempt++) {
      await store.claimed.fail(
        attempt % 2 ? failure('CONFLICT') : failure('UNAVAILABLE', { ambiguous: true }),
      );
      await clock.advance(6_000);
    }
    expect(store.claims.map(({ request }) => request.count)).toEqual(range(1, 7).map(() => 10));
  });
});

describe('An adaptive block size', () => {
  it('of at least 1 wastes nothing on a sequence that idles', async () => {
    const { orders, store, clock } = start({ blockSize: { min: 1 } });
    store.instantly = true;
    for (let id = 1; id <= 50; id++) {
      const next = watch(orders.next());
      await clock.turn();
      expect(next.value).toBe(id);
      await clock.advance(60_000);
    }
    expect(store.last).toBe(50);
    expect(store.claims).toHaveLength(50);
    expect(orders.cached).toBe(0);
  });

  it('covers reserveTime of demand, with room for the next look, and shrinks with it', async () => {
    const { orders, store, clock } = start({ blockSize: { min: 10 }, reserveTime: 5_000 });
    store.instantly = true;
    const draw = async (perSecond: number, seconds: number) => {
      let least = Infinity;
      for (let step = 0; step < seconds * 10; step++) {
        const ids = watch(orders.take(perSecond / 10));
        await clock.advance(100);
        expect(ids.state).toBe('resolved');
        if (step > 50) least = Math.min(least, orders.cached);
      }
      return least;
    };
    expect(await draw(1_000, 20)).toBeGreaterThanOrEqual(4_500);
    expect(orders.cached).toBeLessThanOrEqual(12_000);
    expect(store.claimed.request.count).toBeGreaterThanOrEqual(4_500);
    orders.drop();
    await clock.advance(60_000);
    await draw(10, 60);
    expect(store.claimed.request.count).toBeLessThanOrEqual(120);
  });

  it('asks for half after each lost answer, not below the callers that wait, nor below min', async () => {
    const { orders, store, clock } = await prefetching({ timeout: 60_000 });
    const counts: number[] = [store.claimed.request.count];
    const lose = async (times: number) => {
      for (let attempt = 0; attempt < times; attempt++) {
        await store.claimed.fail(failure('UNAVAILABLE', { ambiguous: true }));
        await clock.advance(5_000);
        counts.push(store.claimed.request.count);
      }
    };
    await lose(1);
    expect(counts[0]).toBeGreaterThan(140);
    expect(counts[1]).toBe(100);
    const cached = await orders.take(orders.cached);
    const callers = range(1, 120).map(() => watch(orders.next()));
    await lose(3);
    expect(counts[2]).toBeGreaterThanOrEqual(120);
    expect(counts.slice(3)).toEqual([120, 120]);
    await store.grant();
    expect(cached).toHaveLength(69);
    expect(callers.at(-1)!.value).toBe(220);
  });

  it('keeps its size after a failure that surely was not applied', async () => {
    const { store, clock } = await prefetching({ timeout: 60_000 });
    const count = store.claimed.request.count;
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(500);
    expect(store.claims).toHaveLength(3);
    expect(store.claimed.request.count).toBe(count);
  });

  it('asks for double after two lost races, until a claim succeeds', async () => {
    const { orders, store, clock } = start({ blockSize: { min: 1 }, timeout: 60_000 });
    const callers = range(1, 50).map(() => watch(orders.next()));
    await clock.turn();
    for (let race = 0; race < 5; race++) {
      await store.claimed.fail(failure('CONFLICT'));
      await clock.advance(2_000);
    }
    const [count = 0, ...later] = store.claims.map(({ request }) => request.count);
    expect(count).toBeGreaterThanOrEqual(50);
    expect(later[0]).toBe(count);
    expect(later[1]! / count).toBeCloseTo(2, 1);
    expect(later[2]).toBe(later[1]);
    expect(later[3]! / count).toBeCloseTo(4, 1);
    expect(later[4]).toBe(later[3]);
    await store.grant();
    expect(callers.at(-1)!.value).toBe(50);
    orders.drop();
    await clock.advance(600_000);
    void orders.take(5);
    await clock.turn();
    expect(store.claimed.request.count).toBe(5);
  });

  it('never caches more than maxWaste, but serves who needs more', async () => {
    const { orders, store, clock } = start({ blockSize: { min: 10 }, maxWaste: 64 });
    store.instantly = true;
    for (let step = 0; step < 100; step++) {
      const ids = watch(orders.take(50));
      await clock.advance(100);
      expect(ids.state).toBe('resolved');
      expect(orders.cached).toBeLessThanOrEqual(64);
    }
    const many = watch(orders.take(1_000));
    await clock.turn();
    expect(many.value).toHaveLength(1_000);
    expect(orders.cached).toBeLessThanOrEqual(64);
  });

  it('is at most max, a million by default, and a million ids are two numbers of memory', async () => {
    const { orders, store, clock } = start({ blockSize: {} });
    store.instantly = true;
    for (let step = 0; step < 30; step++) {
      const ids = watch(orders.take(1_000_000));
      await clock.advance(100);
      expect(ids.state).toBe('resolved');
    }
    expect(Math.max(...store.claims.map(({ request }) => request.count))).toBe(1_000_000);
  });
});
