import { getEventListeners } from 'node:events';
import { AbortListeners, orAborted } from '../../lib/common/abort.js';
import { start } from '../support/scripted-process.js';
import { range, watch } from '../support/watched.js';

describe('One AbortSignal of many calls', () => {
  it('has one listener, whatever the sequence and the kind of the calls, and none when they have ended', async () => {
    const { registry, orders, store, clock } = start();
    const { signal } = new AbortController();
    const calls = [
      ...range(1, 20).map(() => orders.next({ signal })),
      ...range(1, 5).map((tenant) => registry.get(`orders:${tenant}`).take(3, { signal })),
      orders.ensureAtLeast(0, { signal }),
      orders.inspect({ signal }),
    ];
    const subscription = orders.stream(100, { signal }).subscribe({ error: () => {} });
    await clock.turn();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await store.ensures[0]!.answer();
    for (let claim = 0; claim < store.claims.length; claim++) {
      const { request } = store.claims[claim]!;
      await store.claims[claim]!.answer({
        first: 1 + 100 * claim,
        last: 100 * claim + request.count,
        epoch: 'e',
      });
    }
    subscription.unsubscribe();
    await Promise.allSettled(calls);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('aborts them all in the order in which they were made', async () => {
    const { orders, clock } = start();
    const abort = new AbortController();
    const ended: number[] = [];
    const calls = range(1, 1_000).map((call) =>
      orders.next({ signal: abort.signal }).catch((error: unknown) => {
        expect(error).toBe(abort.signal.reason);
        ended.push(call);
      }),
    );
    await clock.turn();
    abort.abort();
    await Promise.all(calls);
    expect(ended).toEqual(range(1, 1_000));
    expect(orders.waiting).toBe(0);
  });
});

describe('AbortListeners', () => {
  it('calls one callback as often as it was added, and not those that were taken back', () => {
    const listeners = new AbortListeners();
    const abort = new AbortController();
    let calls = 0;
    const callback = () => void calls++;
    listeners.add(abort.signal, callback);
    const remove = listeners.add(abort.signal, callback);
    listeners.add(abort.signal, callback);
    remove();
    remove();
    abort.abort();
    abort.abort();
    expect(calls).toBe(2);
  });

  it('listens anew after the last callback was taken back', () => {
    const listeners = new AbortListeners();
    const abort = new AbortController();
    listeners.add(abort.signal, () => {})();
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
    let calls = 0;
    listeners.add(abort.signal, () => void calls++);
    abort.abort();
    expect(calls).toBe(1);
  });
});

describe('orAborted', () => {
  it('rejects with the reason of a signal that is aborted already, and leaves no rejection unhandled', async () => {
    const reason = new Error('over');
    await expect(orAborted(Promise.reject(new Error('late')), AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
  });

  it('leaves no listener on a signal that outlives the promise', async () => {
    const { signal } = new AbortController();
    expect(await orAborted(Promise.resolve(1), signal)).toBe(1);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('prefers the result that was there first', async () => {
    const abort = new AbortController();
    const result = watch(orAborted(Promise.resolve(1), abort.signal));
    await Promise.resolve();
    await Promise.resolve();
    abort.abort();
    await new Promise((resolve) => setImmediate(resolve));
    expect(result.value).toBe(1);
  });
});
