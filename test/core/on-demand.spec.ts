import * as fc from 'fast-check';
import { randomInt } from 'node:crypto';
import { SequenceRegistry } from '../../lib/core/sequence-registry.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';
import type { Block, ClaimRequest } from '../../lib/store/sequence-store.js';
import { drawUntilPause, start } from '../support/scripted-process.js';
import { failure, ScriptedStore } from '../support/scripted-store.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { watch } from '../support/watched.js';

const onDemand = { blockSize: 'onDemand' } as const;

describe("With blockSize 'onDemand'", () => {
  it('a claim takes what is waiting when it is sent, and those who come later go with the next', async () => {
    const { orders, store, clock } = start(onDemand);
    const early = [watch(orders.next()), watch(orders.next())];
    await clock.turn();
    const late = [watch(orders.take(3)), watch(orders.next())];
    await clock.turn();
    expect(store.claims.map(({ request }) => request.count)).toEqual([2]);
    await store.grant();
    expect(early.map(({ value }) => value)).toEqual([1, 2]);
    expect(late.map(({ state }) => state)).toEqual(['pending', 'pending']);
    expect(store.claims.map(({ request }) => request.count)).toEqual([2, 4]);
    await store.grant();
    expect(late.map(({ value }) => value)).toEqual([[3, 4, 5], 6]);
    expect(orders.cached).toBe(0);
    expect(store.claims).toHaveLength(2);
  });

  it('tryNext gives undefined and claims nothing', async () => {
    const { orders, store, clock } = start(onDemand);
    expect(orders.tryNext()).toBeUndefined();
    await clock.turn();
    expect(store.claims).toHaveLength(0);
  });

  it('what callers left who gave up is a gap: nobody who came after the claim was sent gets it', async () => {
    const { orders, store, clock } = start(onDemand);
    const abort = new AbortController();
    const gone = watch(orders.take(5, { signal: abort.signal }));
    const stays = watch(orders.next());
    await clock.turn();
    abort.abort();
    const later = watch(orders.next());
    await store.grant();
    expect([gone.state, stays.value, later.state]).toEqual(['rejected', 1, 'pending']);
    await store.grant();
    expect(later.value).toBe(7);
  });

  it('a late answer is a block for those alone who were waiting then', async () => {
    const { orders, store, clock } = start(onDemand);
    const impatient = watch(orders.next({ timeout: 100 }));
    await clock.advance(100);
    expect(impatient.error).toMatchObject({ code: 'TIMEOUT' });
    const next = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(next.state).toBe('pending');
    await store.grant();
    expect(next.value).toBe(2);
  });

  it('lost races and lost answers change no size', async () => {
    const { orders, store, clock } = start({ ...onDemand, timeout: 60_000 });
    void orders.take(7);
    await clock.turn();
    for (const code of ['CONFLICT', 'CONFLICT', 'CONFLICT', 'CONFLICT'] as const) {
      await store.claimed.fail(failure(code));
      await clock.advance(2_000);
    }
    await store.claimed.fail(failure('UNAVAILABLE', { ambiguous: true }));
    await clock.advance(5_000);
    expect(new Set(store.claims.map(({ request }) => request.count))).toEqual(new Set([7]));
  });

  it('more than a million ids that are wanted at once take several claims, each for whole callers', async () => {
    const { orders, store, clock } = start(onDemand);
    const calls = [600_000, 600_000, 300_000].map((count) => watch(orders.take(count)));
    await clock.turn();
    await store.grant();
    await store.grant();
    expect(store.claims.map(({ request }) => request.count)).toEqual([600_000, 900_000]);
    expect(calls.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'resolved']);
  });

  it('ids cached before it was chosen are not given any more', async () => {
    const { orders, registry, store, clock } = start({ blockSize: 10 });
    const first = orders.next();
    await clock.turn();
    await store.grant();
    expect(await first).toBe(1);
    registry.get('orders', undefined, 'onDemand');
    expect(orders.cached).toBe(0);
    const next = watch(orders.next());
    await clock.turn();
    await store.grant();
    expect(next.value).toBe(11);
  });

  it('callers are served though other sequences have answered all that they may in this turn', async () => {
    const { registry, orders, store, clock } = start({
      sequences: { others: { blockSize: 100_000 } },
      ...onDemand,
    });
    const others = registry.get('others');
    const [one, another] = [watch(others.next()), watch(orders.next())];
    await clock.turn();
    for (const claim of store.claims) await claim.answer({ first: 1, last: claim.request.count, epoch: 'e' });
    expect([one.value, another.value]).toEqual([1, 1]);
    await drawUntilPause(registry, () => others.next());
    const next = watch(orders.next());
    await clock.turn();
    await store.claimed.answer({ first: 2, last: 2, epoch: 'e' });
    expect(next.value).toBe(2);
  });
});

const SEED = Number(process.env['SEED'] ?? randomInt(2 ** 31));

describe('Over several processes', () => {
  it(`a call that begins after another one has returned gets a higher id (seed ${SEED})`, async () => {
    const act = fc.oneof(
      fc.record({
        process: fc.nat(2),
        draw: fc.integer({ min: 1, max: 5 }),
        timeout: fc.constantFrom(undefined, 200),
      }),
      fc.record({ answer: fc.nat(5), lost: fc.boolean() }),
      fc.record({ advance: fc.constantFrom(1, 100, 600, 2_600) }),
      fc.record({ abort: fc.nat(10) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 60 }), async (acts) => {
        const clock = new VirtualClock(SEED);
        const counter = { last: 0 };
        const stores = [0, 1, 2].map(() => new SharedStore(clock, counter));
        const registries = stores.map(
          (store) => new SequenceRegistry(store, resolveOptions(onDemand), clock),
        );
        const handles = registries.map((registry) => registry.get('orders'));
        const aborts: AbortController[] = [];
        let returned = 0;
        let broken = '';
        const step = async (given: (typeof acts)[number]) => {
          if ('draw' in given) {
            const begun = returned;
            const abort = new AbortController();
            aborts.push(abort);
            const { timeout } = given;
            const options = { signal: abort.signal, ...(timeout === undefined ? {} : { timeout }) };
            handles[given.process]!.take(given.draw, options).then(
              (ids) => {
                if (ids[0]! <= begun) broken ||= `${ids[0]} after ${begun}`;
                returned = Math.max(returned, ids.at(-1)!);
              },
              () => {},
            );
            await clock.turn();
          } else if ('answer' in given) {
            const open = stores.flatMap((store) => store.sent);
            const claim = open[given.answer % Math.max(1, open.length)];
            if (given.lost) await claim?.lose();
            else await claim?.answer();
          } else if ('advance' in given) await clock.advance(given.advance);
          else aborts[given.abort % Math.max(1, aborts.length)]?.abort();
        };
        for (const each of acts) await step(each);
        for (const registry of registries) void registry.close();
        await clock.advance(60_000);
        if (broken !== '') throw new Error(broken);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 500), seed: SEED },
    );
  });
});

/** A store that applies a claim when it is sent, and answers when it is told to. */
class SharedStore extends ScriptedStore {
  readonly sent: { answer(): Promise<void>; lose(): Promise<void> }[] = [];

  constructor(
    clock: VirtualClock,
    private readonly counter: { last: number },
  ) {
    super(clock);
  }

  override claim(request: ClaimRequest): Promise<Block> {
    const promise = super.claim(request);
    const pending = this.claimed;
    const first = this.counter.last + 1;
    this.counter.last += pending.request.count;
    const { last } = this.counter;
    const over = (): unknown => this.sent.splice(this.sent.indexOf(entry), 1);
    const entry = {
      answer: () => (over(), pending.answer({ first, last, epoch: 'epoch-1' })),
      lose: () => (over(), pending.fail(failure('UNAVAILABLE', { ambiguous: true }))),
    };
    this.sent.push(entry);
    return promise;
  }
}
