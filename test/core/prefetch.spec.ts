import { drain, prefetching, running } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { range, watch } from '../support/watched.js';

describe('A prefetch', () => {
  it('that fails in passing is repeated while its time lasts, then left to the next call', async () => {
    const { orders, store, clock } = await prefetching({ timeout: 5_000 });
    for (let second = 0; second < 20; second++) {
      await store.claimed.fail(failure('UNAVAILABLE'));
      await clock.advance(1_000);
    }
    const attempts = store.claims.length;
    expect(attempts).toBeGreaterThan(2);
    expect(orders.cached).toBe(69);
    await clock.advance(60_000);
    expect(store.claims).toHaveLength(attempts);
    expect(orders.tryNext()).toBe(32);
  });

  it('keeps no process alive and no caller waiting', async () => {
    const { orders } = await prefetching();
    expect(orders.waiting).toBe(0);
    expect(drain(orders)).toEqual(range(32, 100));
  });

  it('does not start after stopPrefetching, however low the cache is', async () => {
    const { registry, orders, store, clock } = await running({ blockSize: { min: 100 } });
    registry.stopPrefetching();
    expect(await orders.take(30)).toHaveLength(30);
    expect(drain({ tryNext: () => (orders.cached > 1 ? orders.tryNext() : undefined) })).toHaveLength(68);
    await clock.advance(10_000);
    expect(store.claims).toHaveLength(1);
  });

  it('stops with stopPrefetching; claims on demand go on', async () => {
    const { orders, store, clock, registry } = await prefetching();
    registry.stopPrefetching();
    await store.grant();
    const cached = orders.cached;
    expect(await orders.take(cached)).toHaveLength(cached);
    await clock.advance(10_000);
    expect(store.claims).toHaveLength(2);
    const next = watch(orders.next());
    await clock.turn();
    expect(store.claims).toHaveLength(3);
    await store.grant();
    expect(next.state).toBe('resolved');
    await clock.advance(10_000);
    expect(store.claims).toHaveLength(3);
  });
});

describe('tryNext that finds nothing', () => {
  it('asks for one claim, also when prefetching has stopped', async () => {
    const { registry, orders, store, clock } = await running();
    registry.stopPrefetching();
    drain(orders);
    await clock.turn();
    expect(store.claims).toHaveLength(2);
    await store.grant();
    expect(orders.tryNext()).toBe(11);
    await clock.advance(10_000);
    expect(store.claims).toHaveLength(2);
  });

  it('asks no longer when its claim is over', async () => {
    const { registry, orders, store, clock } = await running();
    registry.stopPrefetching();
    drain(orders);
    await clock.turn();
    await store.grant();
    const abort = new AbortController();
    void orders.take(20, { signal: abort.signal }).catch(() => {});
    await clock.turn();
    abort.abort();
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(60_000);
    expect(store.claims).toHaveLength(3);
  });
});
