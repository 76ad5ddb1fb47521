import { drawUntilPause, running, start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { watch } from '../support/watched.js';

describe('close', () => {
  it('serves those who wait within its grace, and refuses new calls at once', async () => {
    const { registry, orders, store, clock } = start({ closeTimeout: 2_000 });
    const waiting = watch(orders.next());
    await clock.turn();
    const closed = watch(registry.close());
    await clock.advance(1_999);
    for (const call of [
      () => orders.next(),
      () => orders.take(1),
      async () => orders.tryNext(),
      () => orders.ensureAtLeast(1),
      () => orders.next(),
      async () => registry.get('shipments'),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'CLOSED', retryable: false });
    }
    expect(closed.state).toBe('pending');
    await store.grant();
    expect(waiting.value).toBe(1);
    expect(closed.state).toBe('resolved');
    expect(store.closed).toBe(1);
    expect(() => orders.tryNext()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(orders.cached).toBe(0);
  });

  it('rejects whoever waits longer; a block that arrives later is nobody’s', async () => {
    const { registry, orders, store, clock } = start({ closeTimeout: 2_000, timeout: 60_000 });
    const waiting = [watch(orders.next()), watch(orders.next())];
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
    expect(orders.cached).toBe(0);
    expect(store.claims).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('ends a pause between attempts', async () => {
    const { registry, orders, store, clock } = start({ closeTimeout: 0 });
    const waiting = watch(orders.next());
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
    const { registry, orders, store, clock } = start({ closeTimeout: 2_000, timeout: 60_000 });
    const [fenced, ensured] = [watch(orders.fence()), watch(orders.ensureAtLeast(5))];
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
    const { registry, orders } = await running();
    const closed = registry.close();
    await expect(orders.inspect()).rejects.toMatchObject({ code: 'CLOSED', ambiguous: false });
    await expect(orders.fence()).rejects.toMatchObject({ code: 'CLOSED', ambiguous: false });
    await closed;
  });

  it('is over as soon as nothing is under way any more', async () => {
    const { registry, orders, store, clock } = start({ closeTimeout: 2_000 });
    const ensured = watch(orders.ensureAtLeast(5));
    await clock.turn();
    const closed = watch(registry.close());
    await store.ensures[0]!.answer();
    expect([ensured.state, closed.state]).toEqual(['resolved', 'resolved']);
    expect(clock.pending).toBe(0);
  });

  it('a second time is harmless and closes the store no second time', async () => {
    const { registry, store, clock } = await running();
    const closed = [registry.close(), registry.close()];
    await clock.advance(2_000);
    await Promise.all(closed);
    await registry.close();
    expect(store.closed).toBe(1);
  });

  it('never hands out what is still cached, nor gives it back', async () => {
    const { registry, orders, store, clock } = await running();
    const closed = registry.close();
    await clock.turn();
    await closed;
    expect(() => orders.tryNext()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    await expect(orders.next()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(store.claims).toHaveLength(1);
    expect(store.ensures).toHaveLength(0);
    expect(store.last).toBe(10);
  });

  it('waits for those who only wait for their macrotask', async () => {
    const { registry, orders, clock } = await running({ blockSize: 100_000 });
    const last = await drawUntilPause(registry, () => orders.next());
    const paused = watch(orders.next());
    const closed = watch(registry.close());
    await clock.settle();
    expect(closed.state).toBe('pending');
    await clock.turn();
    expect(paused.value).toBe(last + 1);
    expect(closed.state).toBe('resolved');
  });
});
