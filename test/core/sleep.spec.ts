import { MAX_ENSURED } from '../../lib/core/ensured-ids.js';
import { drawUntilPause, prefetching, running, start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { range, watch } from '../support/watched.js';

const MINUTE = 60_000;

describe('A sequence that nobody uses', () => {
  it('sleeps after idleTime, and not before', async () => {
    const { registry, clock } = await running({ idleTime: 10_000 });
    expect(registry.isAwake('orders')).toBe(true);
    await clock.advance(9_000);
    expect(registry.isAwake('orders')).toBe(true);
    await clock.advance(6_000);
    expect(registry.isAwake('orders')).toBe(false);
  });

  it('is kept awake by every kind of use', async () => {
    const uses = [
      ({ orders }: Running) => orders.tryNext(),
      ({ orders }: Running) => orders.next(),
      ({ orders }: Running) => orders.take(2),
      ({ orders }: Running) => orders.inspect(),
    ];
    for (const use of uses) {
      const process = await running({ idleTime: 10_000, blockSize: 1_000 });
      for (let seconds = 0; seconds < 30; seconds++) {
        void use(process);
        await process.clock.advance(1_000);
        expect(process.registry.isAwake('orders')).toBe(true);
      }
    }
  });

  it('gives its cached ids when it wakes: none is skipped, no request is made, the floor hook is not asked again', async () => {
    let asked = 0;
    const floor = () => void asked++;
    const { orders, registry, store, clock } = await running({ floor });
    await clock.advance(2 * MINUTE);
    expect(registry.isAwake('orders')).toBe(false);
    expect(orders.tryNext()).toBe(2);
    expect(await orders.next()).toBe(3);
    expect(await orders.take(7)).toEqual(range(4, 10));
    expect(store.claims).toHaveLength(1);
    const next = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(11);
    expect(asked).toBe(1);
  });

  it('keeps ranges apart between which another process claimed', async () => {
    const { orders, registry, store, clock } = await prefetching();
    store.last = 1_000;
    await store.grant();
    const cached = orders.cached;
    expect(registry.putToSleep('orders')).toBe(true);
    expect(orders.cached).toBe(cached);
    const ids = await orders.take(cached);
    await clock.turn();
    expect(ids.slice(0, 69)).toEqual(range(32, 100));
    expect(ids.slice(69)).toEqual(range(1_001, 1_000 + cached - 69));
  });

  it('keeps what is cached when the first block after it comes', async () => {
    const { orders, registry, store, clock } = await running();
    registry.putToSleep('orders');
    const many = watch(orders.take(12));
    await clock.turn();
    await store.grant();
    expect(many.value).toEqual(range(2, 13));
  });

  it('falls asleep though a caller waits for a macrotask: it has its id already', async () => {
    const { orders, registry, clock } = await running({ blockSize: 100_000 });
    const last = await drawUntilPause(registry, () => orders.next());
    const paused = watch(orders.next());
    expect(registry.putToSleep('orders')).toBe(true);
    await clock.turn();
    expect(paused.value).toBe(last + 1);
    expect(orders.tryNext()).toBe(last + 2);
  });

  it('remembers what it has seen: a counter that went back is refused', async () => {
    const { orders, registry, store, clock } = await running();
    orders.drop();
    registry.putToSleep('orders');
    const next = watch(orders.next());
    await clock.turn();
    await store.claimed.answer({ first: 1, last: 10, epoch: 'epoch-1' });
    expect(next.error).toMatchObject({ code: 'REGRESSED' });
  });

  it('remembers what was ensured', async () => {
    const { orders, registry, store, clock } = await running();
    const ensured = orders.ensureAtLeast(1_000);
    await clock.turn();
    await store.ensures[0]!.answer();
    await ensured;
    registry.putToSleep('orders');
    const next = watch(orders.next());
    await clock.turn();
    expect(store.claimed.request.floor).toBe(1_000);
    await store.claimed.answer({ first: 1_001, last: 1_010, epoch: 'epoch-1' });
    expect(next.value).toBe(1_001);
  });

  it('keeps a block size of its own', async () => {
    const { registry, store, clock } = start();
    void registry.get('orders', undefined, 25).next();
    await clock.turn();
    await store.grant();
    registry.core('orders').drop();
    expect(registry.putToSleep('orders')).toBe(true);
    void registry.get('orders').next();
    await clock.turn();
    expect(store.claimed.request.count).toBe(25);
  });

  it('wakes for inspect, fence, ensureAtLeast, streams and loops, by handles of any age', async () => {
    const { orders, registry, store, clock } = await running({ blockSize: 100 });
    const old = registry.get('orders');
    registry.putToSleep('orders');
    expect(await old.inspect()).toMatchObject({ last: 100, cached: 99 });
    registry.putToSleep('orders');
    const streamed: number[] = [];
    old.stream(3).subscribe((id) => streamed.push(id));
    await clock.turn();
    expect(streamed).toEqual([2, 3, 4]);
    registry.putToSleep('orders');
    for await (const id of old) {
      streamed.push(id);
      break;
    }
    expect(streamed.at(-1)).toBe(5);
    registry.putToSleep('orders');
    const fenced = watch(orders.fence());
    await clock.turn();
    await store.fences[0]!.answer({ last: 1e9, epoch: 'epoch-2' });
    expect(fenced.value).toMatchObject({ last: 1e9, cached: 0 });
    registry.putToSleep('orders');
    const ensured = watch(old.ensureAtLeast(MAX_ENSURED));
    await clock.turn();
    await store.ensures[0]!.answer();
    expect(ensured.state).toBe('resolved');
  });

  it('counts for maxSequences', async () => {
    const { registry } = await running({ maxSequences: 2 });
    registry.get('shipments');
    registry.putToSleep('orders');
    expect(() => registry.get('invoices')).toThrow(expect.objectContaining({ code: 'TOO_MANY_SEQUENCES' }));
    expect(registry.get('orders').tryNext()).toBe(2);
  });

  it('starts anew with a reset of all, and refuses calls after a close', async () => {
    const { orders, registry, store, clock } = await running();
    registry.putToSleep('orders');
    await registry.startAnew(async () => {});
    store.last = 0;
    store.epoch = 'epoch-2';
    const next = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(1);
    registry.putToSleep('orders');
    await registry.close();
    await expect(orders.next()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(() => orders.tryNext()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    await clock.turn();
    expect(clock.pending).toBe(0);
  });
});

type Running = Awaited<ReturnType<typeof running>>;

describe('A sequence stays awake', () => {
  it.each<[string, (process: Running) => unknown]>([
    ['a caller waits', ({ orders }) => orders.take(100)],
    ['a claim is in flight', ({ orders, store }) => (orders.drop(), orders.tryNext(), store)],
    ['ensureAtLeast is under way', ({ orders }) => orders.ensureAtLeast(5)],
    ['a fence is under way', ({ orders }) => orders.fence()],
  ])('while %s', async (_, act) => {
    const process = await running();
    Promise.resolve(act(process)).catch(() => {});
    await process.clock.turn();
    expect(process.registry.putToSleep('orders')).toBe(false);
  });

  it('while an error waits for somebody to tell', async () => {
    const { orders, registry, store, clock } = await prefetching();
    await store.claimed.fail(failure('CORRUPT'));
    expect(registry.putToSleep('orders')).toBe(false);
    const told = watch(orders.take(100));
    await clock.turn();
    expect(told.error).toMatchObject({ code: 'CORRUPT' });
  });
});
