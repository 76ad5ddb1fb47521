import { SequenceRegistry } from '../../lib/core/sequence-registry.js';
import { resolveOptions, type SequenceModuleOptions } from '../../lib/nest/sequence-module.options.js';
import { TestedSequence } from '../support/scripted-process.js';
import { failure, ScriptedStore } from '../support/scripted-store.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { range, watch } from '../support/watched.js';

/** A process whose sequence has ids up to `max`. */
function start(max: number, options: SequenceModuleOptions = { blockSize: 'onDemand' }) {
  const clock = new VirtualClock();
  const store = new ScriptedStore(clock);
  const core = { ...resolveOptions(options), definition: () => ({ max }) };
  const registry = new SequenceRegistry(store, core, clock);
  return { clock, store, registry, orders: new TestedSequence(registry, 'orders') };
}

describe('Of the last ids of a counter', () => {
  it('those first in line get what is left, and the others EXHAUSTED', async () => {
    const { clock, store, orders } = start(3);
    const calls = Array.from({ length: 5 }, () => watch(orders.next()));
    await clock.turn();
    expect(store.claimed.request).toMatchObject({ count: 5, max: 3 });
    await store.claimed.fail(failure('EXHAUSTED', { left: 3 }));
    expect(store.claimed.request).toMatchObject({ count: 3, max: 3 });
    await store.grant();
    expect(calls.map(({ value }) => value)).toEqual([1, 2, 3, undefined, undefined]);
    expect(store.claimed.request).toMatchObject({ count: 2, max: 3 });
    await store.claimed.fail(failure('EXHAUSTED', { left: 0 }));
    expect(calls.slice(3).map(({ error }) => error)).toMatchObject([
      { code: 'EXHAUSTED' },
      { code: 'EXHAUSTED' },
    ]);
    expect(store.claims).toHaveLength(3);
  });

  it('whom what is left does not suffice takes none, and those after him are served', async () => {
    const { clock, store, orders } = start(10);
    const [many, one, another] = [watch(orders.take(3)), watch(orders.next()), watch(orders.next())];
    await clock.turn();
    await store.claimed.fail(failure('EXHAUSTED', { left: 2 }));
    expect(many.error).toMatchObject({ code: 'EXHAUSTED', left: 2 });
    expect([one.state, another.state]).toEqual(['pending', 'pending']);
    expect(store.claimed.request.count).toBe(2);
    await store.grant();
    expect([one.value, another.value]).toEqual([1, 2]);
  });

  it('a claim is made for whole callers: none is taken for a call that cannot be served', async () => {
    const { clock, store, orders } = start(10);
    const [one, many] = [watch(orders.next()), watch(orders.take(3))];
    await clock.turn();
    await store.claimed.fail(failure('EXHAUSTED', { left: 3 }));
    expect(store.claimed.request.count).toBe(1);
    await store.grant();
    expect(one.value).toBe(1);
    await store.claimed.fail(failure('EXHAUSTED', { left: 2 }));
    expect(many.error).toMatchObject({ code: 'EXHAUSTED' });
    const later = watch(orders.take(2));
    await clock.turn();
    await store.grant();
    expect(later.value).toEqual([2, 3]);
  });

  it('others may take some between two claims: then fewer are asked for', async () => {
    const { clock, store, orders } = start(10);
    const calls = Array.from({ length: 4 }, () => watch(orders.next()));
    await clock.turn();
    await store.claimed.fail(failure('EXHAUSTED', { left: 3 }));
    await store.claimed.fail(failure('EXHAUSTED', { left: 1 }));
    expect(store.claims.map(({ request }) => request.count)).toEqual([4, 3, 1]);
    await store.grant();
    await store.claimed.fail(failure('EXHAUSTED', { left: 0 }));
    expect(calls.map(({ state }) => state)).toEqual(['resolved', 'rejected', 'rejected', 'rejected']);
  });

  it('none is claimed for a caller who leaves when the claim is refused: it could not have served him', async () => {
    const { clock, store, orders } = start(10);
    const abort = new AbortController();
    const many = watch(orders.take(3, { signal: abort.signal }));
    await clock.turn();
    abort.abort(new Error('left'));
    await store.claimed.fail(failure('EXHAUSTED', { left: 2 }));
    expect(many.error).toMatchObject({ message: 'left' });
    expect(store.claims).toHaveLength(1);
    const later = watch(orders.take(2));
    await clock.turn();
    await store.grant();
    expect(later.value).toEqual([1, 2]);
  });

  it('a block that is claimed ahead takes what is left, which is handed out before EXHAUSTED is told', async () => {
    const { clock, store, orders } = start(7, { blockSize: 10 });
    const first = watch(orders.next());
    await clock.turn();
    await store.claimed.fail(failure('EXHAUSTED', { left: 7 }));
    await store.grant();
    expect(first.value).toBe(1);
    expect(await orders.take(6)).toEqual(range(2, 7));
    const after = watch(orders.next());
    await clock.turn();
    await store.claimed.fail(failure('EXHAUSTED', { left: 0 }));
    expect(after.error).toMatchObject({ code: 'EXHAUSTED' });
  });

  it('what is cached counts for whom it can serve together with what is left', async () => {
    const { clock, store, orders } = start(12, { blockSize: 10 });
    const first = watch(orders.take(8));
    await clock.turn();
    await store.grant();
    expect(first.value).toEqual(range(1, 8));
    const more = watch(orders.take(4));
    await clock.turn();
    await store.claimed.fail(failure('EXHAUSTED', { left: 2 }));
    await store.grant();
    expect(more.value).toEqual(range(9, 12));
  });

  it('none is handed out beyond the last one, whatever the store says', async () => {
    const { clock, store, orders } = start(5);
    const call = watch(orders.take(2));
    await clock.turn();
    await store.claimed.answer({ first: 5, last: 6, epoch: 'epoch-1' });
    expect(call.error).toMatchObject({ code: 'CORRUPT' });
  });

  it.each([2, 3, -1, 0.5, Number.NaN])(
    'a refusal of 2 ids that says %p are left is the fault of the store, and not asked again',
    async (left) => {
      const { clock, store, orders } = start(5);
      const call = watch(orders.take(2));
      await clock.turn();
      await store.claimed.fail(failure('EXHAUSTED', { left }));
      expect(call.error).toMatchObject({ code: 'CORRUPT' });
      expect(store.claims).toHaveLength(1);
    },
  );

  it('none is skipped because calls of ensureAtLeast overtake a claim', async () => {
    const { clock, store, orders } = start(1_000);
    const call = watch(orders.next());
    await clock.turn();
    void orders.ensureAtLeast(500);
    await clock.turn();
    // The claim was overtaken by 500 ids: where ids have no end the next one jumps ahead by twice that.
    await store.grant();
    expect(store.claimed.request).toMatchObject({ floor: 500, max: 1_000 });
    expect(call.state).toBe('pending');
    await store.claimed.answer({ first: 501, last: 501, epoch: 'epoch-1' });
    expect(call.value).toBe(501);
  });
});
