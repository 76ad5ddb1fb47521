import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemorySequenceStore, type Sequence, type SequenceError } from '../../lib/index.js';
import { afterWaiting } from '../../lib/common/clock.js';
import { SequenceRegistry } from '../../lib/core/sequence-registry.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';
import type { Block, ClaimRequest } from '../../lib/store/sequence-store.js';
import { running, start } from '../support/scripted-process.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { range, watch } from '../support/watched.js';

describe('Beside ensureAtLeast calls that overlap without end', () => {
  /** Every 10 ms one more call raises the counter by 10, and the store answers everything after 10 ms. */
  async function besideEnsures(raiseBy: number, act: (process: Awaited<ReturnType<typeof running>>) => void) {
    const process = await running({ timeout: 2_000 });
    const { orders, store, clock } = process;
    act(process);
    let ensured = 10;
    for (let step = 0; step < 300; step++) {
      const claims = store.claims.length;
      const ensures = store.ensures.length;
      ensured = Math.max(ensured, store.last) + raiseBy;
      orders.ensureAtLeast(ensured).catch(() => {});
      await clock.advance(10);
      for (const ensure of store.ensures.slice(0, ensures)) {
        store.last = Math.max(store.last, ensure.request.id);
        await ensure.answer();
      }
      const claim = store.claims[claims - 1];
      if (claim === undefined) continue;
      store.last = Math.max(store.last, claim.request.floor ?? 0);
      await claim.answer(store.next(claim.request.count));
    }
  }

  it('a take of many ids is served, and a caller behind it', async () => {
    let many = watch(Promise.resolve([0]));
    let behind = watch(Promise.resolve(0));
    await besideEnsures(10, ({ orders }) => {
      many = watch(orders.take(1_000));
      behind = watch(orders.next());
    });
    expect(many.value).toHaveLength(1_000);
    expect(behind.state).toBe('resolved');
  });

  it('those who cannot be served, because each call outruns every claim, time out', async () => {
    let many = watch(Promise.resolve([0]));
    let behind = watch(Promise.resolve(0));
    await besideEnsures(1e6, ({ orders }) => {
      many = watch(orders.take(1_000));
      behind = watch(orders.next());
    });
    expect(many.error).toMatchObject({ code: 'TIMEOUT' });
    expect(behind.error).toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('What limits an attempt', () => {
  it('is silence: a store that answers four requests in a row, each in time, is not given up', async () => {
    const { orders, store, clock } = start({ timeout: 2_000 });
    const next = watch(orders.next({ timeout: 10_000 }));
    await clock.turn();
    const { progress, signal } = store.claimed.request;
    for (let request = 0; request < 4; request++) {
      progress!.sent();
      await clock.advance(800);
      progress!.answered();
    }
    expect(signal.aborted).toBe(false);
    await store.grant();
    expect(next.value).toBe(1);
    expect(store.claims).toHaveLength(1);
  });

  it('does not run while the attempt waits in a queue of the store', async () => {
    const { orders, store, clock } = start({ timeout: 2_000 });
    const next = watch(orders.next({ timeout: 60_000 }));
    await clock.turn();
    const { progress, signal } = store.claimed.request;
    progress!.queued();
    await clock.advance(30_000);
    expect(signal.aborted).toBe(false);
    progress!.sent();
    await clock.advance(999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.aborted).toBe(true);
    expect(next.state).toBe('pending');
  });

  it('grows to twice the slowest answer of the last minute, and falls back when answers are prompt again', async () => {
    const { orders, store, clock } = start({ blockSize: 1, timeout: 2_000 });
    const limit = async () => {
      orders.drop();
      void orders.next({ timeout: 600_000 }).catch(() => {});
      await clock.turn();
      const { signal } = store.claimed.request;
      const sent = clock.now();
      while (!signal.aborted) await clock.advance(10);
      const took = clock.now() - sent;
      while (store.claimed.request.signal === signal) await clock.advance(10);
      await store.grant();
      return took;
    };
    expect(await limit()).toBe(1_000);
    const slow = watch(orders.next({ timeout: 600_000 }));
    await clock.turn();
    await clock.advance(900);
    await store.grant();
    expect(slow.state).toBe('resolved');
    expect(await limit()).toBe(1_800);
    await clock.advance(60_001);
    expect(await limit()).toBe(1_000);
  });
});

describe('A claim whose callers have left', () => {
  it('is not thrown away with them: its block is for those who call next', async () => {
    const { orders, store, clock } = start({ timeout: 2_000 });
    const impatient = watch(orders.next({ timeout: 500 }));
    await clock.advance(600);
    expect(impatient.error).toMatchObject({ code: 'TIMEOUT' });
    await store.grant();
    expect(store.claims).toHaveLength(1);
    expect(await orders.take(10)).toEqual(range(1, 10));
  });

  it('that was given up contributes no id, but its answer tells that the store is slow', async () => {
    const { orders, store, clock } = start({ blockSize: 1, timeout: 2_000 });
    const next = watch(orders.next({ timeout: 60_000 }));
    await clock.turn();
    const [first] = store.claims;
    first!.request.progress!.sent();
    await clock.advance(1_000);
    expect(first!.request.signal.aborted).toBe(true);
    expect(first!.request.progress!.staysOpen(() => {})).toBe(true);
    await clock.advance(500);
    const second = store.claimed;
    second.request.progress!.sent();
    await clock.advance(1_500);
    first!.request.progress!.answered();
    await first!.answer(store.next(1));
    expect(next.state).toBe('pending');
    await clock.advance(4_000);
    expect(second.request.signal.aborted).toBe(false);
    await store.grant();
    expect(next.value).toBe(2);
  });

  it('leaves at most one request open for a sequence', async () => {
    const { orders, store, clock } = start({ blockSize: 1, timeout: 2_000 });
    void orders.next({ timeout: 60_000 }).catch(() => {});
    await clock.turn();
    const open: boolean[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const { request } = store.claimed;
      request.progress!.sent();
      while (!request.signal.aborted) await clock.advance(100);
      open.push(request.progress!.staysOpen(() => {}));
      while (store.claimed.request === request) await clock.advance(100);
    }
    expect(open).toEqual([true, false, false]);
    await clock.advance(60_000);
    const { request } = store.claims[2]!;
    expect(request.progress!.staysOpen(() => {})).toBe(true);
  });

  it.each([
    ['a fence of this process', (process: Running) => process.orders.fence(), 'fences'],
    [
      'ensureAtLeast that found another counter',
      (process: Running) => process.orders.ensureAtLeast(5),
      'ensures',
    ],
  ] as const)('gives nothing after %s', async (_, act, calls) => {
    const process = await running({ timeout: 60_000 });
    const { orders, store, clock } = process;
    orders.drop();
    const next = watch(orders.next());
    await clock.turn();
    const former = store.claimed;
    const repair = watch<unknown>(act(process));
    await clock.turn();
    if (calls === 'fences') await store.fences[0]!.answer({ last: 1e9, epoch: 'epoch-2' });
    else {
      const { SequenceIdentityError } = await import('../../lib/index.js');
      await store.ensures[0]!.fail(new SequenceIdentityError('IDENTITY_CHANGED', 'another counter'));
    }
    expect(repair.state).not.toBe('pending');
    await former.answer(store.next(former.request.count));
    expect(next.state).toBe('pending');
    expect(former.request.signal.aborted).toBe(true);
    store.last = 2e9;
    store.epoch = 'epoch-2';
    await clock.advance(2_000);
    await store.grant();
    expect(next.value).toBe(2e9 + 1);
  });
});

type Running = Awaited<ReturnType<typeof running>>;

describe('After a blocked event loop', () => {
  it('a timer that fires late waits again for as long as it was late, once', async () => {
    const clock = new VirtualClock();
    let now = 0;
    const late = { ...bound(clock), now: () => now };
    let fired = 0;
    afterWaiting(late, 1_000, () => fired++);
    now = 1_700;
    await clock.advance(1_000);
    expect(fired).toBe(0);
    now = 2_400;
    await clock.advance(699);
    expect(fired).toBe(0);
    await clock.advance(1);
    expect(fired).toBe(1);
  });

  it('a call gets the answer that had arrived meanwhile', async () => {
    const store = new MemorySequenceStore();
    const claim = store.claim.bind(store);
    // The answer is there after two turns of the event loop: two requests, as a claim and its history reading are.
    store.claim = async (request: ClaimRequest): Promise<Block> => {
      const block = await claim(request);
      await nextTurn();
      return block;
    };
    const registry = new SequenceRegistry(store, resolveOptions({ timeout: 1_000 }));
    const next = registry.get('orders').next();
    const until = performance.now() + 1_500;
    while (performance.now() < until);
    await expect(next).resolves.toBe(1);
    await registry.close();
  });
});

function bound(clock: VirtualClock) {
  return {
    after: clock.after.bind(clock),
    soon: clock.soon.bind(clock),
    random: clock.random.bind(clock),
  };
}

describe('The pause after 50,000 immediate answers', () => {
  it('belongs to all sequences of an application: drawing from many in turn keeps no timer waiting', async () => {
    const registry = new SequenceRegistry(new MemorySequenceStore(), resolveOptions({ blockSize: 1_000 }));
    const sequences = range(1, 100).map((tenant) => registry.get(`orders:${tenant}`));
    for (const sequence of sequences) await sequence.next();
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    for (let round = 0; round < 2_500; round++) for (const sequence of sequences) await sequence.next();
    over = true;
    expect(turns).toBeGreaterThanOrEqual(4);
    await registry.close();
  });

  it('is one for all who wait for it: many loops over many sequences keep no timer waiting', async () => {
    const registry = new SequenceRegistry(new MemorySequenceStore(), resolveOptions({ blockSize: 50_000 }));
    const sequences = range(1, 20).map((tenant) => registry.get(`orders:${tenant}`));
    for (const sequence of sequences) await sequence.next();
    let drawn = 0;
    let most = 0;
    let before = 0;
    const count = () => {
      most = Math.max(most, drawn - before);
      before = drawn;
      if (drawn < 500_000) setImmediate(count);
    };
    setImmediate(count);
    const loop = async (sequence: (typeof sequences)[number]) => {
      for (let round = 0; round < 25_000; round++) {
        await sequence.next();
        drawn++;
      }
    };
    await Promise.all(sequences.map(loop));
    // Those who wait are served beside the 50,000.
    expect(most).toBeLessThanOrEqual(50_000 + sequences.length);
    await registry.close();
  });

  it.each([
    ['next', (sequence: Sequence) => sequence.next()],
    ['take', (sequence: Sequence) => sequence.take(2)],
    ['inspect', (sequence: Sequence) => sequence.inspect()],
    ['ensureAtLeast', (sequence: Sequence) => sequence.ensureAtLeast(1)],
  ])('counts refusals: a loop that repeats %s at once is served', async (_, call) => {
    const registry = new SequenceRegistry(new MemorySequenceStore(), resolveOptions({ maxWaiters: 1 }));
    const sequence = registry.get('orders');
    let refusals = 0;
    const untilServed = async () => {
      for (;;) {
        try {
          return await call(sequence);
        } catch (error) {
          if ((error as SequenceError).code !== 'TOO_MANY_WAITERS' || ++refusals > 3 * 250) throw error;
        }
      }
    };
    await Promise.all([untilServed(), untilServed(), untilServed()]);
    expect(refusals).toBeGreaterThan(0);
    await registry.close();
  });
});
