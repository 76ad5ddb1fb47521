import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { SequenceIdentityError } from '../../lib/common/sequence-error.js';
import { running, start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { range, watch } from '../support/watched.js';

/** What the channels tell of failed attempts meanwhile. */
async function failuresTold(act: () => Promise<void>): Promise<unknown[]> {
  const told: unknown[] = [];
  const listen = (message: unknown) => void told.push(message);
  const channels = ['nestjs-essequence:retry', 'nestjs-essequence:verdict'];
  for (const channel of channels) subscribe(channel, listen);
  await act();
  for (const channel of channels) unsubscribe(channel, listen);
  return told;
}

describe('A claim that a fence supersedes', () => {
  async function superseded() {
    const process = await running({ timeout: 2_000 });
    const { orders, store, clock } = process;
    orders.drop();
    const next = watch(orders.next());
    await clock.turn();
    const former = store.claimed;
    void orders.fence();
    await clock.turn();
    const told = await failuresTold(() => store.fences[0]!.answer({ last: 1e9, epoch: 'epoch-2' }));
    return { ...process, next, former, told };
  }

  it('counts for nothing: no failure is told, and the next one is sent at once', async () => {
    const { store, former, told } = await superseded();
    expect(former.request.signal.aborted).toBe(true);
    expect(told).toEqual([]);
    expect(store.claims).toHaveLength(3);
    expect(store.claimed.at).toBe(former.at);
  });

  it('is no cause of a time-out that follows', async () => {
    const { clock, next } = await superseded();
    await clock.advance(999);
    expect(next.state).toBe('pending');
    await clock.advance(10_000);
    expect((next.error as Error).message).toContain('the store gave no answer within 1000 ms');
    expect((next.error as Error).message).not.toContain('failed unexpectedly');
  });

  it('leaves no request open', async () => {
    const { former } = await superseded();
    expect(former.request.progress!.staysOpen(() => {})).toBe(false);
  });
});

describe('A block of a former life', () => {
  type Process = Awaited<ReturnType<typeof running>>;

  const repairs: [string, (process: Process) => Promise<unknown>, (process: Process) => void][] = [
    [
      'a fence',
      ({ orders }) => orders.fence(),
      ({ store }) => void store.fences[0]!.answer({ last: 1e9, epoch: 'epoch-2' }),
    ],
    [
      'an ensureAtLeast that found another counter',
      ({ orders }) => orders.ensureAtLeast(0),
      ({ store }) =>
        void store.ensures[0]!.fail(new SequenceIdentityError('IDENTITY_CHANGED', 'another counter')),
    ],
  ];

  it.each(repairs)('is not cached after %s, whichever answer came first', async (_, call, answer) => {
    for (let lead = -12; lead <= 12; lead++) {
      const process = await running();
      const { orders, store, clock } = process;
      orders.drop();
      const served = watch(orders.next());
      await clock.turn();
      const former = store.claimed;
      let stateAtTheEnd: string | undefined;
      const note = () => void (stateAtTheEnd = served.state);
      call(process).then(note, note);
      await clock.turn();
      const grant = () => void former.answer(store.next(10));
      const [first, second] = lead < 0 ? [grant, () => answer(process)] : [() => answer(process), grant];
      first();
      for (let microtask = 0; microtask < Math.abs(lead); microtask++) await undefined;
      second();
      await clock.turn();
      expect(stateAtTheEnd).toBeDefined();
      if (stateAtTheEnd === 'resolved') {
        expect([lead, served.value, orders.cached]).toEqual([lead, 11, 0]);
      } else {
        expect([lead, served.state, orders.cached]).toEqual([lead, 'pending', 0]);
      }
    }
  });
});

describe('An attempt that a close ends', () => {
  it('gives a call that draws nothing no result', async () => {
    const { registry, orders, store, clock } = start({ closeTimeout: 100, timeout: 60_000 });
    const ensured = watch(orders.ensureAtLeast(5));
    await clock.turn();
    void registry.close();
    const told = await failuresTold(() => clock.advance(100));
    expect(ensured.error).toMatchObject({ code: 'CLOSED', ambiguous: true });
    expect(told).toEqual([]);
    expect(store.ensures).toHaveLength(1);
  });

  it('may be a look, which took no effect', async () => {
    const { registry, orders, store, clock } = start({ closeTimeout: 100, timeout: 60_000 });
    store.inspect = () => new Promise(() => {});
    const looked = watch(orders.inspect());
    await clock.turn();
    const closed = watch(registry.close());
    await clock.advance(100);
    expect(looked.error).toMatchObject({ code: 'CLOSED', ambiguous: false });
    expect(closed.state).toBe('resolved');
  });

  it('may be one that has not begun: the pause before it ends too', async () => {
    const { registry, orders, store, clock } = start({ closeTimeout: 0, timeout: 60_000 });
    const calls = [watch<unknown>(orders.next()), watch<unknown>(orders.ensureAtLeast(5))];
    await clock.turn();
    await store.claimed.fail(failure('UNAVAILABLE'));
    await store.ensures[0]!.fail(failure('UNAVAILABLE'));
    void registry.close();
    await clock.advance(0);
    for (const { error } of calls) expect(error).toMatchObject({ code: 'CLOSED', ambiguous: false });
    expect(clock.pending).toBe(0);
  });

  it('leaves no request open', async () => {
    const { registry, orders, store, clock } = start({ closeTimeout: 0, timeout: 60_000 });
    void orders.next().catch(() => {});
    await clock.turn();
    void registry.close();
    await clock.advance(0);
    expect(store.claimed.request.signal.aborted).toBe(true);
    expect(store.claimed.request.progress!.staysOpen(() => {})).toBe(false);
  });
});

describe('A retired allocator', () => {
  it('gives nothing to new calls, whatever it has cached, and serves those made before', async () => {
    const { registry, orders, store, clock } = await running();
    const { allocator } = registry.core('orders');
    const before = watch(orders.take(12));
    const reset = orders.startAnew(async () => {});
    expect(allocator.tryNext()).toBeUndefined();
    expect(allocator.next()).toBeUndefined();
    expect(allocator.next({ timeout: 5 })).toBeUndefined();
    expect(allocator.take(2)).toBeUndefined();
    await clock.turn();
    await store.grant();
    expect(before.value).toEqual(range(2, 13));
    await reset;
    expect(allocator.cached).toBe(7);
    expect(allocator.tryNext()).toBeUndefined();
    expect(allocator.next()).toBeUndefined();
  });

  it.each(['next', 'take', 'tryNext'] as const)('is replaced in a handle by %s', async (how) => {
    const { orders, registry, store, clock } = await running();
    await orders.startAnew(async () => {});
    store.last = 0;
    store.epoch = 'epoch-2';
    void registry.core('orders').next();
    await clock.turn();
    await store.grant();
    const id = how === 'take' ? (await orders.take(1))[0] : await orders[how]();
    expect(id).toBe(2);
  });

  it('does not end a stream, which goes on with the successor', async () => {
    const { orders, store, clock } = await running({ blockSize: 5 });
    store.instantly = true;
    const ids: number[] = [];
    const done = new Promise<void>((resolve, reject) =>
      orders.stream(6).subscribe({ next: (id) => ids.push(id), complete: resolve, error: reject }),
    );
    expect(ids).toEqual([2, 3, 4, 5]);
    const reset = orders.startAnew(async () => void (store.last = 100));
    for (let turn = 0; turn < 20; turn++) await clock.turn();
    await Promise.all([done, reset]);
    expect(ids).toHaveLength(6);
  });
});

describe('A reset', () => {
  it('waits for an earlier one although nobody has called in between', async () => {
    const { orders, clock } = await running();
    let finish = () => {};
    const order: string[] = [];
    const first = orders.startAnew(async () => {
      order.push('first begins');
      await new Promise<void>((resolve) => (finish = resolve));
      order.push('first ends');
    });
    const second = orders.startAnew(async () => void order.push('second'));
    await clock.turn();
    finish();
    await Promise.all([first, second]);
    expect(order).toEqual(['first begins', 'first ends', 'second']);
  });

  it('waits for those in line, however many claims they need', async () => {
    const { orders, store, clock } = await running();
    const [one, other] = [watch(orders.take(12)), watch(orders.take(30))];
    await clock.turn();
    let begun = false;
    const reset = watch(orders.startAnew(async () => void (begun = true)));
    await clock.turn();
    await store.grant();
    expect([one.state, other.state, begun]).toEqual(['resolved', 'pending', false]);
    await store.grant();
    expect([other.state, begun, reset.state]).toEqual(['resolved', true, 'resolved']);
  });

  it('waits for a claim in flight that nobody waits for any more', async () => {
    const { orders, store, clock } = await running();
    orders.drop();
    const abort = new AbortController();
    void orders.next({ signal: abort.signal }).catch(() => {});
    await clock.turn();
    abort.abort();
    let begun = false;
    const reset = watch(orders.startAnew(async () => void (begun = true)));
    await clock.turn();
    expect(begun).toBe(false);
    await store.claimed.fail(failure('CORRUPT'));
    expect([begun, reset.state]).toEqual([true, 'resolved']);
  });
});
