import { drawUntilPause, running } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { watch } from '../support/watched.js';

describe('fence', () => {
  it('drops the cached ids of the process that calls it', async () => {
    const { orders, store, clock } = await running();
    const fenced = orders.fence({ jump: 100, above: 50 });
    await clock.turn();
    expect(store.fences[0]!.request).toMatchObject({ jump: 100, above: 50 });
    store.last = 200;
    await store.fences[0]!.answer({ last: 200, epoch: 'epoch-2' });
    expect(await fenced).toMatchObject({ last: 200, epoch: 'epoch-2', cached: 0 });
    store.epoch = 'epoch-2';
    const next = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(201);
  });

  it('to the highest id in use asks for no jump', async () => {
    const { orders, store, clock } = await running();
    const fenced = orders.fence({ to: 512 });
    await clock.turn();
    expect(store.fences[0]!.request).toMatchObject({ to: 512 });
    expect(store.fences[0]!.request.jump).toBeUndefined();
    await store.fences[0]!.answer({ last: 512, epoch: 'epoch-2' });
    expect(await fenced).toMatchObject({ last: 512, cached: 0 });
  });

  it.each([{ jump: 0 }, { above: 7 }])('to the highest id in use refuses %p beside it', async (beside) => {
    const { orders, store } = await running();
    await expect(orders.fence({ to: 512, ...beside })).rejects.toThrow(/neither jump nor above beside to/);
    expect(store.fences).toHaveLength(0);
  });

  it('that fails with a verdict on identity drops the cached ids too', async () => {
    const { orders, store, clock } = await running();
    const fenced = watch(orders.fence());
    await clock.turn();
    await store.fences[0]!.fail(failure('UNAVAILABLE'));
    expect(orders.cached).toBe(9);
    await clock.advance(1_000);
    await store.fences[1]!.fail(failure('REGRESSED'));
    expect(fenced.error).toMatchObject({ code: 'REGRESSED' });
    expect(orders.cached).toBe(0);
  });

  it('ends after those who have taken an id of the former life and wait for their macrotask', async () => {
    const { orders, registry, store, clock } = await running({ blockSize: 100_000 });
    const last = await drawUntilPause(registry, () => orders.next());
    const fenced = watch(orders.fence());
    await clock.turn();
    const paused = watch(orders.next());
    const answered = store.fences[0]!.answer({ last: 1e9, epoch: 'epoch-2' });
    for (let microtask = 0; microtask < 30; microtask++) await undefined;
    expect([paused.state, fenced.state]).toEqual(['pending', 'pending']);
    await answered;
    expect([paused.value, fenced.state]).toEqual([last + 1, 'resolved']);
  });

  it('keeps its epoch over repeated attempts, so that it finds its own work done', async () => {
    const { orders, store, clock } = await running();
    const fenced = orders.fence();
    await clock.turn();
    await store.fences[0]!.fail(failure('UNAVAILABLE', { ambiguous: true }));
    await clock.advance(1_000);
    expect(store.fences).toHaveLength(2);
    expect(store.fences[1]!.request.epoch).toBe(store.fences[0]!.request.epoch);
    await store.fences[1]!.answer({ last: 1e9, epoch: 'epoch-2' });
    await fenced;
  });
});
