import { SequenceIdentityError } from '../../lib/common/sequence-error.js';
import { running, start } from '../support/scripted-process.js';
import { range, watch } from '../support/watched.js';

describe('Blocks', () => {
  it('of another epoch drop all ids cached before', async () => {
    const { orders, store, clock } = await running();
    const many = watch(orders.take(12));
    await clock.turn();
    store.epoch = 'epoch-2';
    store.last = 999;
    await store.grant();
    expect(many.state).toBe('pending');
    await store.grant();
    expect(many.value).toEqual(range(1_000, 1_011));
  });

  it('that lie at or below an id seen before are never handed out', async () => {
    const { orders, store, clock } = await running();
    const many = watch(orders.take(12));
    await clock.turn();
    await store.claimed.answer({ first: 10, last: 19, epoch: 'epoch-1' });
    expect(many.error).toMatchObject({ code: 'REGRESSED', sequence: 'orders', dropsCache: true });
    expect(many.error).toBeInstanceOf(SequenceIdentityError);
    expect(orders.cached).toBe(0);
    const next = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(11);
  });

  it('stay refused below the highest id even after the cache was dropped and the epoch changed', async () => {
    const { orders, store, clock } = await running();
    orders.drop();
    const next = watch(orders.next());
    await clock.turn();
    await store.claimed.answer({ first: 1, last: 10, epoch: 'epoch-2' });
    expect(next.error).toMatchObject({ code: 'REGRESSED' });
  });

  it.each([
    ['fewer ids than asked', { first: 1, last: 9 }],
    ['more ids than asked', { first: 1, last: 11 }],
    ['a fraction', { first: 0.5, last: 9.5 }],
    ['text', { first: '1', last: '10' }],
    ['no number', { first: Number.NaN, last: Number.NaN }],
    ['ids beyond 2^53 - 1', { first: 2 ** 53 - 5, last: 2 ** 53 + 4 }],
    ['id 0', { first: 0, last: 9 }],
  ])('that have %s are never handed out', async (_, block) => {
    const { orders, store, clock } = start();
    const next = watch(orders.next());
    await clock.turn();
    await store.claimed.answer(block as { first: number; last: number });
    expect(next.error).toMatchObject({ retryable: false });
    expect(['CORRUPT', 'REGRESSED']).toContain((next.error as { code: string }).code);
    expect(orders.cached).toBe(0);
  });

  it.each([undefined, null, 'none', {}])(
    'that are none at all (%p) are trouble, and asked again',
    async (answer) => {
      const { orders, store, clock } = start();
      const next = watch(orders.next());
      await clock.turn();
      await store.claimed.answer(answer as never);
      if (next.state === 'rejected') {
        expect(next.error).toMatchObject({ code: 'CORRUPT' });
      } else {
        await clock.advance(500);
        await store.grant();
        expect(next.value).toBe(1);
      }
    },
  );
});
