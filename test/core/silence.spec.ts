import { afterWaiting, type Clock } from '../../lib/common/clock.js';
import type { StoreRequest } from '../../lib/store/sequence-store.js';
import { start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { watch } from '../support/watched.js';

describe('The time limit of an attempt', () => {
  /** Waits until the claim that was sent last is given up, and tells how long that took. Leaves a new claim in flight. */
  async function limit({ orders, store, clock }: ReturnType<typeof start>): Promise<number> {
    orders.drop();
    orders.next({ timeout: 600_000 }).catch(() => {});
    await clock.turn();
    const { signal } = store.claimed.request;
    const sent = clock.now();
    while (!signal.aborted) await clock.advance(100);
    return clock.now() - sent;
  }

  async function answerAfter(
    { orders, store, clock }: ReturnType<typeof start>,
    took: number,
  ): Promise<void> {
    orders.drop();
    const next = watch(orders.next({ timeout: 600_000 }));
    await clock.advance(took);
    await store.grant();
    expect(next.state).toBe('resolved');
  }

  it('follows the slowest answer, not the last', async () => {
    const process = start({ blockSize: 1, timeout: 2_000 });
    await answerAfter(process, 900);
    await answerAfter(process, 100);
    expect(await limit(process)).toBe(1_800);
  });

  it('follows an answer that is less slow once the slowest is older than a minute', async () => {
    const process = start({ blockSize: 1, timeout: 2_000 });
    await answerAfter(process, 900);
    await process.clock.advance(61_000);
    await answerAfter(process, 700);
    expect(await limit(process)).toBe(1_400);
  });

  it('is at most a minute where it follows slow answers', async () => {
    const process = start({ blockSize: 1, timeout: 100_000 });
    await answerAfter(process, 45_000);
    expect(await limit(process)).toBe(60_000);
  });

  it('does not follow the time that an attempt spent in a queue of the store', async () => {
    const process = start({ blockSize: 1, timeout: 2_000 });
    const { orders, store, clock } = process;
    const next = watch(orders.next({ timeout: 600_000 }));
    await clock.turn();
    store.claimed.request.progress!.queued();
    await clock.advance(5_000);
    await store.grant();
    expect(next.state).toBe('resolved');
    expect(await limit(process)).toBe(1_000);
  });

  it('begins anew with each request, and with each answer', async () => {
    const { orders, store, clock } = start({ timeout: 2_000 });
    void orders.next({ timeout: 600_000 }).catch(() => {});
    await clock.turn();
    const { progress, signal } = store.claimed.request;
    await clock.advance(900);
    progress!.sent();
    await clock.advance(900);
    expect(signal.aborted).toBe(false);
    progress!.answered();
    await clock.advance(900);
    expect(signal.aborted).toBe(false);
    await clock.advance(900);
    expect(signal.aborted).toBe(true);
  });

  it('is over with its attempt, whatever the store still tells', async () => {
    const { orders, store, clock } = start({ timeout: 2_000 });
    const { pending } = clock;
    const next = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(next.state).toBe('resolved');
    const { progress } = store.claimed.request;
    progress!.sent();
    progress!.answered();
    expect(clock.pending).toBe(pending);
  });

  it('tells why the attempt was given up, whatever error the store makes of that', async () => {
    const { orders, store, clock } = start({ timeout: 2_000 });
    const hangUp = ({ signal }: StoreRequest) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('socket hang up')));
      });
    Object.assign(store, { claim: hangUp, inspect: hangUp });
    const calls = [
      watch<unknown>(orders.next({ timeout: 1_400 })),
      watch<unknown>(orders.inspect({ timeout: 1_400 })),
    ];
    await clock.advance(1_400);
    for (const { error } of calls) {
      expect(error).toMatchObject({ code: 'TIMEOUT' });
      expect((error as Error).message).toContain('the store gave no answer within 1000 ms');
    }
  });
});

describe('A request that stays open', () => {
  it('makes room for another one when it is answered', async () => {
    const { orders, store, clock } = start({ blockSize: 1, timeout: 2_000 });
    void orders.next({ timeout: 600_000 }).catch(() => {});
    await clock.turn();
    const givenUp = async () => {
      const { request } = store.claimed;
      request.progress!.sent();
      while (!request.signal.aborted) await clock.advance(100);
      return request.progress!;
    };
    const another = async () => {
      const { length } = store.claims;
      while (store.claims.length === length) await clock.advance(100);
    };
    const first = await givenUp();
    expect([first.staysOpen(() => {}), first.staysOpen(() => {})]).toEqual([true, true]);
    await another();
    const second = await givenUp();
    expect(second.staysOpen(() => {})).toBe(false);
    first.answered();
    expect(second.staysOpen(() => {})).toBe(true);
  });
});

describe('A pause between two attempts', () => {
  it('ends in no attempt when everybody has left meanwhile', async () => {
    const { registry, orders, store, clock } = start();
    const abort = new AbortController();
    void orders.next({ signal: abort.signal }).catch(() => {});
    await clock.turn();
    await store.claimed.fail(failure('UNAVAILABLE'));
    abort.abort();
    registry.stopPrefetching();
    await clock.advance(60_000);
    expect(store.claims).toHaveLength(1);
  });
});

describe('afterWaiting', () => {
  /** A clock whose timers fire when the test says, and whose time is what the test says. */
  function lateClock() {
    const timers = new VirtualClock();
    const clock: Clock & { time: number } = {
      time: 0,
      now: () => clock.time,
      after: (delay, callback) => timers.after(delay, callback),
      soon: (callback) => timers.soon(callback),
      random: () => 0,
    };
    return { clock, timers };
  }

  it('calls back at once when its timer is late by no more than 20 ms', async () => {
    const { clock, timers } = lateClock();
    let fired = 0;
    afterWaiting(clock, 1_000, () => fired++);
    clock.time = 1_020;
    await timers.advance(1_000);
    expect(fired).toBe(1);
  });

  it('waits at most for its delay once more, however late its timers are', async () => {
    const { clock, timers } = lateClock();
    let fired = 0;
    afterWaiting(clock, 1_000, () => fired++);
    clock.time = 1_900;
    await timers.advance(1_000);
    clock.time = 5_000;
    await timers.advance(900);
    expect(fired).toBe(0);
    clock.time = 9_000;
    await timers.advance(100);
    expect(fired).toBe(1);
    expect(timers.pending).toBe(0);
  });

  it('is cancelled also while it waits again', async () => {
    const { clock, timers } = lateClock();
    let fired = 0;
    const cancel = afterWaiting(clock, 1_000, () => fired++);
    clock.time = 1_500;
    await timers.advance(1_000);
    cancel();
    expect(timers.pending).toBe(0);
    await timers.advance(10_000);
    expect(fired).toBe(0);
  });
});
