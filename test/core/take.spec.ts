import { running, start } from '../support/scripted-process.js';
import { range, watch } from '../support/watched.js';

describe('take', () => {
  it('takes all or none: who leaves early leaves the cache as it was', async () => {
    const { orders, store, clock } = await running();
    const abort = new AbortController();
    const many = watch(orders.take(12, { signal: abort.signal }));
    await clock.turn();
    abort.abort(new Error('never mind'));
    await clock.turn();
    expect(many).toMatchObject({ state: 'rejected', error: new Error('never mind') });
    expect(await orders.next()).toBe(2);
    await store.grant();
    expect(await orders.take(18)).toEqual(range(3, 20));
  });

  it('brings what is missing in one claim: the block size, or more if more is missing', async () => {
    const { orders, store, clock } = await running();
    const some = orders.take(12);
    await clock.turn();
    expect(store.claimed.request.count).toBe(10);
    await store.grant();
    expect(await some).toEqual(range(2, 13));
    const many = orders.take(1_007);
    await clock.turn();
    expect(store.claimed.request.count).toBe(1_000);
    await store.grant();
    expect(await many).toEqual(range(14, 1_020));
    expect(store.claims).toHaveLength(3);
  });

  it('ascends over a gap that another process left', async () => {
    const { orders, store, clock } = await running();
    const many = orders.take(12);
    await clock.turn();
    store.last = 20;
    await store.grant();
    expect(await many).toEqual([...range(2, 10), 21, 22, 23]);
  });

  it('of 0 gives no ids and sends nothing, but not after the application has closed', async () => {
    const { orders, registry, store, clock } = start();
    expect(await orders.take(0)).toEqual([]);
    await clock.turn();
    expect(store.claims).toHaveLength(0);
    await expect(orders.take(0, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    await registry.close();
    await expect(orders.take(0)).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
