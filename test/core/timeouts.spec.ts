import { running, start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { range, watch } from '../support/watched.js';

describe('Abort and time-out', () => {
  it('of one caller harm no other', async () => {
    const { orders, store, clock } = start();
    const abort = new AbortController();
    const one = watch(orders.next());
    const aborted = watch(orders.next({ signal: abort.signal }));
    const impatient = watch(orders.next({ timeout: 100 }));
    const last = watch(orders.next());
    await clock.advance(100);
    abort.abort();
    await clock.turn();
    expect(aborted.error).toBe(abort.signal.reason);
    expect(impatient.error).toMatchObject({ code: 'TIMEOUT', sequence: 'orders', retryable: true });
    expect([one.state, last.state]).toEqual(['pending', 'pending']);
    await store.grant();
    expect([one.value, last.value]).toEqual([1, 2]);
    expect(store.claims).toHaveLength(1);
  });

  it('of the head let those behind be content with what is cached', async () => {
    const { orders, clock } = await running();
    const abort = new AbortController();
    const many = watch(orders.take(100, { signal: abort.signal }));
    const behind = [watch(orders.next()), watch(orders.next())];
    await clock.turn();
    expect(behind[0]!.state).toBe('pending');
    abort.abort();
    await clock.turn();
    expect(many.state).toBe('rejected');
    expect(behind.map(({ value }) => value)).toEqual([2, 3]);
  });

  it('come too late for an assigned id, which is delivered', async () => {
    const { orders, store, clock } = start();
    const abort = new AbortController();
    const { pending } = clock;
    const next = watch(orders.next({ signal: abort.signal, timeout: 100 }));
    await clock.turn();
    await store.grant();
    abort.abort();
    await clock.advance(200);
    expect(next).toEqual({ state: 'resolved', value: 1 });
    expect(clock.pending).toBe(pending);
  });

  it('before the call take no place in line and send nothing', async () => {
    const { orders, store, clock } = start();
    const reason = new Error('over');
    await expect(orders.next({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await clock.turn();
    expect(store.claims).toHaveLength(0);
    expect(orders.waiting).toBe(0);
  });

  it('count the time without progress: a long line that moves does not fail', async () => {
    const { orders, store, clock } = start({ blockSize: 1, timeout: 5_000 });
    const calls = range(1, 10).map(() => watch(orders.next()));
    for (let block = 0; block < 10; block++) {
      await clock.advance(2_000);
      await store.grant();
    }
    expect(clock.now()).toBe(20_000);
    expect(calls.map(({ value }) => value)).toEqual(range(1, 10));
  });

  it('strike all who wait when nothing moves, each `timeout` after its call or the last block', async () => {
    const { orders, store, clock } = start({ blockSize: 1, timeout: 5_000 });
    const served = watch(orders.next());
    const early = watch(orders.next());
    await clock.advance(1_000);
    await store.grant();
    expect(served.value).toBe(1);
    await clock.advance(1_000);
    const late = watch(orders.next());
    await clock.advance(3_999);
    expect([early.state, late.state]).toEqual(['pending', 'pending']);
    await clock.advance(1);
    expect([early.state, late.state]).toEqual(['rejected', 'pending']);
    await clock.advance(1_000);
    expect(late.error).toMatchObject({ code: 'TIMEOUT' });
    expect(orders.waiting).toBe(0);
  });

  it('tell what failed last', async () => {
    const { orders, store, clock } = start({ timeout: 1_000 });
    const next = watch(orders.next());
    await clock.turn();
    const cause = new Error('ECONNREFUSED');
    await store.claimed.fail(failure('UNAVAILABLE', { cause }));
    await clock.advance(1_000);
    expect(next.error).toMatchObject({ code: 'TIMEOUT', cause });
    expect((next.error as Error).message).toContain('the double says UNAVAILABLE');
  });

  it('of everybody end the claim: its late block is nobody’s', async () => {
    const { orders, store, clock } = start({ timeout: 1_000 });
    const gone = watch(orders.next());
    await clock.advance(1_000);
    expect(gone.state).toBe('rejected');
    const first = store.claims[0]!;
    expect(first.request.signal.aborted).toBe(true);
    const next = watch(orders.next());
    await first.answer(store.next(10));
    await clock.advance(600);
    expect(next.state).toBe('pending');
    await store.grant();
    expect(next.value).toBe(11);
  });

  it.each(['aborted', 'throwIfAborted', 'addEventListener', 'removeEventListener'])(
    'need a signal with %s: without it the call takes no place in line',
    async (missing) => {
      const { orders, store, clock } = start();
      const signal = {
        aborted: false,
        throwIfAborted: () => {},
        addEventListener: () => {},
        removeEventListener: () => {},
        [missing]: undefined,
      } as unknown as AbortSignal;
      await expect(orders.next({ signal })).rejects.toThrow('Expected signal to be an AbortSignal');
      await expect(orders.ensureAtLeast(1, { signal })).rejects.toThrow(TypeError);
      await clock.turn();
      expect([orders.waiting, store.claims.length]).toEqual([0, 0]);
    },
  );

  it('leave nobody in line whose signal takes no listener', async () => {
    const { orders, store, clock } = start();
    const { pending } = clock;
    const { signal } = new AbortController();
    signal.addEventListener = () => {
      throw new Error('no listener');
    };
    await expect(orders.next({ signal })).rejects.toThrow('no listener');
    expect([orders.waiting, clock.pending]).toEqual([0, pending]);
    const next = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(1);
  });

  it('do not keep a signal: many calls on one leave no listener', async () => {
    const { orders, store, clock } = start({ blockSize: 1 });
    store.instantly = true;
    const { signal } = new AbortController();
    let listeners = 0;
    signal.addEventListener = (() => listeners++) as typeof signal.addEventListener;
    signal.removeEventListener = (() => listeners--) as typeof signal.removeEventListener;
    let most = 0;
    for (let drawn = 0; drawn < 50; drawn++) {
      const next = orders.next({ signal });
      most = Math.max(most, listeners);
      await clock.turn();
      await next;
    }
    expect([most, listeners]).toEqual([1, 0]);
  });
});
