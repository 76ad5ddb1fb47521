import { prefetching, running } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { range, watch } from '../support/watched.js';

describe('startAnew', () => {
  it('runs when all calls before have settled; those after it wait and find a new counter', async () => {
    const { orders, store, clock } = await running();
    const before = watch(orders.take(15));
    let finish = () => {};
    let begun = false;
    const anew = watch(
      orders.startAnew(() => {
        begun = true;
        return new Promise<void>((resolve) => (finish = resolve));
      }),
    );
    const after = watch(orders.next());
    await clock.turn();
    expect(begun).toBe(false);
    expect(orders.tryNext()).toBeUndefined();
    await store.grant();
    expect(before.value).toEqual(range(2, 16));
    expect(begun).toBe(true);
    expect([anew.state, after.state]).toEqual(['pending', 'pending']);
    expect(store.claims).toHaveLength(2);
    store.last = 0;
    store.epoch = 'epoch-2';
    finish();
    await clock.turn();
    expect(anew.state).toBe('resolved');
    await store.grant();
    expect(after.value).toBe(1);
  });

  it('that fails leaves the counter as it was: ids go on above the cached ones, which are skipped', async () => {
    const { orders, store, clock } = await running();
    await expect(orders.startAnew(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const next = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(11);
  });

  it('gives ensureAtLeast its turn between two of them, in the order of the calls', async () => {
    const { orders, store, clock } = await running();
    const finish: (() => void)[] = [];
    const anew = () => orders.startAnew(() => new Promise<void>((resolve) => finish.push(resolve)));
    const first = anew();
    const ensured = watch(orders.ensureAtLeast(1_000));
    const second = anew();
    const next = watch(orders.next());
    await clock.turn();
    expect(store.ensures).toHaveLength(0);
    finish[0]!();
    await first;
    await clock.turn();
    expect([store.ensures.length, finish.length]).toEqual([1, 1]);
    await store.ensures[0]!.answer();
    expect([ensured.state, finish.length]).toEqual(['resolved', 2]);
    store.last = 0;
    finish[1]!();
    await second;
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(1);
  });

  it('of a registry lets everybody go on when what it runs throws', async () => {
    const { registry, orders, store, clock } = await running();
    registry.get('shipments');
    const broken = watch(
      registry.startAnew(() => {
        throw new Error('no reset');
      }),
    );
    await clock.turn();
    expect(broken.error).toEqual(new Error('no reset'));
    const next = watch(orders.next());
    void orders.ensureAtLeast(5);
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(11);
    expect(store.ensures).toHaveLength(1);
  });

  it('forgets what a call under way ensures', async () => {
    const { orders, store, clock } = await running();
    void orders.ensureAtLeast(1_000);
    const anew = watch(orders.startAnew(async () => {}));
    await clock.turn();
    await store.ensures[0]!.answer();
    expect(anew.state).toBe('resolved');
    void orders.next();
    await clock.turn();
    expect(store.claimed.request.floor).toBeUndefined();
  });

  it('waits for a fence under way', async () => {
    const { orders, store, clock } = await running();
    void orders.fence();
    await clock.turn();
    let begun = false;
    const over = watch(orders.startAnew(async () => void (begun = true)));
    await clock.turn();
    expect(begun).toBe(false);
    await store.fences[0]!.answer({ last: 1e9, epoch: 'epoch-2' });
    expect(over.state).toBe('resolved');
  });

  it('waits for a claim in flight and for ensureAtLeast', async () => {
    const { orders, store, clock } = await prefetching();
    const ensured = orders.ensureAtLeast(0);
    const anew = watch(orders.startAnew(async () => {}));
    await clock.turn();
    await store.claimed.fail(failure('CORRUPT'));
    expect(anew.state).toBe('pending');
    await store.ensures[0]!.answer();
    await ensured;
    await clock.turn();
    expect(anew.state).toBe('resolved');
    expect(orders.cached).toBe(0);
  });

  it('keeps a block size that was given to get()', async () => {
    const { orders, registry, store, clock } = await running();
    registry.get('orders', undefined, 25);
    await orders.startAnew(async () => {});
    void orders.next();
    await clock.turn();
    expect(store.claimed.request.count).toBe(25);
  });

  it('is followed by a close, which ends those who were called before it and those called after', async () => {
    const { orders, registry, clock } = await running({ closeTimeout: 1_000 });
    const before = watch(orders.take(100));
    const reset = watch(orders.startAnew(async () => {}));
    const after = watch(orders.next());
    await clock.turn();
    const closed = watch(registry.close());
    await clock.advance(1_000);
    expect([before.error, after.error, reset.error]).toEqual([
      expect.objectContaining({ code: 'CLOSED' }),
      expect.objectContaining({ code: 'CLOSED' }),
      expect.objectContaining({ code: 'CLOSED' }),
    ]);
    expect(closed.state).toBe('resolved');
  });

  it('of one name and of all wait for each other', async () => {
    const { orders, registry, store, clock } = await running();
    const order: string[] = [];
    const before = watch(orders.take(15));
    const one = orders.startAnew(async () => void order.push('one'));
    const all = registry.startAnew(async () => void order.push('all'));
    await clock.turn();
    expect(order).toEqual([]);
    await store.grant();
    await Promise.all([one, all]);
    expect(before.state).toBe('resolved');
    expect(order).toEqual(['one', 'all']);
  });

  it('moves every handle: old ones go on with the new counter, as fast as before', async () => {
    const { orders, registry, store, clock } = await running();
    const other = registry.get('orders');
    await orders.startAnew(async () => {});
    store.last = 0;
    store.epoch = 'epoch-2';
    const next = watch(other.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(1);
    expect(other.tryNext()).toBe(2);
    expect(orders.tryNext()).toBe(3);
    expect(await other.take(2)).toEqual([4, 5]);
  });
});
