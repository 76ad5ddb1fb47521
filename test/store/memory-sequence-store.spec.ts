import { MemoryCounters, MemorySequenceStore } from '../../lib/store/memory-sequence-store.js';
import { RESET_COUNTERS } from '../../lib/testing/resettable-store.js';
import { ResettableCounterStore } from '../../lib/testing/resettable-store.js';
import { describeSequenceStore } from '../../lib/testing/contract/describe-sequence-store.js';

const { signal } = new AbortController();
const claim = { name: 'orders', count: 10, start: 1, signal };

describeSequenceStore('The arithmetic of MemorySequenceStore, over shared counters', () => {
  const counters = new MemoryCounters();
  return { open: () => new ResettableCounterStore(counters) };
});

describe('MemorySequenceStore', () => {
  it('counts from the start for each instance', async () => {
    const store = new MemorySequenceStore();
    await store.claim(claim);
    expect(await store.claim(claim)).toMatchObject({ first: 11, last: 20 });
    expect(await new MemorySequenceStore().claim(claim)).toMatchObject({ first: 1, last: 10 });
  });

  it('has the methods of the contract and nothing else, so nothing that lowers a counter', () => {
    const store = new MemorySequenceStore();
    const members = new Set<string>();
    for (let object: object = store; object !== Object.prototype; object = Object.getPrototypeOf(object)) {
      // A symbol marks a store for other copies of this package.
      for (const member of Object.getOwnPropertyNames(object)) members.add(member);
    }
    expect([...members].toSorted()).toEqual(
      [
        'claim',
        'close',
        'constructor',
        'ensureAtLeast',
        'fence',
        'inspect',
        'open',
        'recordSeries',
      ].toSorted(),
    );
    expect(Object.getOwnPropertySymbols(MemorySequenceStore.prototype)).toEqual([]);
    expect(RESET_COUNTERS in store).toBe(false);
  });

  it('is CLOSED after a close, which waits for the calls that run', async () => {
    const store = new MemorySequenceStore();
    const running = store.claim(claim);
    let claimed = false;
    void running.then(() => {
      claimed = true;
    });
    await store.close();
    expect(claimed).toBe(true);
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CLOSED', sequence: 'orders' });
    await expect(store.inspect(claim)).rejects.toMatchObject({ code: 'CLOSED', retryable: false });
  });

  it('keeps the last 8 former epochs, so a process 8 fences behind recognises its counter', async () => {
    const counters = new MemoryCounters();
    const store = new ResettableCounterStore(counters);
    const epochs = [(await store.claim(claim)).epoch];
    for (let fences = 1; fences <= 9; fences++) {
      epochs.push(`epoch-${fences}`);
      await store.fence({ name: 'orders', jump: 1, epoch: `epoch-${fences}`, signal });
    }
    expect((await counters.read('orders'))?.epochs).toEqual(epochs.slice(1, -1));
  });

  it.each([10, 500])('fences at exactly %d, the highest id in use: the next id is one more', async (to) => {
    const store = new MemorySequenceStore();
    await store.claim(claim);
    expect(await store.fence({ name: 'orders', to, epoch: 'fence-1', signal })).toEqual({
      last: to,
      epoch: 'fence-1',
    });
    // The repeated attempt of one call changes nothing, wherever the counter stands by then.
    await store.claim(claim);
    await store.fence({ name: 'orders', to, epoch: 'fence-1', signal });
    expect(await store.claim(claim)).toMatchObject({ first: to + 11, epoch: 'fence-1' });
  });

  it.each([
    [9, 0, 10],
    [50, 51, 51],
  ])('fences at %d with floor %d not at all, because %d is known', async (to, floor, known) => {
    const store = new MemorySequenceStore();
    const { epoch } = await store.claim(claim);
    await expect(store.fence({ name: 'orders', to, floor, epoch: 'fence-1', signal })).rejects.toMatchObject({
      code: 'REJECTED',
      retryable: false,
      message: expect.stringContaining(`${known} is known to be in use`),
    });
    expect(await store.inspect(claim)).toEqual({ last: 10, epoch });
  });

  it.each<[object, typeof TypeError | typeof RangeError]>([
    [{ to: 10, jump: 0 }, TypeError],
    [{ to: 10, above: 10 }, TypeError],
    [{ to: '10' }, TypeError],
    [{ to: -1 }, RangeError],
    [{ to: 2 ** 53 }, RangeError],
    [{}, TypeError],
    [{ to: 10, epoch: '' }, TypeError],
    [{ to: 10, epoch: undefined }, TypeError],
  ])('refuses to fence by %j', async (options, error) => {
    const store = new MemorySequenceStore();
    await store.claim(claim);
    const request = { name: 'orders', epoch: 'fence-1', signal, ...options };
    await expect(store.fence(request)).rejects.toThrow(error);
    expect(await store.inspect(claim)).toMatchObject({ last: 10 });
  });

  it('starts again for each reset, with an epoch never used before', async () => {
    const store = new ResettableCounterStore(new MemoryCounters());
    const epochs = new Set<string | undefined>();
    for (let life = 0; life < 100; life++) {
      const { first, epoch } = await store.claim(claim);
      expect(first).toBe(1);
      epochs.add(epoch);
      await store[RESET_COUNTERS]();
    }
    expect(epochs.size).toBe(100);
  });
});
