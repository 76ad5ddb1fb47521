import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { SequenceModuleOptions } from '../../lib/nest/sequence-module.options.js';
import type { Block, ClaimRequest } from '../../lib/store/sequence-store.js';
import { running, start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { range, watch } from '../support/watched.js';

describe('The request of a claim', () => {
  /** A process over a store that queues claims: it reads nothing of a request before the test does. */
  function queueing(options: SequenceModuleOptions = { blockSize: 1 }) {
    const process = start(options);
    const queue: { request: ClaimRequest; answer: (block: Block) => void }[] = [];
    process.store.claim = (request) => new Promise((answer) => void queue.push({ request, answer }));
    return { ...process, queue };
  }

  it('has the count for those who wait when the count is read first, and keeps it', async () => {
    const { orders, clock, queue } = queueing();
    const abort = new AbortController();
    void orders.next({ signal: abort.signal }).catch(() => {});
    await clock.turn();
    expect(queue).toHaveLength(1);
    const many = watch(orders.take(50));
    abort.abort();
    const { request, answer } = queue[0]!;
    expect(request.count).toBe(50);
    void orders.take(60);
    expect(request.count).toBe(50);
    expect({ ...request }.count).toBe(50);
    answer({ first: 1, last: 50 });
    await clock.turn();
    expect(many.value).toEqual(range(1, 50));
  });

  it('has the floor for the ids that are ensured when it is read first, decided together with the count', async () => {
    const { orders, clock, queue } = queueing();
    const first = watch(orders.next());
    await clock.turn();
    void orders.ensureAtLeast(70);
    const { request, answer } = queue[0]!;
    expect(request.floor).toBe(70);
    void orders.take(50);
    void orders.ensureAtLeast(80);
    expect(request.floor).toBe(70);
    expect(request.count).toBe(1);
    answer({ first: 81, last: 81 });
    await clock.turn();
    expect(first.value).toBe(81);
  });

  it('on demand need not be sent any more when everybody has left before its count is read', async () => {
    const { orders, clock, queue } = queueing({ blockSize: 'onDemand' });
    const abort = new AbortController();
    void orders.next({ signal: abort.signal }).catch(() => {});
    await clock.turn();
    abort.abort();
    const { request } = queue[0]!;
    expect(request.signal.aborted).toBe(false);
    expect(request.count).toBe(1);
    expect(request.signal.aborted).toBe(true);
    await clock.turn();
    const next = watch(orders.next());
    await clock.turn();
    expect(queue).toHaveLength(2);
    expect(queue[1]!.request.count).toBe(1);
    queue[1]!.answer({ first: 1, last: 1 });
    await clock.turn();
    expect(next.value).toBe(1);
  });

  it('asks for spare ids only after two blocks in a row that served nobody', async () => {
    const { orders, store, clock } = start();
    const counts = () => store.claims.map(({ request }) => request.count);
    const ensure = (id: number) => void orders.ensureAtLeast(id).catch(() => {});
    ensure(100);
    const many = watch(orders.take(20));
    await clock.turn();
    ensure(115);
    await store.claimed.answer({ first: 101, last: 120, epoch: 'epoch-1' });
    // 15 of 20 ids were dropped: one block is what any call costs.
    expect(counts()).toEqual([20, 15]);
    ensure(130);
    await store.claimed.answer({ first: 121, last: 135, epoch: 'epoch-1' });
    // 15 were dropped since the last claim was sent: the 5 that were cached and 10 that arrived.
    expect(counts()).toEqual([20, 15, 15 + 2 * 15]);
    await store.claimed.answer({ first: 136, last: 180, epoch: 'epoch-1' });
    expect(many.state).toBe('resolved');
    const more = watch(orders.take(100));
    await clock.turn();
    ensure(200);
    await store.claimed.answer({ first: 181, last: 250, epoch: 'epoch-1' });
    expect(more.state).toBe('pending');
    // Somebody was served in between, so this is one such block again.
    expect(counts().slice(3)).toEqual([70, 50]);
  });
});

describe('An attempt that was given up while it asked the floor hook', () => {
  it.each(['next', 'ensureAtLeast', 'fence'] as const)(
    'sends nothing when the hook answers: %s',
    async (how) => {
      const { orders, store, clock } = start({
        timeout: 2_000,
        floor: () => new Promise((resolve) => void clock.after(2_400, () => resolve(5))),
      });
      const options = { timeout: 60_000 };
      const call = {
        next: () => orders.next(options),
        ensureAtLeast: () => orders.ensureAtLeast(1, options),
        fence: () => orders.fence(options),
      }[how];
      call().catch(() => {});
      await clock.advance(10_000);
      expect([store.claims.length, store.ensures.length, store.fences.length]).toEqual([0, 0, 0]);
    },
  );
});

describe('What a claim took', () => {
  it.each([
    ['CONFLICT', 'counts lost races', true],
    ['UNAVAILABLE', 'does not count an outage', false],
  ] as const)('after %s %s', async (code, _, counts) => {
    const { orders, store, clock } = await running({ timeout: 60_000 });
    clock.fixedRandom = 0;
    orders.drop();
    void orders.next();
    await clock.advance(300);
    await store.claimed.fail(failure(code));
    await clock.advance(700);
    const sent = store.claimed.at;
    let took: number | undefined;
    const listen = (message: unknown) => void ({ took } = message as { took: number });
    subscribe('nestjs-essequence:claim', listen);
    await store.grant();
    unsubscribe('nestjs-essequence:claim', listen);
    expect(took).toBe(counts ? 1_000 : clock.now() - sent);
  });
});
