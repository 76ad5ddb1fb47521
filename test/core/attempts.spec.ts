import { jest } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { RetryMessage } from '../../lib/core/diagnostics.js';
import { drain, running, start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { range, watch } from '../support/watched.js';

describe('Attempts', () => {
  /** Delays until the next attempt, as the retry channel tells. */
  async function delays(run: (found: readonly number[]) => Promise<void>): Promise<number[]> {
    const found: number[] = [];
    const listen = (message: unknown) => found.push((message as RetryMessage).delay);
    subscribe('nestjs-essequence:retry', listen);
    await run(found);
    unsubscribe('nestjs-essequence:retry', listen);
    return found;
  }

  /** Lets attempts lose a race each, after so many milliseconds, and tells their pauses. */
  function loseRaces(
    { store, clock }: Pick<ReturnType<typeof start>, 'store' | 'clock'>,
    took: readonly number[],
  ): Promise<number[]> {
    return delays(async (until) => {
      for (const each of took) {
        await clock.advance(each);
        await store.claimed.fail(failure('CONFLICT'));
        await clock.advance(until.at(-1)!);
      }
    });
  }

  it('after a lost race pause about as long as an attempt takes, from the fourth on longer each time, at most 2 s, with full jitter', async () => {
    for (const [random, expected] of [
      [0, [0, 0, 0, 0, 0, 0]],
      [0.999999, [10, 10, 10, 60, 90, 135, 202, 304, 456, 683, 1_025, 1_538, 2_000, 2_000]],
    ] as const) {
      const { orders, store, clock } = start({ timeout: 2 ** 31 - 1 });
      clock.fixedRandom = random;
      void orders.next();
      await clock.turn();
      const found = await loseRaces(
        { store, clock },
        expected.map(() => 10),
      );
      expect(found.map(Math.round)).toEqual(expected);
      expect(store.claims).toHaveLength(expected.length + 1);
    }
  });

  it('after a race pause 2 s at most, however long an attempt takes', async () => {
    const { orders, store, clock } = start({ timeout: 2 ** 31 - 1, blockSize: 1 });
    clock.fixedRandom = 0.999999;
    void orders.next();
    await clock.turn();
    const [lost] = await loseRaces({ store, clock }, [40_000]);
    expect(Math.round(lost!)).toBe(2_000);
    await store.grant();
    const sent = store.claims.length;
    void orders.next();
    await clock.advance(1_999);
    expect(store.claims).toHaveLength(sent);
    await clock.advance(1);
    expect(store.claims).toHaveLength(sent + 1);
    await store.grant();
  });

  it('that lose races in no time pause as well, or nothing else would have its turn', async () => {
    const { orders, store, clock } = start();
    clock.fixedRandom = 0.999999;
    void orders.next().catch(() => {});
    await clock.turn();
    const [first, second, third, fourth] = await loseRaces({ store, clock }, [0, 0, 0, 0]);
    expect([first, second, third, fourth].map((delay) => Math.round(delay!))).toEqual([1, 1, 1, 1]);
  });

  it('after a lost race pause longer at once when attempts take longer than at first, a crowd keeps the store busy enough', async () => {
    const { orders, store, clock } = start({ timeout: 2 ** 31 - 1 });
    clock.fixedRandom = 0.999999;
    void orders.next();
    await clock.turn();
    const found = await loseRaces({ store, clock }, [10, 31, 50, 100]);
    expect(found.map(Math.round)).toEqual([10, 186, 300, 600]);
  });

  it('after a lost race pause longer at once while the window is that of a crowd', async () => {
    const { orders, store, clock } = start({ timeout: 2 ** 31 - 1, blockSize: 1 });
    clock.fixedRandom = 0.999999;
    void orders.next();
    await clock.turn();
    await loseRaces({ store, clock }, [100, 100, 100, 100]);
    clock.fixedRandom = 0;
    await store.grant();
    void orders.next();
    await clock.turn();
    clock.fixedRandom = 0.999999;
    // The success has narrowed 600 ms to 461, and the lost race widens that.
    const [delay] = await loseRaces({ store, clock }, [100]);
    expect(Math.round(delay!)).toBe(692);
  });

  it('after a lost race pause shorter the less time the caller has left', async () => {
    const { orders, store, clock } = start({ timeout: 20_000 });
    clock.fixedRandom = 0.999999;
    const next = watch(orders.next());
    await clock.turn();
    const found = await delays(async () => {
      while (next.state === 'pending') {
        await clock.advance(500);
        await store.claimed.fail(failure('CONFLICT'));
        await clock.advance(1_500);
      }
    });
    expect(next.error).toMatchObject({ code: 'TIMEOUT' });
    const long = found.slice(3);
    expect(long.length).toBeGreaterThan(5);
    expect(long).toEqual(long.toSorted((one, other) => other - one));
    expect(long.at(-1)).toBeLessThan(100);
  });

  it('pause after a success too while others contend for the counter, or who won once would win again', async () => {
    const { orders, store, clock } = start({ blockSize: 1 });
    clock.fixedRandom = 0.999999;
    const draw = async () => {
      const begun = clock.now();
      const next = watch(orders.next());
      const sent = store.claims.length;
      while (store.claims.length === sent && clock.now() < begun + 10_000) await clock.advance(1);
      const waited = clock.now() - begun;
      return { next, waited };
    };
    void orders.next();
    await clock.turn();
    // One lost race: few contend, and the winner leaves them the time of an attempt.
    await loseRaces({ store, clock }, [100]);
    await store.grant();
    const few = await draw();
    expect(few.waited).toBeCloseTo(100);
    // Four in a row: a crowd. A success narrows its window of 600 ms to 461.
    await loseRaces({ store, clock }, [100, 100, 100, 100]);
    await store.grant();
    expect(few.next.state).toBe('resolved');
    const crowd = await draw();
    expect(crowd.waited).toBeGreaterThan(450);
    expect(crowd.waited).toBeLessThan(470);
    await store.grant();
    expect(crowd.next.state).toBe('resolved');
    await clock.advance(10_000);
    const late = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(late.state).toBe('resolved');
    const forgotten = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(forgotten.state).toBe('resolved');
  });

  it('pause after a success at most a quarter of what the caller has left, by its own timeout', async () => {
    const { orders, store, clock } = start({ blockSize: 1 });
    clock.fixedRandom = 0.999999;
    void orders.next();
    await clock.turn();
    await loseRaces({ store, clock }, [100, 100, 100, 100]);
    await store.grant();
    const sent = store.claims.length;
    const next = watch(orders.next({ timeout: 200 }));
    await clock.advance(49);
    expect(store.claims).toHaveLength(sent);
    await clock.advance(1);
    expect(store.claims).toHaveLength(sent + 1);
    await store.grant();
    expect(next.state).toBe('resolved');
  });

  it('keep the distance after a failure although the caller has little time', async () => {
    const { orders, store, clock } = await running();
    orders.drop();
    void orders.next({ timeout: 600 }).catch(() => {});
    await clock.turn();
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(499);
    expect(store.claims).toHaveLength(2);
    await clock.advance(1);
    expect(store.claims).toHaveLength(3);
  });

  it('that lose a race after a failure pause like any others: a lost race is an answer, so the silence is over', async () => {
    for (const random of [0.25, 0.999]) {
      const { orders, store, clock } = start({ timeout: 2 ** 31 - 1 });
      clock.fixedRandom = random;
      void orders.next();
      await clock.turn();
      await store.claimed.fail(failure('UNAVAILABLE'));
      await clock.advance(500);
      const [delay] = await loseRaces({ store, clock }, [20]);
      expect(delay).toBeCloseTo(20 * random);
      expect(store.claims).toHaveLength(3);
    }
  });

  it('that fail after a lost race pause as after a first failure', async () => {
    const { orders, store, clock } = start({ timeout: 600_000 });
    clock.fixedRandom = 0.999999;
    void orders.next();
    await clock.turn();
    const found = await delays(async (until) => {
      for (const code of [
        ...Array<'UNAVAILABLE'>(7).fill('UNAVAILABLE'),
        'CONFLICT',
        'UNAVAILABLE',
      ] as const) {
        await store.claimed.fail(failure(code));
        await clock.advance(until.at(-1)!);
      }
    });
    expect(found.map(Math.round)).toEqual([500, 500, 500, 500, 500, 800, 1_600, 1, 500]);
  });

  it('after no answer pause 500 ms to 5 s, with jitter', async () => {
    for (const [random, expected] of [
      [0, [500, 500, 500, 500, 500, 500, 500, 500, 500, 500]],
      [0.999999, [500, 500, 500, 500, 500, 800, 1_600, 3_200, 5_000, 5_000]],
    ] as const) {
      const { orders, store, clock } = start({ timeout: 600_000 });
      clock.fixedRandom = random;
      void orders.next();
      await clock.turn();
      const found = await delays(async () => {
        for (let attempt = 0; attempt < 10; attempt++) {
          await store.claimed.fail(failure('UNAVAILABLE'));
          await clock.advance(5_000);
        }
      });
      expect(found.map(Math.round)).toEqual(expected);
    }
  });

  it('pause at most half of what is left until the deadline', async () => {
    const { orders, store, clock } = start({ timeout: 12_000 });
    clock.fixedRandom = 0.999999;
    const next = watch(orders.next());
    await clock.turn();
    const pauses: [delay: number, left: number][] = [];
    const listen = (message: unknown) => {
      pauses.push([(message as RetryMessage).delay, 12_000 - clock.now()]);
    };
    subscribe('nestjs-essequence:retry', listen);
    for (let failed = 0; next.state === 'pending';) {
      if (store.claims.length > failed) {
        failed = store.claims.length;
        await store.claimed.fail(failure('UNAVAILABLE'));
      }
      await clock.advance(100);
    }
    unsubscribe('nestjs-essequence:retry', listen);
    expect(next.error).toMatchObject({ code: 'TIMEOUT' });
    expect(Math.max(...pauses.map(([delay]) => delay))).toBeGreaterThan(1_500);
    for (const [delay, left] of pauses) expect(delay).toBeLessThanOrEqual(Math.max(500, left / 2));
  });

  it('after a success are as if nothing had failed before', async () => {
    const { orders, store, clock } = start({ timeout: 60_000 });
    clock.fixedRandom = 0;
    void orders.next();
    await clock.turn();
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(500);
    await store.grant();
    orders.drop();
    void orders.next();
    await clock.turn();
    await store.claimed.fail(failure('CONFLICT'));
    await clock.turn();
    expect(store.claims).toHaveLength(4);
  });

  it('after a failure are at most two a second, whoever calls, until the first success', async () => {
    const { orders, store, clock } = start({ timeout: 300 });
    store.epoch = 'epoch-1';
    const sent = () => store.claims.map(({ at }) => at);
    for (let call = 0; call < 100; call++) {
      void orders.next().catch(() => {});
      await clock.turn();
      await store.claimed.fail(failure('UNAVAILABLE'));
      await clock.advance(100);
    }
    expect(sent().length).toBeLessThanOrEqual(21);
    for (const [index, at] of sent().slice(1).entries()) {
      expect(at - sent()[index]!).toBeGreaterThanOrEqual(500);
    }
    await clock.advance(10_000);
    const served = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(served.state).toBe('resolved');
    orders.drop();
    const attempts = store.claims.length;
    void orders.next().catch(() => {});
    await clock.turn();
    expect(store.claims).toHaveLength(attempts + 1);
  });

  it('pause and take their time as if nobody had looked', async () => {
    const sent: number[][] = [];
    for (const looks of [false, true]) {
      const { orders, store, clock } = start({ timeout: 60_000 });
      clock.fixedRandom = 0.9;
      void orders.next().catch(() => {});
      for (let waited = 0; waited < 30_000; waited += 100) {
        if (looks) void orders.inspect();
        await clock.advance(100);
        for (const claim of store.claims) await claim.fail(failure('UNAVAILABLE'));
      }
      sent.push(store.claims.map(({ at }) => at));
    }
    expect(sent[1]).toEqual(sent[0]);
  });

  it('that only look pause and take their time by what became of looks', async () => {
    const { orders, store, clock } = start({ timeout: 5_000 });
    const inspect = jest.spyOn(store, 'inspect').mockRejectedValueOnce(failure('UNAVAILABLE'));
    await Promise.all([orders.inspect(), clock.advance(1_000)]);
    await orders.inspect();
    inspect.mockReturnValueOnce(new Promise(() => {}));
    const looked = watch(orders.inspect());
    await clock.advance(2_500 + 600);
    expect(looked.state).toBe('resolved');
  });

  it('get half of the timeout at first, all of it after silence', async () => {
    const { orders, store, clock } = start({ timeout: 5_000 });
    clock.fixedRandom = 0;
    void orders.next().catch(() => {});
    await clock.advance(2_499);
    expect(store.claims[0]!.request.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(store.claims[0]!.request.signal.aborted).toBe(true);
    await clock.advance(500);
    expect(store.claims).toHaveLength(2);
    void orders.next().catch(() => {});
    await clock.advance(4_999);
    expect(store.claims[1]!.request.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(store.claims[1]!.request.signal.aborted).toBe(true);
  });

  it('get twice the slowest answer of the last minute: a store that is always slow is not silent', async () => {
    const { orders, store, clock } = start({ blockSize: 1, timeout: 5_000 });
    clock.fixedRandom = 0;
    const first = watch(orders.next());
    await clock.advance(2_000);
    await store.grant();
    expect(first.value).toBe(1);
    for (let call = 0; call < 3; call++) {
      const next = watch(orders.next());
      await clock.advance(3_000);
      await store.grant();
      expect(next.state).toBe('resolved');
    }
    expect(store.claims).toHaveLength(4);
    orders.drop();
    void orders.next({ timeout: 60_000 });
    await clock.advance(5_999);
    expect(store.claimed.request.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(store.claims[4]!.request.signal.aborted).toBe(true);
  });

  it('that were given up never contribute a block', async () => {
    const { orders, store, clock } = start({ timeout: 5_000 });
    const next = watch(orders.next());
    await clock.advance(3_000);
    expect(store.claims).toHaveLength(2);
    await store.claims[0]!.answer({ first: 1, last: 10, epoch: 'epoch-1' });
    expect(next.state).toBe('pending');
    await store.claims[1]!.answer({ first: 11, last: 20, epoch: 'epoch-1' });
    expect(next.value).toBe(11);
    expect(drain(orders)).toEqual(range(12, 20));
  });

  it('that throw what is no SequenceError are trouble, and ambiguous', async () => {
    const { orders, store, clock } = start();
    const next = watch(orders.next());
    await clock.turn();
    await store.claimed.fail('not even an Error');
    await clock.advance(500);
    await store.grant();
    expect(next.value).toBe(1);
  });

  it('are no longer made when nobody wants ids any more', async () => {
    const { registry, orders, store, clock } = start();
    const abort = new AbortController();
    void orders.next({ signal: abort.signal }).catch(() => {});
    await clock.turn();
    abort.abort();
    registry.stopPrefetching();
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(60_000);
    expect(store.claims).toHaveLength(1);
  });
});
