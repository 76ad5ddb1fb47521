import { jest } from '@jest/globals';
import { MAX_ENSURED } from '../../lib/core/ensured-ids.js';
import { running, start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { range, watch } from '../support/watched.js';

describe('ensureAtLeast', () => {
  it('drops cached ids at or below it before its request is answered', async () => {
    const { orders, store, clock } = await running();
    const ensured = watch(orders.ensureAtLeast(6));
    expect(orders.cached).toBe(4);
    expect(await orders.next()).toBe(7);
    await clock.turn();
    expect(ensured.state).toBe('pending');
    await store.ensures[0]!.answer();
    expect(ensured.state).toBe('resolved');
    expect(await orders.next()).toBe(8);
  });

  it('drops ids at or below it that arrive while it runs, and later', async () => {
    const { orders, store, clock } = await running({ blockSize: 4 });
    const many = watch(orders.take(8));
    await clock.turn();
    const ensured = orders.ensureAtLeast(7);
    await clock.turn();
    await store.grant();
    expect(many.state).toBe('pending');
    expect(store.claimed.request.floor).toBe(7);
    await store.ensures[0]!.answer();
    await ensured;
    await clock.turn();
    expect(store.claims).toHaveLength(3);
    await store.claimed.answer({ first: 10, last: 15, epoch: 'epoch-1' });
    expect(many.value).toEqual(range(8, 15));
  });

  it('drops a block that arrives after it was answered', async () => {
    const { orders, store, clock } = await running({ blockSize: 4 });
    const many = watch(orders.take(4));
    await clock.turn();
    const ensured = watch(orders.ensureAtLeast(100));
    await clock.turn();
    await store.ensures[0]!.answer();
    expect(ensured.state).toBe('resolved');
    await store.grant();
    expect(orders.cached).toBe(0);
    await store.claimed.answer({ first: 101, last: 104, epoch: 'epoch-1' });
    expect(many.value).toEqual(range(101, 104));
  });

  it('holds back prefetches while it runs, so that none brings ids to be dropped', async () => {
    const { orders, store, clock } = await running({ blockSize: { min: 100 } });
    const ensured = orders.ensureAtLeast(0);
    expect(await orders.take(30)).toEqual(range(2, 31));
    await clock.turn();
    expect(store.claims).toHaveLength(1);
    await store.ensures[0]!.answer();
    await ensured;
    await clock.turn();
    expect(store.claims).toHaveLength(2);
    expect(store.claimed.request.floor).toBeUndefined();
  });

  it('starves nobody who waits, however calls overlap: their claim raises the counter itself', async () => {
    const { orders, store, clock } = start();
    void orders.ensureAtLeast(100);
    void orders.ensureAtLeast(50);
    const next = watch(orders.next());
    await clock.turn();
    expect(store.claims.map(({ request }) => request.floor)).toEqual([100]);
    store.last = 100;
    await store.grant();
    expect(next.value).toBe(101);
    expect(store.mostInFlight).toBe(1);
  });

  it('starves nobody who polls tryNext either', async () => {
    const { orders, store, clock } = start();
    void orders.ensureAtLeast(100);
    expect(orders.tryNext()).toBeUndefined();
    await clock.turn();
    store.last = 100;
    await store.grant();
    expect(orders.tryNext()).toBe(101);
  });

  it('that overtakes such a claim makes the next one jump ahead of the calls to come', async () => {
    const { orders, store, clock } = start();
    void orders.ensureAtLeast(100);
    const next = watch(orders.next());
    await clock.turn();
    void orders.ensureAtLeast(150);
    store.last = 100;
    await store.grant();
    expect(next.state).toBe('pending');
    expect(store.claimed.request.floor).toBe(250);
    void orders.ensureAtLeast(MAX_ENSURED);
    await store.grant();
    expect(store.claimed.request.floor).toBe(MAX_ENSURED);
    store.last = MAX_ENSURED;
    await store.grant();
    expect(next.value).toBe(MAX_ENSURED + 1);
  });

  it('of a far id makes no claim jump farther than 10,000 ids beyond it', async () => {
    const { orders, store, clock } = start();
    void orders.ensureAtLeast(100);
    void orders.next();
    await clock.turn();
    void orders.ensureAtLeast(1e15);
    store.last = 100;
    await store.grant();
    expect(store.claimed.request.floor).toBe(1e15 + 10_000);
  });

  it.each([
    [50, 100],
    [500, 500],
  ])('at first contact makes the claim lie above the floor of the hook, %i, too', async (floor, expected) => {
    const { orders, store, clock } = start({ floor: () => floor });
    void orders.ensureAtLeast(100);
    void orders.next();
    await clock.turn();
    expect(store.claimed.request.floor).toBe(expected);
  });

  it('that failed lets claims pass again', async () => {
    const { orders, store, clock } = await running();
    const ensured = watch(orders.ensureAtLeast(1_000));
    await clock.turn();
    const verdict = failure('CORRUPT');
    await store.ensures[0]!.fail(verdict);
    expect(ensured.error).toBe(verdict);
    expect(orders.cached).toBe(0);
    const next = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(11);
  });

  it('that failed beside one that succeeded leaves the line where that one drew it', async () => {
    const { orders, store, clock } = await running({ blockSize: 4 });
    const many = watch(orders.take(5));
    await clock.turn();
    const [high, low] = [watch(orders.ensureAtLeast(1_000)), watch(orders.ensureAtLeast(5))];
    await clock.turn();
    await store.ensures[0]!.fail(failure('CORRUPT'));
    await store.ensures[1]!.answer();
    expect([high.state, low.state]).toEqual(['rejected', 'resolved']);
    await store.grant();
    expect(orders.cached).toBe(3);
    await store.claimed.answer({ first: 9, last: 12, epoch: 'epoch-1' });
    expect(many.value).toEqual(range(6, 10));
  });

  it('has the next claim raise the counter, should it not stand there after all', async () => {
    const { orders, store, clock } = await running();
    const ensured = orders.ensureAtLeast(1_000);
    await clock.turn();
    await store.ensures[0]!.answer();
    await ensured;
    void orders.next();
    await clock.turn();
    expect(store.claimed.request.floor).toBe(1_000);
    await store.claimed.answer({ first: 1_001, last: 1_010, epoch: 'epoch-1' });
    expect(await orders.take(9)).toEqual(range(1_002, 1_010));
    void orders.next();
    await clock.turn();
    expect(store.claimed.request.floor).toBeUndefined();
  });

  it('leaves no caller waiting for ever where all blocks that arrive lie below', async () => {
    const { orders, store, clock } = await running({ timeout: 2_000 });
    const ensured = orders.ensureAtLeast(1e9);
    await clock.turn();
    await store.ensures[0]!.answer();
    await ensured;
    const next = watch(orders.next());
    for (let waited = 0; waited < 2_000; waited += 100) {
      await clock.advance(100);
      await store.grant();
    }
    expect(next.error).toMatchObject({ code: 'TIMEOUT' });
  });

  it('is repeated after trouble and ends at its time', async () => {
    const { orders, store, clock } = start({ timeout: 2_000 });
    const ensured = watch(orders.ensureAtLeast(5));
    await clock.turn();
    await store.ensures[0]!.fail(failure('UNAVAILABLE'));
    await clock.advance(1_000);
    expect(store.ensures).toHaveLength(2);
    await clock.advance(1_000);
    expect(ensured.error).toMatchObject({ code: 'TIMEOUT' });
    await clock.advance(60_000);
    expect(store.ensures).toHaveLength(2);
  });

  it('drops the cache when its answer says that the counter is another one', async () => {
    const { orders, store, clock } = await running();
    const ensured = watch(orders.ensureAtLeast(0));
    await clock.turn();
    await store.ensures[0]!.fail(failure('IDENTITY_CHANGED'));
    expect(ensured.state).toBe('rejected');
    expect(orders.cached).toBe(0);
  });

  it.each<[string, 'UNAVAILABLE' | 'hang', boolean, boolean]>([
    ['every attempt failed without a trace', 'UNAVAILABLE', false, false],
    ['an attempt may have been applied', 'UNAVAILABLE', true, true],
    ['an attempt is under way', 'hang', false, true],
  ])('that timed out may have taken effect only where %s', async (_, outcome, applied, ambiguous) => {
    const { orders, store, clock } = start({ timeout: 900 });
    const ensured = watch(orders.ensureAtLeast(5, { timeout: 400 }));
    await clock.turn();
    if (outcome !== 'hang') await store.ensures[0]!.fail(failure(outcome, { ambiguous: applied }));
    await clock.advance(400);
    expect(ensured.error).toMatchObject({ code: 'TIMEOUT', ambiguous });
  });

  it('is not meant by a look that timed out: that never has an effect', async () => {
    const { orders, store, clock } = start();
    jest.spyOn(store, 'inspect').mockRejectedValue(failure('UNAVAILABLE', { ambiguous: true }));
    const looked = watch(orders.inspect({ timeout: 400 }));
    await clock.advance(400);
    expect(looked.error).toMatchObject({ code: 'TIMEOUT', ambiguous: false });
  });

  it('that timed out while it asked the floor hook took no effect', async () => {
    const { orders, clock } = start({ floor: () => new Promise(() => {}) });
    const ensured = watch(orders.ensureAtLeast(5, { timeout: 400 }));
    await clock.advance(400);
    expect(ensured.error).toMatchObject({ code: 'TIMEOUT', ambiguous: false });
  });

  it('with a bad argument or an aborted signal drops nothing', async () => {
    const { orders } = await running();
    await expect(orders.ensureAtLeast(9, { timeout: 0 })).rejects.toThrow(RangeError);
    await expect(orders.ensureAtLeast(9, { signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow(
      'over',
    );
    await expect(orders.ensureAtLeast(-1)).rejects.toThrow(RangeError);
    expect(orders.cached).toBe(9);
  });
});
