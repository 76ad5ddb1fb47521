import { jest } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClaimMessage, RetryMessage, StallMessage, VerdictMessage } from '../../lib/core/diagnostics.js';
import { MAX_ENSURED } from '../../lib/core/checked-store.js';
import { SequenceIdentityError } from '../../lib/common/sequence-error.js';
import { SequenceRegistry } from '../../lib/core/sequence-registry.js';
import { resolveOptions, type SequenceModuleOptions } from '../../lib/nest/sequence-module.options.js';
import { failure, ScriptedStore } from '../support/scripted-store.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { range, watch } from '../support/watched.js';

function start(options: SequenceModuleOptions = {}) {
  const clock = new VirtualClock();
  const store = new ScriptedStore(clock);
  const registry = new SequenceRegistry(store, resolveOptions({ blockSize: 10, ...options }), clock);
  const { allocator, claimer, blockSize } = registry.core('orders');
  return { clock, store, registry, allocator, claimer, blockSize };
}

/** A process that has drawn 1 of its first block. */
async function running(options: SequenceModuleOptions = {}) {
  const process = start(options);
  const first = process.allocator.next();
  await process.clock.turn();
  await process.store.grant();
  expect(await first).toBe(1);
  return process;
}

/** A process whose demand is so high that its cache, the ids 32 to 100, is low: a refill is under way. */
async function prefetching(options: SequenceModuleOptions = {}) {
  const process = await running({ blockSize: { min: 100 }, ...options });
  const { allocator, clock, store } = process;
  expect(await allocator.take(30)).toEqual(range(2, 31));
  await clock.turn();
  expect(store.claims).toHaveLength(2);
  expect(allocator.cached).toBe(69);
  return process;
}

function drain({ allocator }: { allocator: { tryNext(): number | undefined } }): number[] {
  const ids: number[] = [];
  for (let id = allocator.tryNext(); id !== undefined; id = allocator.tryNext()) ids.push(id);
  return ids;
}

describe('Ids', () => {
  it('ascend over the edges of blocks', async () => {
    const { allocator, store, clock } = start({ blockSize: 3 });
    store.instantly = true;
    const ids: number[] = [];
    for (let drawn = 0; drawn < 10; drawn++) {
      const next = allocator.next();
      await clock.turn();
      ids.push(await next);
    }
    expect(ids).toEqual(range(1, 10));
    expect(store.claims.map(({ request }) => request.count)).toEqual([3, 3, 3, 3]);
  });

  it('leave the cache alike by next, tryNext and take', async () => {
    const { allocator } = await running();
    expect(allocator.tryNext()).toBe(2);
    expect(await allocator.next()).toBe(3);
    expect(await allocator.take(3)).toEqual([4, 5, 6]);
    expect(await allocator.next({ timeout: 10 })).toBe(7);
    expect(await allocator.take(2, {})).toEqual([8, 9]);
    expect(allocator.cached).toBe(1);
    expect(allocator.tryNext()).toBe(10);
    expect(allocator.tryNext()).toBeUndefined();
  });

  it('go to callers first come, first served', async () => {
    const { allocator, store, clock } = start();
    const order: number[] = [];
    const calls = [1, 3, 1, 2, 1].map((count, index) =>
      allocator.take(count).then((ids) => {
        order.push(index);
        return ids;
      }),
    );
    await clock.turn();
    await store.grant();
    expect(await Promise.all(calls)).toEqual([[1], [2, 3, 4], [5], [6, 7], [8]]);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('overtake nobody: while a caller waits neither tryNext nor next takes what is cached', async () => {
    const { allocator, store, clock } = await running();
    const many = watch(allocator.take(12));
    await clock.turn();
    expect(allocator.cached).toBe(9);
    expect(allocator.tryNext()).toBeUndefined();
    const one = watch(allocator.next());
    await clock.turn();
    expect(one.state).toBe('pending');
    await store.grant();
    expect(many.value).toEqual(range(2, 13));
    expect(one.value).toBe(14);
  });

  it('go to everybody who waits in the turn in which the block arrives', async () => {
    const { allocator, store, clock } = start({ blockSize: 100 });
    const calls = range(1, 100).map(() => watch(allocator.next()));
    await clock.turn();
    void store.claimed.answer(store.next(100));
    for (let microtask = 0; microtask < 30; microtask++) await undefined;
    expect(calls.map(({ value }) => value)).toEqual(range(1, 100));
  });

  it('for 10,000 calls at once come in order, with one claim in flight', async () => {
    const { allocator, store, clock } = start({ blockSize: 10, maxWaiters: 10_000 });
    store.instantly = true;
    const calls = Promise.all(range(1, 10_000).map(() => allocator.next()));
    await clock.turn();
    expect(await calls).toEqual(range(1, 10_000));
    expect(store.claims).toHaveLength(1_000);
    expect(store.mostInFlight).toBe(1);
  });

  it('after 10,000 immediate answers wait one macrotask, and those behind keep their order', async () => {
    const { allocator, clock } = await running({ blockSize: 100_000 });
    for (let drawn = 0; drawn < 9_999; drawn++) await allocator.next();
    await allocator.take(3);
    const [one, three, two] = [watch(allocator.next()), watch(allocator.take(3)), watch(allocator.next())];
    expect(allocator.tryNext()).toBeUndefined();
    const abort = new AbortController();
    const aborted = watch(allocator.next({ signal: abort.signal }));
    abort.abort();
    await clock.settle();
    expect(aborted.state).toBe('rejected');
    expect([one.state, three.state, two.state]).toEqual(['pending', 'pending', 'pending']);
    await clock.turn();
    expect([one.value, three.value, two.value]).toEqual([10_004, [10_005, 10_006, 10_007], 10_008]);
    expect(watch(allocator.next()).state).toBe('pending');
    await clock.settle();
    expect(allocator.tryNext()).toBe(10_010);
  });

  it('of take count as well: the 10,001st waits one macrotask', async () => {
    const { allocator, clock } = await running({ blockSize: 100_000 });
    for (let drawn = 0; drawn < 10_000; drawn++) await allocator.take(1);
    const late = watch(allocator.take(2));
    await clock.settle();
    expect(late.state).toBe('pending');
    await clock.turn();
    expect(late.value).toEqual([10_002, 10_003]);
  });
});

describe('take', () => {
  it('takes all or none: who leaves early leaves the cache as it was', async () => {
    const { allocator, store, clock } = await running();
    const abort = new AbortController();
    const many = watch(allocator.take(12, { signal: abort.signal }));
    await clock.turn();
    abort.abort(new Error('never mind'));
    await clock.turn();
    expect(many).toMatchObject({ state: 'rejected', error: new Error('never mind') });
    expect(await allocator.next()).toBe(2);
    await store.grant();
    expect(await allocator.take(18)).toEqual(range(3, 20));
  });

  it('brings what is missing in one claim: the block size, or more if more is missing', async () => {
    const { allocator, store, clock } = await running();
    const some = allocator.take(12);
    await clock.turn();
    expect(store.claimed.request.count).toBe(10);
    await store.grant();
    expect(await some).toEqual(range(2, 13));
    const many = allocator.take(1_007);
    await clock.turn();
    expect(store.claimed.request.count).toBe(1_000);
    await store.grant();
    expect(await many).toEqual(range(14, 1_020));
    expect(store.claims).toHaveLength(3);
  });

  it('ascends over a gap that another process left', async () => {
    const { allocator, store, clock } = await running();
    const many = allocator.take(12);
    await clock.turn();
    store.last = 20;
    await store.grant();
    expect(await many).toEqual([...range(2, 10), 21, 22, 23]);
  });
});

describe('Abort and time-out', () => {
  it('of one caller harm no other', async () => {
    const { allocator, store, clock } = start();
    const abort = new AbortController();
    const one = watch(allocator.next());
    const aborted = watch(allocator.next({ signal: abort.signal }));
    const impatient = watch(allocator.next({ timeout: 100 }));
    const last = watch(allocator.next());
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
    const { allocator, clock } = await running();
    const abort = new AbortController();
    const many = watch(allocator.take(100, { signal: abort.signal }));
    const behind = [watch(allocator.next()), watch(allocator.next())];
    await clock.turn();
    expect(behind[0]!.state).toBe('pending');
    abort.abort();
    await clock.turn();
    expect(many.state).toBe('rejected');
    expect(behind.map(({ value }) => value)).toEqual([2, 3]);
  });

  it('come too late for an assigned id, which is delivered', async () => {
    const { allocator, store, clock } = start();
    const abort = new AbortController();
    const next = watch(allocator.next({ signal: abort.signal, timeout: 100 }));
    await clock.turn();
    await store.grant();
    abort.abort();
    await clock.advance(200);
    expect(next).toEqual({ state: 'resolved', value: 1 });
    expect(clock.pending).toBe(0);
  });

  it('before the call take no place in line and send nothing', async () => {
    const { allocator, store, clock } = start();
    const reason = new Error('over');
    await expect(allocator.next({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await clock.turn();
    expect(store.claims).toHaveLength(0);
    expect(allocator.waiting).toBe(0);
  });

  it('count the time without progress: a long line that moves does not fail', async () => {
    const { allocator, store, clock } = start({ blockSize: 1, timeout: 5_000 });
    const calls = range(1, 10).map(() => watch(allocator.next()));
    for (let block = 0; block < 10; block++) {
      await clock.advance(2_000);
      await store.grant();
    }
    expect(clock.now()).toBe(20_000);
    expect(calls.map(({ value }) => value)).toEqual(range(1, 10));
  });

  it('strike all who wait when nothing moves, each `timeout` after its call or the last block', async () => {
    const { allocator, store, clock } = start({ blockSize: 1, timeout: 5_000 });
    const served = watch(allocator.next());
    const early = watch(allocator.next());
    await clock.advance(1_000);
    await store.grant();
    expect(served.value).toBe(1);
    await clock.advance(1_000);
    const late = watch(allocator.next());
    await clock.advance(3_999);
    expect([early.state, late.state]).toEqual(['pending', 'pending']);
    await clock.advance(1);
    expect([early.state, late.state]).toEqual(['rejected', 'pending']);
    await clock.advance(1_000);
    expect(late.error).toMatchObject({ code: 'TIMEOUT' });
    expect(allocator.waiting).toBe(0);
  });

  it('tell what failed last', async () => {
    const { allocator, store, clock } = start({ timeout: 1_000 });
    const next = watch(allocator.next());
    await clock.turn();
    const cause = new Error('ECONNREFUSED');
    await store.claimed.fail(failure('UNAVAILABLE', { cause }));
    await clock.advance(1_000);
    expect(next.error).toMatchObject({ code: 'TIMEOUT', cause });
    expect((next.error as Error).message).toContain('the double says UNAVAILABLE');
  });

  it('of everybody end the claim: its late block is nobody’s', async () => {
    const { allocator, store, clock } = start({ timeout: 1_000 });
    const gone = watch(allocator.next());
    await clock.advance(1_000);
    expect(gone.state).toBe('rejected');
    const first = store.claims[0]!;
    expect(first.request.signal.aborted).toBe(true);
    const next = watch(allocator.next());
    await first.answer(store.next(10));
    await clock.advance(600);
    expect(next.state).toBe('pending');
    await store.grant();
    expect(next.value).toBe(11);
  });

  it.each(['aborted', 'throwIfAborted', 'addEventListener', 'removeEventListener'])(
    'need a signal with %s: without it the call takes no place in line',
    async (missing) => {
      const { allocator, store, clock } = start();
      const signal = {
        aborted: false,
        throwIfAborted: () => {},
        addEventListener: () => {},
        removeEventListener: () => {},
        [missing]: undefined,
      } as unknown as AbortSignal;
      await expect(allocator.next({ signal })).rejects.toThrow('Expected signal to be an AbortSignal');
      await expect(allocator.ensureAtLeast(1, { signal })).rejects.toThrow(TypeError);
      await clock.turn();
      expect([allocator.waiting, store.claims.length]).toEqual([0, 0]);
    },
  );

  it('leave nobody in line whose signal takes no listener', async () => {
    const { allocator, store, clock } = start();
    const { signal } = new AbortController();
    signal.addEventListener = () => {
      throw new Error('no listener');
    };
    await expect(allocator.next({ signal })).rejects.toThrow('no listener');
    expect([allocator.waiting, clock.pending]).toEqual([0, 0]);
    const next = watch(allocator.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(1);
  });

  it('do not keep a signal: many calls on one leave no listener', async () => {
    const { allocator, store, clock } = start({ blockSize: 1 });
    store.instantly = true;
    const { signal } = new AbortController();
    let listeners = 0;
    signal.addEventListener = (() => listeners++) as typeof signal.addEventListener;
    signal.removeEventListener = (() => listeners--) as typeof signal.removeEventListener;
    let most = 0;
    for (let drawn = 0; drawn < 50; drawn++) {
      const next = allocator.next({ signal });
      most = Math.max(most, listeners);
      await clock.turn();
      await next;
    }
    expect([most, listeners]).toEqual([1, 0]);
  });
});

describe('A verdict', () => {
  it('goes to all who wait; the next call asks again', async () => {
    const { allocator, store, clock } = start();
    const calls = [watch(allocator.next()), watch(allocator.take(2)), watch(allocator.next())];
    await clock.turn();
    const verdict = failure('VANISHED');
    await store.claimed.fail(verdict);
    expect(calls.map(({ error }) => error)).toEqual([verdict, verdict, verdict]);
    const next = watch(allocator.next());
    await clock.turn();
    expect(store.claims).toHaveLength(2);
    await store.grant();
    expect(next.value).toBe(1);
  });

  it.each(['next', 'take', 'tryNext'] as const)(
    'of a prefetch goes to the next call that lacks ids, once, and that call asks again: %s',
    async (how) => {
      const { allocator, store, clock } = await prefetching();
      const verdict = failure('IDENTITY_CHANGED');
      await store.claimed.fail(verdict);
      expect(allocator.cached).toBe(0);
      await clock.advance(60_000);
      expect(store.claims).toHaveLength(2);
      if (how === 'tryNext') expect(() => allocator.tryNext()).toThrow(verdict);
      else await expect(how === 'next' ? allocator.next() : allocator.take(2)).rejects.toBe(verdict);
      await clock.turn();
      expect(store.claims).toHaveLength(3);
      expect(allocator.tryNext()).toBeUndefined();
      const next = watch(allocator.next());
      await store.grant();
      expect(next.value).toBe(101);
      expect(store.claims).toHaveLength(3);
    },
  );

  it('that does not touch the cache leaves its ids to be served, then is told', async () => {
    const { allocator, store, clock } = await prefetching();
    const verdict = failure('EXHAUSTED');
    await store.claimed.fail(verdict);
    const served: number[] = [];
    for (let left = 69; left > 0; left--) served.push(await allocator.next());
    expect(served).toEqual(range(32, 100));
    await clock.advance(60_000);
    expect(store.claims).toHaveLength(2);
    await expect(allocator.next()).rejects.toBe(verdict);
    await clock.turn();
    expect(store.claims).toHaveLength(3);
  });

  it('that does not touch the cache rejects only those whom the cache cannot serve', async () => {
    const { allocator, store, clock } = await running();
    const many = watch(allocator.take(20));
    const one = watch(allocator.next());
    await clock.turn();
    const verdict = failure('EXHAUSTED');
    await store.claimed.fail(verdict);
    expect(many.error).toBe(verdict);
    expect(one.value).toBe(2);
  });

  it('is forgotten when a later claim succeeds before anybody was told', async () => {
    const { allocator, store, clock } = await prefetching();
    await store.claimed.fail(failure('EXHAUSTED'));
    const many = watch(allocator.take(70));
    await clock.turn();
    expect(many.state).toBe('rejected');
    await store.grant();
    expect(await allocator.take(100)).toHaveLength(100);
  });

  it('on a claim in the background is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const { store, clock } = await prefetching();
    await store.claimed.fail(failure('CORRUPT'));
    await clock.advance(10_000);
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });
});

describe('A prefetch', () => {
  it('that fails in passing is repeated while its time lasts, then left to the next call', async () => {
    const { allocator, store, clock } = await prefetching({ timeout: 5_000 });
    for (let second = 0; second < 20; second++) {
      await store.claimed.fail(failure('UNAVAILABLE'));
      await clock.advance(1_000);
    }
    const attempts = store.claims.length;
    expect(attempts).toBeGreaterThan(2);
    expect(allocator.cached).toBe(69);
    await clock.advance(60_000);
    expect(store.claims).toHaveLength(attempts);
    expect(allocator.tryNext()).toBe(32);
  });

  it('keeps no process alive and no caller waiting', async () => {
    const { allocator } = await prefetching();
    expect(allocator.waiting).toBe(0);
    expect(drain({ allocator })).toEqual(range(32, 100));
  });

  it('does not start after stopPrefetching, however low the cache is', async () => {
    const { registry, allocator, store, clock } = await running({ blockSize: { min: 100 } });
    registry.stopPrefetching();
    expect(await allocator.take(30)).toHaveLength(30);
    expect(
      drain({ allocator: { tryNext: () => (allocator.cached > 1 ? allocator.tryNext() : undefined) } }),
    ).toHaveLength(68);
    await clock.advance(10_000);
    expect(store.claims).toHaveLength(1);
  });

  it('stops with stopPrefetching; claims on demand go on', async () => {
    const { allocator, store, clock, registry } = await prefetching();
    registry.stopPrefetching();
    await store.grant();
    const cached = allocator.cached;
    expect(await allocator.take(cached)).toHaveLength(cached);
    await clock.advance(10_000);
    expect(store.claims).toHaveLength(2);
    const next = watch(allocator.next());
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
    const { registry, allocator, store, clock } = await running();
    registry.stopPrefetching();
    drain({ allocator });
    await clock.turn();
    expect(store.claims).toHaveLength(2);
    await store.grant();
    expect(allocator.tryNext()).toBe(11);
    await clock.advance(10_000);
    expect(store.claims).toHaveLength(2);
  });

  it('asks no longer when its claim is over', async () => {
    const { registry, allocator, store, clock } = await running();
    registry.stopPrefetching();
    drain({ allocator });
    await clock.turn();
    await store.grant();
    const abort = new AbortController();
    void allocator.take(20, { signal: abort.signal }).catch(() => {});
    await clock.turn();
    abort.abort();
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(60_000);
    expect(store.claims).toHaveLength(3);
  });
});

describe('Blocks', () => {
  it('of another epoch drop all ids cached before', async () => {
    const { allocator, store, clock } = await running();
    const many = watch(allocator.take(12));
    await clock.turn();
    store.epoch = 'epoch-2';
    store.last = 999;
    await store.grant();
    expect(many.state).toBe('pending');
    await store.grant();
    expect(many.value).toEqual(range(1_000, 1_011));
  });

  it('that lie at or below an id seen before are never handed out', async () => {
    const { allocator, store, clock } = await running();
    const many = watch(allocator.take(12));
    await clock.turn();
    await store.claimed.answer({ first: 10, last: 19, epoch: 'epoch-1' });
    expect(many.error).toMatchObject({ code: 'REGRESSED', sequence: 'orders', dropsCache: true });
    expect(many.error).toBeInstanceOf(SequenceIdentityError);
    expect(allocator.cached).toBe(0);
    const next = watch(allocator.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(11);
  });

  it('stay refused below the highest id even after the cache was dropped and the epoch changed', async () => {
    const { allocator, store, clock } = await running();
    allocator.drop();
    const next = watch(allocator.next());
    await clock.turn();
    await store.claimed.answer({ first: 1, last: 10, epoch: 'epoch-2' });
    expect(next.error).toMatchObject({ code: 'REGRESSED' });
  });

  it.each([
    ['fewer ids than asked', { first: 1, last: 9 }],
    ['more ids than asked', { first: 1, last: 11 }],
    ['a fraction', { first: 0.5, last: 9.5 }],
    ['text', { first: '1', last: '10' }],
    ['no number', { first: Number.NaN, last: Number.NaN }],
    ['ids beyond 2^53 - 1', { first: 2 ** 53 - 5, last: 2 ** 53 + 4 }],
    ['id 0', { first: 0, last: 9 }],
  ])('that have %s are never handed out', async (_, block) => {
    const { allocator, store, clock } = start();
    const next = watch(allocator.next());
    await clock.turn();
    await store.claimed.answer(block as { first: number; last: number });
    expect(next.error).toMatchObject({ retryable: false });
    expect(['CORRUPT', 'REGRESSED']).toContain((next.error as { code: string }).code);
    expect(allocator.cached).toBe(0);
  });

  it.each([undefined, null, 'none', {}])(
    'that are none at all (%p) are trouble, and asked again',
    async (answer) => {
      const { allocator, store, clock } = start();
      const next = watch(allocator.next());
      await clock.turn();
      await store.claimed.answer(answer as never);
      if (next.state === 'rejected') {
        expect(next.error).toMatchObject({ code: 'CORRUPT' });
      } else {
        await clock.advance(500);
        await store.grant();
        expect(next.value).toBe(1);
      }
    },
  );
});

describe('ensureAtLeast', () => {
  it('drops cached ids at or below it before its request is answered', async () => {
    const { allocator, store, clock } = await running();
    const ensured = watch(allocator.ensureAtLeast(6));
    expect(allocator.cached).toBe(4);
    expect(await allocator.next()).toBe(7);
    await clock.turn();
    expect(ensured.state).toBe('pending');
    await store.ensures[0]!.answer();
    expect(ensured.state).toBe('resolved');
    expect(await allocator.next()).toBe(8);
  });

  it('drops ids at or below it that arrive while it runs, and later', async () => {
    const { allocator, store, clock } = await running({ blockSize: 4 });
    const many = watch(allocator.take(8));
    await clock.turn();
    const ensured = allocator.ensureAtLeast(7);
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
    const { allocator, store, clock } = await running({ blockSize: 4 });
    const many = watch(allocator.take(4));
    await clock.turn();
    const ensured = watch(allocator.ensureAtLeast(100));
    await clock.turn();
    await store.ensures[0]!.answer();
    expect(ensured.state).toBe('resolved');
    await store.grant();
    expect(allocator.cached).toBe(0);
    await store.claimed.answer({ first: 101, last: 104, epoch: 'epoch-1' });
    expect(many.value).toEqual(range(101, 104));
  });

  it('holds back prefetches while it runs, so that none brings ids to be dropped', async () => {
    const { allocator, store, clock } = await running({ blockSize: { min: 100 } });
    const ensured = allocator.ensureAtLeast(0);
    expect(await allocator.take(30)).toEqual(range(2, 31));
    await clock.turn();
    expect(store.claims).toHaveLength(1);
    await store.ensures[0]!.answer();
    await ensured;
    await clock.turn();
    expect(store.claims).toHaveLength(2);
    expect(store.claimed.request.floor).toBeUndefined();
  });

  it('starves nobody who waits, however calls overlap: their claim raises the counter itself', async () => {
    const { allocator, store, clock } = start();
    void allocator.ensureAtLeast(100);
    void allocator.ensureAtLeast(50);
    const next = watch(allocator.next());
    await clock.turn();
    expect(store.claims.map(({ request }) => request.floor)).toEqual([100]);
    store.last = 100;
    await store.grant();
    expect(next.value).toBe(101);
    expect(store.mostInFlight).toBe(1);
  });

  it('starves nobody who polls tryNext either', async () => {
    const { allocator, store, clock } = start();
    void allocator.ensureAtLeast(100);
    expect(allocator.tryNext()).toBeUndefined();
    await clock.turn();
    store.last = 100;
    await store.grant();
    expect(allocator.tryNext()).toBe(101);
  });

  it('that overtakes such a claim makes the next one jump ahead of the calls to come', async () => {
    const { allocator, store, clock } = start();
    void allocator.ensureAtLeast(100);
    const next = watch(allocator.next());
    await clock.turn();
    void allocator.ensureAtLeast(150);
    store.last = 100;
    await store.grant();
    expect(next.state).toBe('pending');
    expect(store.claimed.request.floor).toBe(250);
    void allocator.ensureAtLeast(MAX_ENSURED);
    await store.grant();
    expect(store.claimed.request.floor).toBe(MAX_ENSURED);
    store.last = MAX_ENSURED;
    await store.grant();
    expect(next.value).toBe(MAX_ENSURED + 1);
  });

  it('of a far id makes no claim jump farther than 10,000 ids beyond it', async () => {
    const { allocator, store, clock } = start();
    void allocator.ensureAtLeast(100);
    void allocator.next();
    await clock.turn();
    void allocator.ensureAtLeast(1e15);
    store.last = 100;
    await store.grant();
    expect(store.claimed.request.floor).toBe(1e15 + 10_000);
  });

  it.each([
    [50, 100],
    [500, 500],
  ])('at first contact makes the claim lie above the floor of the hook, %i, too', async (floor, expected) => {
    const { allocator, store, clock } = start({ floor: () => floor });
    void allocator.ensureAtLeast(100);
    void allocator.next();
    await clock.turn();
    expect(store.claimed.request.floor).toBe(expected);
  });

  it('that failed lets claims pass again', async () => {
    const { allocator, store, clock } = await running();
    const ensured = watch(allocator.ensureAtLeast(1_000));
    await clock.turn();
    const verdict = failure('CORRUPT');
    await store.ensures[0]!.fail(verdict);
    expect(ensured.error).toBe(verdict);
    expect(allocator.cached).toBe(0);
    const next = watch(allocator.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(11);
  });

  it('that failed beside one that succeeded leaves the line where that one drew it', async () => {
    const { allocator, store, clock } = await running({ blockSize: 4 });
    const many = watch(allocator.take(5));
    await clock.turn();
    const [high, low] = [watch(allocator.ensureAtLeast(1_000)), watch(allocator.ensureAtLeast(5))];
    await clock.turn();
    await store.ensures[0]!.fail(failure('CORRUPT'));
    await store.ensures[1]!.answer();
    expect([high.state, low.state]).toEqual(['rejected', 'resolved']);
    await store.grant();
    expect(allocator.cached).toBe(3);
    await store.claimed.answer({ first: 9, last: 12, epoch: 'epoch-1' });
    expect(many.value).toEqual(range(6, 10));
  });

  it('has the next claim raise the counter, should it not stand there after all', async () => {
    const { allocator, store, clock } = await running();
    const ensured = allocator.ensureAtLeast(1_000);
    await clock.turn();
    await store.ensures[0]!.answer();
    await ensured;
    void allocator.next();
    await clock.turn();
    expect(store.claimed.request.floor).toBe(1_000);
    await store.claimed.answer({ first: 1_001, last: 1_010, epoch: 'epoch-1' });
    expect(await allocator.take(9)).toEqual(range(1_002, 1_010));
    void allocator.next();
    await clock.turn();
    expect(store.claimed.request.floor).toBeUndefined();
  });

  it('leaves no caller waiting for ever where all blocks that arrive lie below', async () => {
    const { allocator, store, clock } = await running({ timeout: 2_000 });
    const ensured = allocator.ensureAtLeast(1e9);
    await clock.turn();
    await store.ensures[0]!.answer();
    await ensured;
    const next = watch(allocator.next());
    for (let waited = 0; waited < 2_000; waited += 100) {
      await clock.advance(100);
      await store.grant();
    }
    expect(next.error).toMatchObject({ code: 'TIMEOUT' });
  });

  it('is repeated after trouble and ends at its time', async () => {
    const { allocator, store, clock } = start({ timeout: 2_000 });
    const ensured = watch(allocator.ensureAtLeast(5));
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
    const { allocator, store, clock } = await running();
    const ensured = watch(allocator.ensureAtLeast(0));
    await clock.turn();
    await store.ensures[0]!.fail(failure('IDENTITY_CHANGED'));
    expect(ensured.state).toBe('rejected');
    expect(allocator.cached).toBe(0);
  });

  it.each<[string, 'UNAVAILABLE' | 'hang', boolean, boolean]>([
    ['every attempt failed without a trace', 'UNAVAILABLE', false, false],
    ['an attempt may have been applied', 'UNAVAILABLE', true, true],
    ['an attempt is under way', 'hang', false, true],
  ])('that timed out may have taken effect only where %s', async (_, outcome, applied, ambiguous) => {
    const { allocator, store, clock } = start({ timeout: 900 });
    const ensured = watch(allocator.ensureAtLeast(5, { timeout: 400 }));
    await clock.turn();
    if (outcome !== 'hang') await store.ensures[0]!.fail(failure(outcome, { ambiguous: applied }));
    await clock.advance(400);
    expect(ensured.error).toMatchObject({ code: 'TIMEOUT', ambiguous });
  });

  it('is not meant by a look that timed out: that never has an effect', async () => {
    const { registry, store, clock } = start();
    jest.spyOn(store, 'inspect').mockRejectedValue(failure('UNAVAILABLE', { ambiguous: true }));
    const looked = watch(registry.get('orders').inspect({ timeout: 400 }));
    await clock.advance(400);
    expect(looked.error).toMatchObject({ code: 'TIMEOUT', ambiguous: false });
  });

  it('that timed out while it asked the floor hook took no effect', async () => {
    const { allocator, clock } = start({ floor: () => new Promise(() => {}) });
    const ensured = watch(allocator.ensureAtLeast(5, { timeout: 400 }));
    await clock.advance(400);
    expect(ensured.error).toMatchObject({ code: 'TIMEOUT', ambiguous: false });
  });

  it('with a bad argument or an aborted signal drops nothing', async () => {
    const { allocator, registry } = await running();
    await expect(allocator.ensureAtLeast(9, { timeout: 0 })).rejects.toThrow(RangeError);
    await expect(
      allocator.ensureAtLeast(9, { signal: AbortSignal.abort(new Error('over')) }),
    ).rejects.toThrow('over');
    await expect(registry.get('orders').ensureAtLeast(-1)).rejects.toThrow(RangeError);
    expect(allocator.cached).toBe(9);
  });
});

describe('fence', () => {
  it('drops the cached ids of the process that calls it', async () => {
    const { registry, allocator, store, clock } = await running();
    const fenced = registry.get('orders').fence({ jump: 100, above: 50 });
    await clock.turn();
    expect(store.fences[0]!.request).toMatchObject({ jump: 100, above: 50 });
    store.last = 200;
    await store.fences[0]!.answer({ last: 200, epoch: 'epoch-2' });
    expect(await fenced).toMatchObject({ last: 200, epoch: 'epoch-2', cached: 0 });
    store.epoch = 'epoch-2';
    const next = watch(allocator.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(201);
  });

  it('that fails with a verdict on identity drops the cached ids too', async () => {
    const { registry, allocator, store, clock } = await running();
    const fenced = watch(registry.get('orders').fence());
    await clock.turn();
    await store.fences[0]!.fail(failure('UNAVAILABLE'));
    expect(allocator.cached).toBe(9);
    await clock.advance(1_000);
    await store.fences[1]!.fail(failure('REGRESSED'));
    expect(fenced.error).toMatchObject({ code: 'REGRESSED' });
    expect(allocator.cached).toBe(0);
  });

  it('keeps its epoch over repeated attempts, so that it finds its own work done', async () => {
    const { registry, store, clock } = await running();
    const fenced = registry.get('orders').fence();
    await clock.turn();
    await store.fences[0]!.fail(failure('UNAVAILABLE', { ambiguous: true }));
    await clock.advance(1_000);
    expect(store.fences).toHaveLength(2);
    expect(store.fences[1]!.request.epoch).toBe(store.fences[0]!.request.epoch);
    await store.fences[1]!.answer({ last: 1e9, epoch: 'epoch-2' });
    await fenced;
  });
});

describe('maxWaiters', () => {
  it('refuses the caller beyond it and harms nobody in line', async () => {
    const { allocator, store, clock } = start({ maxWaiters: 3 });
    const calls = range(1, 4).map(() => watch(allocator.next()));
    await clock.turn();
    expect(calls[3]!.error).toMatchObject({ code: 'TOO_MANY_WAITERS', sequence: 'orders', retryable: true });
    await store.grant();
    expect(calls.slice(0, 3).map(({ value }) => value)).toEqual([1, 2, 3]);
    expect(await allocator.next()).toBe(4);
  });

  it('bounds the calls that draw no ids, those included whose callers have left', async () => {
    const { registry, allocator, store, clock } = await running({ maxWaiters: 3 });
    const sequence = registry.get('orders');
    const abort = new AbortController();
    const left = watch(sequence.ensureAtLeast(0, { signal: abort.signal }));
    const kept = watch(sequence.ensureAtLeast(0));
    void sequence.fence().catch(() => {});
    await clock.turn();
    abort.abort();
    await clock.turn();
    expect(left.state).toBe('rejected');
    const tooMany = { code: 'TOO_MANY_WAITERS', sequence: 'orders', retryable: true };
    await expect(sequence.ensureAtLeast(9)).rejects.toMatchObject(tooMany);
    await expect(sequence.fence()).rejects.toMatchObject(tooMany);
    await expect(sequence.inspect()).rejects.toMatchObject(tooMany);
    expect(allocator.cached).toBe(9);
    await store.ensures[0]!.answer();
    expect(await sequence.inspect()).toMatchObject({ last: 10 });
    expect([store.ensures.length, store.fences.length, kept.state]).toEqual([2, 1, 'pending']);
  });
});

describe('close', () => {
  it('serves those who wait within its grace, and refuses new calls at once', async () => {
    const { registry, allocator, store, clock } = start({ closeTimeout: 2_000 });
    const waiting = watch(allocator.next());
    await clock.turn();
    const closed = watch(registry.close());
    await clock.advance(1_999);
    for (const call of [
      () => allocator.next(),
      () => allocator.take(1),
      async () => allocator.tryNext(),
      () => allocator.ensureAtLeast(1),
      () => registry.get('orders').next(),
      async () => registry.get('shipments'),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'CLOSED', retryable: false });
    }
    expect(closed.state).toBe('pending');
    await store.grant();
    expect(waiting.value).toBe(1);
    expect(closed.state).toBe('resolved');
    expect(store.closed).toBe(1);
    expect(() => allocator.tryNext()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(allocator.cached).toBe(0);
  });

  it('rejects whoever waits longer; a block that arrives later is nobody’s', async () => {
    const { registry, allocator, store, clock } = start({ closeTimeout: 2_000, timeout: 60_000 });
    const waiting = [watch(allocator.next()), watch(allocator.next())];
    await clock.turn();
    const closed = watch(registry.close());
    await clock.advance(2_000);
    expect(waiting.map(({ error }) => error)).toEqual([
      expect.objectContaining({ code: 'CLOSED' }),
      expect.objectContaining({ code: 'CLOSED' }),
    ]);
    expect(closed.state).toBe('resolved');
    expect(store.claimed.request.signal.aborted).toBe(true);
    await store.grant();
    await clock.advance(60_000);
    expect(allocator.cached).toBe(0);
    expect(store.claims).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('ends a pause between attempts', async () => {
    const { registry, allocator, store, clock } = start({ closeTimeout: 0 });
    const waiting = watch(allocator.next());
    await clock.turn();
    await store.claimed.fail(failure('UNAVAILABLE'));
    const closed = watch(registry.close());
    await clock.advance(0);
    expect(closed.state).toBe('resolved');
    expect(waiting.error).toMatchObject({ code: 'CLOSED' });
    await clock.advance(60_000);
    expect(store.claims).toHaveLength(1);
  });

  it('waits for what is under way besides draws, and says that the rest may have taken effect', async () => {
    const { registry, store, clock } = start({ closeTimeout: 2_000, timeout: 60_000 });
    const sequence = registry.get('orders');
    const [fenced, ensured] = [watch(sequence.fence()), watch(sequence.ensureAtLeast(5))];
    await clock.turn();
    const closed = watch(registry.close());
    await clock.advance(1_999);
    await store.fences[0]!.answer({ last: 1e9, epoch: 'epoch-2' });
    expect([fenced.state, ensured.state, closed.state]).toEqual(['resolved', 'pending', 'pending']);
    await clock.advance(1);
    expect(ensured.error).toMatchObject({ code: 'CLOSED', ambiguous: true });
    expect(closed.state).toBe('resolved');
  });

  it('refuses looks and fences as well', async () => {
    const { registry } = await running();
    const sequence = registry.get('orders');
    const closed = registry.close();
    await expect(sequence.inspect()).rejects.toMatchObject({ code: 'CLOSED', ambiguous: false });
    await expect(sequence.fence()).rejects.toMatchObject({ code: 'CLOSED', ambiguous: false });
    await closed;
  });

  it('is over as soon as nothing is under way any more', async () => {
    const { registry, store, clock } = start({ closeTimeout: 2_000 });
    const ensured = watch(registry.get('orders').ensureAtLeast(5));
    await clock.turn();
    const closed = watch(registry.close());
    await store.ensures[0]!.answer();
    expect([ensured.state, closed.state]).toEqual(['resolved', 'resolved']);
    expect(clock.pending).toBe(0);
  });

  it('a second time is harmless and closes the store no second time', async () => {
    const { registry, allocator, store, clock } = await running();
    const closed = [registry.close(), registry.close()];
    await clock.advance(2_000);
    await Promise.all(closed);
    await registry.close();
    await allocator.close(0);
    expect(store.closed).toBe(1);
  });

  it('never hands out what is still cached, nor gives it back', async () => {
    const { registry, allocator, store, clock } = await running();
    const closed = registry.close();
    await clock.turn();
    await closed;
    expect(() => allocator.tryNext()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    await expect(allocator.next()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(store.claims).toHaveLength(1);
    expect(store.ensures).toHaveLength(0);
    expect(store.last).toBe(10);
  });

  it('serves waiters that only wait for their macrotask', async () => {
    const { registry, allocator, clock } = await running({ blockSize: 100_000 });
    for (let drawn = 0; drawn < 10_000; drawn++) await allocator.next();
    const breathing = watch(allocator.next());
    const closed = watch(registry.close());
    await clock.turn();
    expect(breathing.value).toBe(10_002);
    expect(closed.state).toBe('resolved');
  });
});

describe('open', () => {
  it('ends with its time-out as UNAVAILABLE, whatever the store makes of the abort', async () => {
    for (const onAbort of [() => {}, (reject: (error: Error) => void) => reject(new Error('aborted'))]) {
      const { registry, store, clock } = start({ timeout: 300 });
      store.open = (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => onAbort(reject));
        });
      const opened = watch(registry.open());
      await clock.advance(299);
      expect(opened.state).toBe('pending');
      await clock.advance(1);
      expect(opened.error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    }
  });

  it('that ends early leaves no timer behind', async () => {
    const { registry, store, clock } = start();
    await registry.open();
    store.open = () => Promise.resolve();
    await registry.open();
    store.open = () => Promise.reject(failure('FORBIDDEN'));
    await expect(registry.open()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(clock.pending).toBe(0);
  });
});

describe('startAnew', () => {
  it('runs when all calls before have settled; those after it wait and find a new counter', async () => {
    const { allocator, store, clock } = await running();
    const before = watch(allocator.take(15));
    let finish = () => {};
    let begun = false;
    const anew = watch(
      allocator.startAnew(() => {
        begun = true;
        return new Promise<void>((resolve) => (finish = resolve));
      }),
    );
    const after = watch(allocator.next());
    await clock.turn();
    expect(begun).toBe(false);
    expect(allocator.tryNext()).toBeUndefined();
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

  it('that fails leaves the counter as it was', async () => {
    const { allocator } = await running();
    await expect(allocator.startAnew(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await allocator.next()).toBe(2);
  });

  it('gives ensureAtLeast its turn between two of them, in the order of the calls', async () => {
    const { allocator, store, clock } = await running();
    const finish: (() => void)[] = [];
    const anew = () => allocator.startAnew(() => new Promise<void>((resolve) => finish.push(resolve)));
    const first = anew();
    const ensured = watch(allocator.ensureAtLeast(1_000));
    const second = anew();
    const next = watch(allocator.next());
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
    const { registry, allocator, store, clock } = await running();
    registry.core('shipments');
    const broken = watch(
      registry.startAnew(() => {
        throw new Error('no reset');
      }),
    );
    await clock.turn();
    expect(broken.error).toEqual(new Error('no reset'));
    const next = watch(allocator.next());
    void allocator.ensureAtLeast(5);
    await clock.turn();
    expect(next.value).toBe(2);
    expect(store.ensures).toHaveLength(1);
  });

  it('forgets what a call under way ensures', async () => {
    const { allocator, store, clock } = await running();
    void allocator.ensureAtLeast(1_000);
    const anew = watch(allocator.startAnew(async () => {}));
    await clock.turn();
    await store.ensures[0]!.answer();
    expect(anew.state).toBe('resolved');
    void allocator.next();
    await clock.turn();
    expect(store.claimed.request.floor).toBeUndefined();
  });

  it('waits for a fence under way', async () => {
    const { registry, allocator, store, clock } = await running();
    void registry.get('orders').fence();
    await clock.turn();
    let begun = false;
    const over = watch(allocator.startAnew(async () => void (begun = true)));
    await clock.turn();
    expect(begun).toBe(false);
    await store.fences[0]!.answer({ last: 1e9, epoch: 'epoch-2' });
    expect(over.state).toBe('resolved');
  });

  it('waits for a claim in flight and for ensureAtLeast', async () => {
    const { allocator, store, clock } = await prefetching();
    const ensured = allocator.ensureAtLeast(0);
    const anew = watch(allocator.startAnew(async () => {}));
    await clock.turn();
    await store.claimed.fail(failure('CORRUPT'));
    expect(anew.state).toBe('pending');
    await store.ensures[0]!.answer();
    await ensured;
    await clock.turn();
    expect(anew.state).toBe('resolved');
    expect(allocator.cached).toBe(0);
  });
});

describe('A fixed block size', () => {
  it('is exact: the next block is claimed when the present one is empty, and not before', async () => {
    const { allocator, store, clock } = await running({ blockSize: 10 });
    for (let id = 2; id <= 10; id++) {
      expect(await allocator.next()).toBe(id);
      await clock.advance(1);
    }
    expect(store.claims).toHaveLength(1);
    const next = watch(allocator.next());
    await clock.turn();
    expect(store.claims.map(({ request }) => request.count)).toEqual([10, 10]);
    await store.grant();
    expect(next.value).toBe(11);
    // A process that ends now skips 12 to 20: fewer than 10.
    expect(store.last - 11).toBe(9);
  });

  it('given later counts from the next claim on', async () => {
    const { registry, allocator, store, clock } = await running({ blockSize: 10 });
    registry.get('orders', undefined, 25);
    expect(await allocator.take(9)).toEqual(range(2, 10));
    void allocator.next();
    await clock.turn();
    expect(store.claimed.request.count).toBe(25);
  });

  it('neither shrinks after lost answers nor grows after lost races', async () => {
    const { store, clock, allocator } = start({ blockSize: 10, timeout: 60_000 });
    void allocator.next().catch(() => {});
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
    const { allocator, store, clock } = start({ blockSize: { min: 1 } });
    store.instantly = true;
    for (let id = 1; id <= 50; id++) {
      const next = watch(allocator.next());
      await clock.turn();
      expect(next.value).toBe(id);
      await clock.advance(60_000);
    }
    expect(store.last).toBe(50);
    expect(store.claims).toHaveLength(50);
    expect(allocator.cached).toBe(0);
  });

  it('covers reserveTime of demand, with room for the next look, and shrinks with it', async () => {
    const { allocator, store, clock } = start({ blockSize: { min: 10 }, reserveTime: 5_000 });
    store.instantly = true;
    const draw = async (perSecond: number, seconds: number) => {
      let least = Infinity;
      for (let step = 0; step < seconds * 10; step++) {
        const ids = watch(allocator.take(perSecond / 10));
        await clock.advance(100);
        expect(ids.state).toBe('resolved');
        if (step > 50) least = Math.min(least, allocator.cached);
      }
      return least;
    };
    expect(await draw(1_000, 20)).toBeGreaterThanOrEqual(4_500);
    expect(allocator.cached).toBeLessThanOrEqual(12_000);
    expect(store.claimed.request.count).toBeGreaterThanOrEqual(4_500);
    allocator.drop();
    await clock.advance(60_000);
    await draw(10, 60);
    expect(store.claimed.request.count).toBeLessThanOrEqual(120);
  });

  it('asks for half after each lost answer, not below the callers that wait, nor below min', async () => {
    const { allocator, store, clock } = await prefetching({ timeout: 60_000 });
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
    const cached = await allocator.take(allocator.cached);
    const callers = range(1, 120).map(() => watch(allocator.next()));
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
    const { allocator, store, clock } = start({ blockSize: { min: 1 }, timeout: 60_000 });
    const callers = range(1, 50).map(() => watch(allocator.next()));
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
    allocator.drop();
    await clock.advance(600_000);
    void allocator.take(5);
    await clock.turn();
    expect(store.claimed.request.count).toBe(5);
  });

  it('never caches more than maxWaste, but serves who needs more', async () => {
    const { allocator, store, clock } = start({ blockSize: { min: 10 }, maxWaste: 64 });
    store.instantly = true;
    for (let step = 0; step < 100; step++) {
      const ids = watch(allocator.take(50));
      await clock.advance(100);
      expect(ids.state).toBe('resolved');
      expect(allocator.cached).toBeLessThanOrEqual(64);
    }
    const many = watch(allocator.take(1_000));
    await clock.turn();
    expect(many.value).toHaveLength(1_000);
    expect(allocator.cached).toBeLessThanOrEqual(64);
  });

  it('is at most max, a million by default, and a million ids are two numbers of memory', async () => {
    const { allocator, store, clock } = start({ blockSize: {} });
    store.instantly = true;
    for (let step = 0; step < 30; step++) {
      const ids = watch(allocator.take(1_000_000));
      await clock.advance(100);
      expect(ids.state).toBe('resolved');
    }
    expect(Math.max(...store.claims.map(({ request }) => request.count))).toBe(1_000_000);
  });
});

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

  it('after a lost race pause at most 2 s, with full jitter', async () => {
    for (const [random, expected] of [
      [0, [0, 0, 0, 0, 0, 0]],
      [0.999999, [25, 37, 56, 84, 127, 190, 285, 427, 641, 961, 1_442, 2_000, 2_000]],
    ] as const) {
      const { allocator, store, clock } = start({ timeout: 2 ** 31 - 1 });
      clock.fixedRandom = random;
      void allocator.next();
      await clock.turn();
      const found = await delays(async (until) => {
        for (const _ of expected) {
          await store.claimed.fail(failure('CONFLICT'));
          await clock.advance(until.at(-1)!);
        }
      });
      expect(found.map(Math.round)).toEqual(expected);
      expect(store.claims).toHaveLength(expected.length + 1);
    }
  });

  it('after a lost race pause longer the longer an attempt takes, a crowd keeps the store busy enough', async () => {
    const { allocator, store, clock } = start({ timeout: 2 ** 31 - 1 });
    clock.fixedRandom = 0.999999;
    void allocator.next();
    await clock.turn();
    const found = await delays(async (until) => {
      for (const took of [10, 10, 50, 100]) {
        await clock.advance(took);
        await store.claimed.fail(failure('CONFLICT'));
        await clock.advance(until.at(-1)!);
      }
    });
    expect(found.map(Math.round)).toEqual([60, 90, 300, 600]);
  });

  it('after a lost race pause shorter the less time the caller has left', async () => {
    const { allocator, store, clock } = start({ timeout: 10_000 });
    clock.fixedRandom = 0.999999;
    const next = watch(allocator.next());
    await clock.turn();
    const found = await delays(async () => {
      while (next.state === 'pending') {
        await clock.advance(500);
        await store.claimed.fail(failure('CONFLICT'));
        await clock.advance(1_000);
      }
    });
    expect(next.error).toMatchObject({ code: 'TIMEOUT' });
    expect(found.length).toBeGreaterThan(5);
    expect(found).toEqual(found.toSorted((one, other) => other - one));
    expect(found.at(-1)).toBeLessThan(100);
  });

  it('pause after a success too while others contend for the counter, or who won once would win again', async () => {
    const { allocator, store, clock } = start({ blockSize: 1 });
    clock.fixedRandom = 0.999999;
    const draw = async () => {
      const begun = clock.now();
      const next = watch(allocator.next());
      const sent = store.claims.length;
      while (store.claims.length === sent && clock.now() < begun + 10_000) await clock.advance(1);
      const waited = clock.now() - begun;
      return { next, waited };
    };
    void allocator.next();
    await clock.turn();
    await clock.advance(100);
    await store.claimed.fail(failure('CONFLICT'));
    await clock.advance(600);
    await store.grant();
    // A success narrows the window of 600 ms to 488.
    const contended = await draw();
    expect(contended.waited).toBeGreaterThan(450);
    expect(contended.waited).toBeLessThan(500);
    await store.grant();
    expect(contended.next.state).toBe('resolved');
    await clock.advance(10_000);
    const late = watch(allocator.next());
    await clock.turn();
    await store.grant();
    expect(late.state).toBe('resolved');
    const forgotten = watch(allocator.next());
    await clock.turn();
    await store.grant();
    expect(forgotten.state).toBe('resolved');
  });

  it('pause after a success at most a quarter of what the caller has left, by its own timeout', async () => {
    const { allocator, store, clock } = start({ blockSize: 1 });
    clock.fixedRandom = 0.999999;
    void allocator.next();
    await clock.advance(100);
    await store.claimed.fail(failure('CONFLICT'));
    await clock.advance(600);
    await store.grant();
    const next = watch(allocator.next({ timeout: 200 }));
    await clock.advance(49);
    expect(store.claims).toHaveLength(2);
    await clock.advance(1);
    expect(store.claims).toHaveLength(3);
    await store.grant();
    expect(next.state).toBe('resolved');
  });

  it('keep the distance after a failure although the caller has little time', async () => {
    const { allocator, store, clock } = await running();
    allocator.drop();
    void allocator.next({ timeout: 600 }).catch(() => {});
    await clock.turn();
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(499);
    expect(store.claims).toHaveLength(2);
    await clock.advance(1);
    expect(store.claims).toHaveLength(3);
  });

  it('after no answer pause 500 ms to 5 s, with jitter', async () => {
    for (const [random, expected] of [
      [0, [500, 500, 500, 500, 500, 500, 500, 500, 500, 500]],
      [0.999999, [500, 500, 500, 500, 500, 800, 1_600, 3_200, 5_000, 5_000]],
    ] as const) {
      const { allocator, store, clock } = start({ timeout: 600_000 });
      clock.fixedRandom = random;
      void allocator.next();
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
    const { allocator, store, clock } = start({ timeout: 12_000 });
    clock.fixedRandom = 0.999999;
    const next = watch(allocator.next());
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
    const { allocator, store, clock } = start({ timeout: 60_000 });
    clock.fixedRandom = 0;
    void allocator.next();
    await clock.turn();
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(500);
    await store.grant();
    allocator.drop();
    void allocator.next();
    await clock.turn();
    await store.claimed.fail(failure('CONFLICT'));
    await clock.turn();
    expect(store.claims).toHaveLength(4);
  });

  it('after a failure are at most two a second, whoever calls, until the first success', async () => {
    const { allocator, store, clock } = start({ timeout: 300 });
    store.epoch = 'epoch-1';
    const sent = () => store.claims.map(({ at }) => at);
    for (let call = 0; call < 100; call++) {
      void allocator.next().catch(() => {});
      await clock.turn();
      await store.claimed.fail(failure('UNAVAILABLE'));
      await clock.advance(100);
    }
    expect(sent().length).toBeLessThanOrEqual(21);
    for (const [index, at] of sent().slice(1).entries()) {
      expect(at - sent()[index]!).toBeGreaterThanOrEqual(500);
    }
    await clock.advance(10_000);
    const served = watch(allocator.next());
    await clock.turn();
    await store.grant();
    expect(served.state).toBe('resolved');
    allocator.drop();
    const attempts = store.claims.length;
    void allocator.next().catch(() => {});
    await clock.turn();
    expect(store.claims).toHaveLength(attempts + 1);
  });

  it('pause and take their time as if nobody had looked', async () => {
    const sent: number[][] = [];
    for (const looks of [false, true]) {
      const { registry, store, clock } = start({ timeout: 60_000 });
      clock.fixedRandom = 0.9;
      const sequence = registry.get('orders');
      void sequence.next().catch(() => {});
      for (let waited = 0; waited < 30_000; waited += 100) {
        if (looks) void sequence.inspect();
        await clock.advance(100);
        for (const claim of store.claims) await claim.fail(failure('UNAVAILABLE'));
      }
      sent.push(store.claims.map(({ at }) => at));
    }
    expect(sent[1]).toEqual(sent[0]);
  });

  it('that only look pause and take their time by what became of looks', async () => {
    const { registry, store, clock } = start({ timeout: 5_000 });
    const sequence = registry.get('orders');
    const inspect = jest.spyOn(store, 'inspect').mockRejectedValueOnce(failure('UNAVAILABLE'));
    await Promise.all([sequence.inspect(), clock.advance(1_000)]);
    await sequence.inspect();
    inspect.mockReturnValueOnce(new Promise(() => {}));
    const looked = watch(sequence.inspect());
    await clock.advance(2_500 + 600);
    expect(looked.state).toBe('resolved');
  });

  it('keep the distance after a failure also when the next one is a lost race', async () => {
    const { allocator, store, clock } = start({ timeout: 60_000 });
    clock.fixedRandom = 0;
    void allocator.next();
    await clock.turn();
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(500);
    await store.claimed.fail(failure('CONFLICT'));
    await clock.advance(499);
    expect(store.claims).toHaveLength(2);
    await clock.advance(1);
    expect(store.claims).toHaveLength(3);
  });

  it('get half of the timeout at first, all of it after silence', async () => {
    const { allocator, store, clock } = start({ timeout: 5_000 });
    clock.fixedRandom = 0;
    void allocator.next().catch(() => {});
    await clock.advance(2_499);
    expect(store.claims[0]!.request.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(store.claims[0]!.request.signal.aborted).toBe(true);
    await clock.advance(500);
    expect(store.claims).toHaveLength(2);
    void allocator.next().catch(() => {});
    await clock.advance(4_999);
    expect(store.claims[1]!.request.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(store.claims[1]!.request.signal.aborted).toBe(true);
  });

  it('get twice what the last one took, at most all of the timeout: a store that is always slow is no silent one', async () => {
    const { allocator, store, clock } = start({ blockSize: 1, timeout: 5_000 });
    clock.fixedRandom = 0;
    const first = watch(allocator.next());
    await clock.advance(2_000);
    await store.grant();
    expect(first.value).toBe(1);
    for (let call = 0; call < 3; call++) {
      const next = watch(allocator.next());
      await clock.advance(3_000);
      await store.grant();
      expect(next.state).toBe('resolved');
    }
    expect(store.claims).toHaveLength(4);
    allocator.drop();
    void allocator.next({ timeout: 60_000 });
    await clock.advance(4_999);
    expect(store.claimed.request.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(store.claims[4]!.request.signal.aborted).toBe(true);
  });

  it('that were given up never contribute a block', async () => {
    const { allocator, store, clock } = start({ timeout: 5_000 });
    const next = watch(allocator.next());
    await clock.advance(3_000);
    expect(store.claims).toHaveLength(2);
    await store.claims[0]!.answer({ first: 1, last: 10, epoch: 'epoch-1' });
    expect(next.state).toBe('pending');
    await store.claims[1]!.answer({ first: 11, last: 20, epoch: 'epoch-1' });
    expect(next.value).toBe(11);
    expect(drain({ allocator })).toEqual(range(12, 20));
  });

  it('that throw what is no SequenceError are trouble, and ambiguous', async () => {
    const { allocator, store, clock } = start();
    const next = watch(allocator.next());
    await clock.turn();
    await store.claimed.fail('not even an Error');
    await clock.advance(500);
    await store.grant();
    expect(next.value).toBe(1);
  });

  it('are no longer made when nobody wants ids any more', async () => {
    const { allocator, store, clock } = start();
    const abort = new AbortController();
    void allocator.next({ signal: abort.signal }).catch(() => {});
    await clock.turn();
    abort.abort();
    allocator.stopPrefetching();
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(60_000);
    expect(store.claims).toHaveLength(1);
  });
});

describe('The floor hook', () => {
  const floors = async (floor: SequenceModuleOptions['floor']) => {
    const process = start({ floor });
    const next = watch(process.allocator.next());
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
    const { store, clock, allocator, next } = await floors((name) => asked.push(name));
    await store.claimed.fail(failure('UNAVAILABLE'));
    await clock.advance(500);
    await store.grant();
    expect(next.state).toBe('resolved');
    void allocator.take(10);
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
    const { allocator, store, clock } = start({
      floor: () => new Promise((resolve) => void clock.after(2_000, () => resolve(5))),
    });
    void allocator.next().catch(() => {});
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
      const { allocator, store, clock } = start({
        floor: () => {
          asked++;
          return new Promise((resolve) => void clock.after(hookTakes, () => resolve(5)));
        },
      });
      const next = watch(allocator.next());
      await clock.advance(hookTakes);
      await clock.advance(storeTakes);
      await store.grant();
      expect([next.state, asked, store.claims.length]).toEqual(['resolved', 1, 1]);
    }
  });
});

describe('The diagnostics channels', () => {
  it('tell of claims, retries, verdicts and stalls, and nothing per id', async () => {
    const messages: [string, unknown][] = [];
    const channels = ['claim', 'retry', 'verdict', 'stall'].map((kind) => {
      const listen = (message: unknown) => void messages.push([kind, message]);
      subscribe(`nestjs-essequence:${kind}`, listen);
      return () => unsubscribe(`nestjs-essequence:${kind}`, listen);
    });
    const { allocator, store, clock } = start();
    const first = [allocator.next(), allocator.next()];
    await clock.turn();
    const trouble = failure('UNAVAILABLE');
    await store.claimed.fail(trouble);
    await clock.advance(500);
    await clock.advance(20);
    await store.grant();
    await Promise.all(first);
    drain({ allocator });
    await clock.turn();
    const verdict = failure('CORRUPT');
    await store.claimed.fail(verdict);
    for (const stop of channels) stop();
    expect(messages).toEqual([
      ['retry', { sequence: 'orders', error: trouble, delay: 500 } satisfies RetryMessage],
      ['claim', { sequence: 'orders', first: 1, last: 10, took: 520 } satisfies ClaimMessage],
      ['stall', { sequence: 'orders', waiting: 2, waited: 520 } satisfies StallMessage],
      ['verdict', { sequence: 'orders', error: verdict } satisfies VerdictMessage],
    ]);
  });
});
