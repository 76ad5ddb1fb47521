import type { SequenceModuleOptions } from '../../lib/nest/sequence-module.options.js';
import { start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { watch } from '../support/watched.js';

describe('The floor hook', () => {
  const floors = async (floor: SequenceModuleOptions['floor']) => {
    const process = start({ floor });
    const next = watch(process.orders.next());
    await process.clock.turn();
    return { ...process, next };
  };

  it.each([
    [null, undefined],
    [undefined, undefined],
    [0, 0],
    [123, 123],
    [123n, 123],
    ['123', 123],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('may return %p', async (value, expected) => {
    const { store } = await floors(() => value);
    expect(store.claimed.request.floor).toBe(expected);
  });

  it.each([
    1.5,
    -1,
    Number.NaN,
    Infinity,
    2 ** 53,
    -1n,
    2n ** 53n,
    'x',
    '',
    ' 1',
    '1.5',
    '-1',
    '9007199254740992',
    true,
    {},
    [],
  ])('may not return %p: nothing is claimed', async (value) => {
    const { store, next } = await floors(() => value as never);
    expect(next.error).toMatchObject({ code: 'FLOOR', sequence: 'orders', retryable: false });
    expect(store.claims).toHaveLength(0);
  });

  it('that throws fails the call with its error as cause: nothing is claimed', async () => {
    const cause = new Error('no database');
    for (const floor of [
      () => Promise.reject(cause),
      () => {
        throw cause;
      },
    ]) {
      const { store, next } = await floors(floor);
      expect(next.error).toMatchObject({ code: 'FLOOR', cause });
      expect(store.claims).toHaveLength(0);
    }
  });

  it('is asked for its name at first contact only, and again after a failed one', async () => {
    const asked: string[] = [];
    const { store, clock, orders, next } = await floors((name) => asked.push(name));
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(500);
    await store.grant();
    expect(next.state).toBe('resolved');
    void orders.take(10);
    await clock.turn();
    expect(asked).toEqual(['orders', 'orders']);
    expect(store.claims.map(({ request }) => request.floor)).toEqual([1, 2, undefined]);
  });

  it('that never answers costs no more than the time of an attempt', async () => {
    const { store, clock, next } = await floors(() => new Promise(() => {}));
    await clock.advance(5_000);
    expect(next.error).toMatchObject({ code: 'TIMEOUT' });
    expect((next.error as Error).message).toContain('no answer from the floor hook within 5000 ms');
    expect(store.claims).toHaveLength(0);
  });

  it('that answered leaves the store all of its own time, and no more', async () => {
    const { orders, store, clock } = start({
      floor: () => new Promise((resolve) => void clock.after(2_000, () => resolve(5))),
    });
    void orders.next().catch(() => {});
    await clock.advance(4_499);
    expect(store.claimed.request.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(store.claimed.request.signal.reason).toMatchObject({
      ambiguous: true,
      message: expect.stringContaining('the store gave no answer within 2500 ms'),
    });
  });

  it('that is slow is asked once, and its time is none of the store’s', async () => {
    for (const [hookTakes, storeTakes] of [
      [2_000, 2_000],
      [4_000, 900],
    ] as const) {
      let asked = 0;
      const { orders, store, clock } = start({
        floor: () => {
          asked++;
          return new Promise((resolve) => void clock.after(hookTakes, () => resolve(5)));
        },
      });
      const next = watch(orders.next());
      await clock.advance(hookTakes);
      await clock.advance(storeTakes);
      await store.grant();
      expect([next.state, asked, store.claims.length]).toEqual(['resolved', 1, 1]);
    }
  });
});
