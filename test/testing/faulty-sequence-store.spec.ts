import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { SequenceError, SequenceService } from '../../lib/index.js';
import {
  FaultySequenceStore,
  RESET_COUNTERS,
  resetSequences,
  SequenceTestingModule,
} from '../../lib/testing.js';

let store: FaultySequenceStore;
let app: TestingModule;
let service: SequenceService;

beforeEach(async () => {
  store = new FaultySequenceStore();
  app = await Test.createTestingModule({
    imports: [SequenceTestingModule.forRoot({ store, blockSize: 10, timeout: 10_000 })],
  }).compile();
  service = app.get(SequenceService);
});

afterEach(async () => {
  jest.useRealTimers();
  await app.close();
});

const { signal } = new AbortController();
const claim = { name: 'orders', count: 10, start: 1, signal };

describe('FaultySequenceStore', () => {
  it('without a script counts as any store', async () => {
    expect(await service.take('orders', 15)).toEqual(Array.from({ length: 15 }, (_, offset) => offset + 1));
    expect(store.pendingFaults).toBe(0);
  });

  it('fails the next claim, which takes no ids; the library retries what may pass', async () => {
    store.failNextClaim();
    expect(store.pendingFaults).toBe(1);
    expect(await service.next('orders')).toBe(1);
    expect(store.pendingFaults).toBe(0);
    await expect(Promise.allSettled([store.failNextClaim(), store.claim(claim)])).resolves.toMatchObject([
      {},
      { status: 'rejected', reason: { code: 'UNAVAILABLE', retryable: true, ambiguous: false } },
    ]);
  });

  it('fails with the error given, as a store of their own would', async () => {
    const error = new SequenceError('FORBIDDEN', 'no privilege', { sequence: 'orders' });
    store.failNextClaim(error);
    await expect(service.next('orders')).rejects.toBe(error);
    expect(await service.next('orders')).toBe(1);
  });

  it('loses the answer of a claim that was applied: its ids are a gap', async () => {
    store.failNextClaimAfterApply();
    expect(await service.next('orders')).toBe(11);
    store.failNextClaimAfterApply();
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'UNAVAILABLE', ambiguous: true });
    expect(await store.inspect(claim)).toMatchObject({ last: 30 });
  });

  it('delays the next claim until a promise settles, without any time', async () => {
    let proceed = () => {};
    store.delayNextClaim(new Promise<void>((resolve) => (proceed = resolve)));
    const [first, second] = [service.next('orders'), service.take('orders', 2)];
    expect(service.tryNext('orders')).toBeUndefined();
    expect((await service.get('orders').inspect())?.last).toBeUndefined();
    proceed();
    expect([await first, await second]).toEqual([1, [2, 3]]);
    const failing = Promise.reject(new Error('settled as well'));
    failing.catch(() => {});
    store.delayNextClaim(failing);
    expect(await service.next('other')).toBe(1);
  });

  it('delays by real milliseconds, whatever fake timers say', async () => {
    jest.useFakeTimers();
    store.delayNextClaim(20, { sequence: 'orders' });
    const settled: string[] = [];
    const draw = async (name: string) => {
      expect(await service.next(name)).toBe(1);
      settled.push(name);
    };
    await Promise.all([draw('orders'), draw('invoices')]);
    expect(settled).toEqual(['invoices', 'orders']);
  });

  it('hangs until the attempt is given up, and takes no ids', async () => {
    store.hangNextClaim();
    const gone = service.next('orders', { timeout: 5 });
    await expect(gone).rejects.toMatchObject({ code: 'TIMEOUT', sequence: 'orders' });
    const controller = new AbortController();
    store.hangNextClaim();
    const hanging = store.claim({ ...claim, signal: controller.signal });
    controller.abort(new Error('given up'));
    await expect(hanging).rejects.toThrow('given up');
    store.delayNextClaim(60_000);
    const delayed = store.claim({ ...claim, signal: controller.signal });
    await expect(delayed).rejects.toThrow('given up');
    expect(await store.inspect(claim)).toBeUndefined();
  });

  it('lets a claim lose any number of races', async () => {
    store.conflictStorm(4);
    expect(store.pendingFaults).toBe(4);
    expect(await service.next('orders')).toBe(1);
    expect(store.pendingFaults).toBe(0);
    store.conflictStorm(1);
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT', retryable: true });
  });

  it('loses a counter: claims are VANISHED and drop what is cached, until a reset', async () => {
    expect(await service.next('orders')).toBe(1);
    await store.loseCounter('orders');
    expect(await service.next('orders')).toBe(2);
    await expect(service.take('orders', 9)).rejects.toMatchObject({ code: 'VANISHED', dropsCache: true });
    expect(service.tryNext('orders')).toBeUndefined();
    await expect(service.next('orders')).rejects.toMatchObject({ name: 'SequenceIdentityError' });
    await expect(service.get('orders').ensureAtLeast(50)).rejects.toMatchObject({ code: 'VANISHED' });
    await expect(service.get('orders').fence()).rejects.toMatchObject({ code: 'MISSING' });
    expect(await service.get('orders').inspect()).toBeUndefined();
    expect(await service.next('other')).toBe(1);
    await resetSequences(app, 'orders');
    expect(await service.next('orders')).toBe(1);
    expect(await service.next('other')).toBe(2);
  });

  it('rolls a counter back: claims are REGRESSED until a fence, which jumps past all ids handed out', async () => {
    await service.take('orders', 10);
    await store.rollBackCounter('orders', 5);
    expect(await service.get('orders').inspect()).toMatchObject({ last: 5 });
    await expect(service.next('orders')).rejects.toMatchObject({ code: 'REGRESSED', dropsCache: true });
    await expect(service.get('orders').ensureAtLeast(3)).rejects.toMatchObject({ code: 'REGRESSED' });
    await store.rollBackCounter('orders', 4);
    await service.get('orders').fence({ jump: 0 });
    expect(await service.next('orders')).toBeGreaterThan(10);
    await store.rollBackCounter('orders', 0);
    await resetSequences(app);
    expect(await service.next('orders')).toBe(1);
  });

  it('rolls a counter back: a fence to the highest id in use knows how far the counter had come', async () => {
    await service.take('orders', 10);
    await store.rollBackCounter('orders', 5);
    await expect(service.get('orders').fence({ to: 9 })).rejects.toMatchObject({ code: 'REJECTED' });
    await service.get('orders').fence({ to: 10 });
    expect(await service.next('orders')).toBe(11);
  });

  it('meets faults in the order they were scripted, each by the sequence it is for', async () => {
    const [one, two, three] = ['FORBIDDEN', 'READ_ONLY', 'CORRUPT'].map(
      (code) => new SequenceError(code as 'CORRUPT', code),
    );
    store.failNextClaim(one, { sequence: 'shipments' });
    store.failNextClaim(two);
    store.failNextClaim(three, { sequence: 'orders' });
    await expect(service.next('orders')).rejects.toBe(two);
    await expect(service.next('orders')).rejects.toBe(three);
    expect(await service.next('orders')).toBe(1);
    await expect(service.next('shipments')).rejects.toBe(one);
    expect(store.pendingFaults).toBe(0);
  });

  it('forgets script and damage at a reset, of all or of one sequence', async () => {
    for (const name of ['orders', 'shipments']) {
      await service.next(name);
      await store.loseCounter(name);
      store.hangNextClaim({ sequence: name });
    }
    store.conflictStorm(3);
    await store[RESET_COUNTERS]('orders');
    expect(store.pendingFaults).toBe(4);
    await store[RESET_COUNTERS]();
    expect(store.pendingFaults).toBe(0);
    expect(await store.claim(claim)).toMatchObject({ first: 1 });
    expect(await store.claim({ ...claim, name: 'shipments' })).toMatchObject({ first: 1 });
  });

  it('never settles in the microtask it was called in', async () => {
    await store.claim(claim);
    await store.rollBackCounter('orders', 0);
    for (const script of [
      () => store.failNextClaim(),
      () => store.delayNextClaim(Promise.resolve()),
      () => {},
    ]) {
      script();
      let settled = false;
      const done = () => (settled = true);
      const pending = store.claim(claim).then(done, done);
      for (let microtask = 0; microtask < 100; microtask++) await undefined;
      expect(settled).toBe(false);
      await pending;
    }
  });

  it.each<[string, () => unknown, RegExp]>([
    ['an error', () => store.failNextClaim('no' as never), /Expected error to be an Error, got "no"/],
    ['a delay', () => store.delayNextClaim(-1), /Expected the delay to be an integer from 0/],
    ['a promise', () => store.delayNextClaim({} as never), /Expected a number of milliseconds or a promise/],
    ['a count', () => store.conflictStorm(0), /Expected count to be an integer from 1/],
    ['options', () => store.hangNextClaim({ name: 'orders' } as never), /Unknown key "name" in the fault/],
    ['a name', () => store.hangNextClaim({ sequence: 'a/b' }), /Expected a sequence name/],
  ])('refuses what is not %s, and scripts nothing', (_, script, message) => {
    expect(script).toThrow(message);
    expect(store.pendingFaults).toBe(0);
  });

  it('refuses to lose or roll back what cannot be', async () => {
    await expect(store.loseCounter('a/b')).rejects.toThrow(TypeError);
    await expect(store.rollBackCounter('orders', 0)).rejects.toThrow(/Expected a counter "orders"/);
    await service.next('orders');
    await expect(store.rollBackCounter('orders', 10)).rejects.toThrow(/integer from 0 to 9, got 10/);
  });
});
