import { running, start } from '../support/scripted-process.js';
import { range, watch } from '../support/watched.js';

describe('maxWaiters', () => {
  it('refuses the caller beyond it and harms nobody in line', async () => {
    const { orders, store, clock } = start({ maxWaiters: 3 });
    const calls = range(1, 4).map(() => watch(orders.next()));
    await clock.turn();
    expect(calls[3]!.error).toMatchObject({ code: 'TOO_MANY_WAITERS', sequence: 'orders', retryable: true });
    await store.grant();
    expect(calls.slice(0, 3).map(({ value }) => value)).toEqual([1, 2, 3]);
    expect(await orders.next()).toBe(4);
  });

  it('bounds the calls that draw no ids, those included whose callers have left', async () => {
    const { orders, store, clock } = await running({ maxWaiters: 3 });
    const abort = new AbortController();
    const left = watch(orders.ensureAtLeast(0, { signal: abort.signal }));
    const kept = watch(orders.ensureAtLeast(0));
    void orders.fence().catch(() => {});
    await clock.turn();
    abort.abort();
    await clock.turn();
    expect(left.state).toBe('rejected');
    const tooMany = { code: 'TOO_MANY_WAITERS', sequence: 'orders', retryable: true };
    await expect(orders.ensureAtLeast(9)).rejects.toMatchObject(tooMany);
    await expect(orders.fence()).rejects.toMatchObject(tooMany);
    await expect(orders.inspect()).rejects.toMatchObject(tooMany);
    expect(orders.cached).toBe(9);
    await store.ensures[0]!.answer();
    expect(await orders.inspect()).toMatchObject({ last: 10 });
    expect([store.ensures.length, store.fences.length, kept.state]).toEqual([2, 1, 'pending']);
  });
});
