import { from, map, Observable, take as takeFirst, toArray, zipWith, lastValueFrom } from 'rxjs';
import type { Sequence } from '../../lib/core/sequence.js';
import type { SequenceModuleOptions } from '../../lib/nest/sequence-module.options.js';
import { handled } from '../support/rejections.js';
import { start as startProcess } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { range, watch } from '../support/watched.js';

/** A process over a store that answers at once; streams pace themselves by real macrotasks. */
function start(options: SequenceModuleOptions = {}) {
  const { clock, store, registry, orders: sequence } = startProcess(options);
  store.instantly = true;
  /** Lets macrotasks pass until `done`. */
  const until = async (done: () => boolean) => {
    for (let turn = 0; turn < 10_000 && !done(); turn++) await clock.turn();
    expect(done()).toBe(true);
  };
  const settled = async <Result>(promise: Promise<Result>) => {
    const watched = watch(promise);
    await until(() => watched.state !== 'pending');
    return promise;
  };
  return { clock, store, registry, sequence, until, settled };
}

describe('stream', () => {
  it('delivers its count in order and completes', async () => {
    const { sequence, settled } = start();
    expect(await settled(lastValueFrom(sequence.stream(25).pipe(toArray())))).toEqual(range(1, 25));
    expect(await settled(lastValueFrom(sequence.stream(0).pipe(toArray())))).toEqual([]);
  });

  it('is cold: nothing is drawn before a subscription, and each draws ids of its own', async () => {
    const { sequence, store, clock, settled } = start();
    const stream = sequence.stream(3);
    await clock.turn();
    expect(store.claims).toHaveLength(0);
    expect(await settled(lastValueFrom(stream.pipe(toArray())))).toEqual([1, 2, 3]);
    expect(await settled(lastValueFrom(stream.pipe(toArray())))).toEqual([4, 5, 6]);
  });

  it('loses none to an unsubscriber: an id is drawn when it is delivered', async () => {
    const { sequence, settled } = start();
    const ids = await settled(lastValueFrom(sequence.stream(1_000).pipe(takeFirst(7), toArray())));
    expect(ids).toEqual(range(1, 7));
    expect(await settled(sequence.next())).toBe(8);
  });

  it('loses none to an unsubscriber when all ids are cached and delivered at once', async () => {
    const { sequence, settled } = start({ blockSize: 100 });
    await settled(sequence.next());
    const ids: number[] = [];
    sequence
      .stream(50)
      .pipe(takeFirst(3))
      .subscribe((id) => ids.push(id));
    expect(ids).toEqual([2, 3, 4]);
    expect(await settled(sequence.next())).toBe(5);
  });

  it('loses none to an unsubscriber who waits for a block', async () => {
    const { sequence, store, clock } = start();
    store.instantly = false;
    const ids: number[] = [];
    const subscription = sequence.stream(5).subscribe((id) => ids.push(id));
    await clock.turn();
    subscription.unsubscribe();
    await store.grant();
    expect(ids).toEqual([]);
    expect(await sequence.next()).toBe(1);
  });

  it('zipped with three orders draws three ids', async () => {
    const { sequence, settled } = start();
    const orders = from(['a', 'b', 'c']);
    const pairs = orders.pipe(
      zipWith(sequence.stream(3)),
      map(([order, id]) => `${order}${id}`),
      toArray(),
    );
    expect(await settled(lastValueFrom(pairs))).toEqual(['a1', 'b2', 'c3']);
    expect(await settled(sequence.next())).toBe(4);
  });

  it('has no endless form', () => {
    const { sequence } = start();
    expect(() => (sequence.stream as (count?: number) => Observable<number>)()).toThrow(TypeError);
    expect(() => sequence.stream(Infinity)).toThrow(RangeError);
  });

  it('of 2^53 - 1 ids lets timers and answers have their turn', async () => {
    const { sequence, settled } = start({ blockSize: 1_000_000 });
    await settled(sequence.next());
    let delivered = 0;
    const subscription = sequence.stream(Number.MAX_SAFE_INTEGER).subscribe(() => delivered++);
    await new Promise<void>((resolve) => setImmediate(resolve));
    subscription.unsubscribe();
    expect(delivered).toBeGreaterThan(0);
    expect(delivered).toBeLessThan(30_000);
    expect(await sequence.next()).toBe(delivered + 2);
  });

  it('ends with the error of a failed claim', async () => {
    const { sequence, store, clock } = start();
    store.instantly = false;
    const seen = watch(lastValueFrom(sequence.stream(5)));
    await clock.turn();
    const verdict = failure('EXHAUSTED');
    await store.claimed.fail(verdict);
    await clock.turn();
    expect(seen.error).toBe(verdict);
  });

  it('ends at once where its signal is aborted already, and draws nothing', async () => {
    const { sequence, store, settled } = start();
    const reason = new Error('over');
    const stream = lastValueFrom(sequence.stream(3, { signal: AbortSignal.abort(reason) }));
    await expect(settled(stream)).rejects.toBe(reason);
    expect(store.claims).toHaveLength(0);
  });

  it('ends with the reason of its signal, before the next id', async () => {
    const { sequence, settled } = start();
    const abort = new AbortController();
    const ids: number[] = [];
    const seen = settled(
      new Promise((resolve) => {
        sequence.stream(1_000_000, { signal: abort.signal }).subscribe({
          next: (id) => {
            ids.push(id);
            if (id === 4) abort.abort(new Error('enough'));
          },
          error: resolve,
        });
      }),
    );
    expect(await seen).toEqual(new Error('enough'));
    expect(ids).toEqual([1, 2, 3, 4]);
  });

  it('delivers what the transform of its handle makes; one that throws costs one id', async () => {
    const { registry, settled } = start();
    const picky = registry.get('orders', (id) => {
      if (id === 3) throw new Error('not 3');
      return `#${id}`;
    });
    const seen: unknown[] = [];
    const stream = new Promise<unknown>((resolve) =>
      picky.stream(5).subscribe({ next: (id) => seen.push(id), error: resolve }),
    );
    expect(await settled(stream)).toEqual(new Error('not 3'));
    expect(seen).toEqual(['#1', '#2']);
    expect(await settled(picky.next())).toBe('#4');
  });
});

describe('The iterator', () => {
  it('gives one id a step; leaving the loop loses none', async () => {
    const { sequence, settled } = start();
    const ids: number[] = [];
    const loop = async () => {
      for await (const id of sequence) {
        ids.push(id);
        if (ids.length === 13) break;
      }
    };
    await settled(loop());
    expect(ids).toEqual(range(1, 13));
    expect(await settled(sequence.next())).toBe(14);
  });

  it('shares the ids with everybody else', async () => {
    const { sequence, settled } = start();
    const steps = sequence[Symbol.asyncIterator]();
    expect(await settled(steps.next())).toEqual({ done: false, value: 1 });
    expect(await settled(sequence.next())).toBe(2);
    expect(sequence.tryNext()).toBe(3);
    expect(await settled(steps.next())).toEqual({ done: false, value: 4 });
    expect(await steps.return(undefined as never)).toMatchObject({ done: true });
    expect(sequence.tryNext()).toBe(5);
  });

  it('in a loop without end lets timers have their turn', async () => {
    const { sequence, clock, settled } = start({ blockSize: 1_000_000 });
    await settled(sequence.next());
    let drawn = 0;
    let over = false;
    const loop = async () => {
      for await (const _ of sequence) {
        drawn++;
        if (over) break;
      }
    };
    const done = watch(loop());
    await clock.settle();
    expect(drawn).toBeLessThanOrEqual(50_000);
    over = true;
    await settled(loop());
    expect(done.state).toBe('resolved');
  });
});

describe('A transform', () => {
  it('belongs to its handle: others of the name draw numbers from the same ids', async () => {
    const { registry, settled } = start();
    const plain = registry.get('orders');
    const formatted = registry.get('orders', (id) => `R-${id}`);
    const boxed = registry.get('orders', (id) => ({ id }));
    expect(await settled(plain.next())).toBe(1);
    expect(await settled(formatted.next())).toBe('R-2');
    expect(formatted.tryNext()).toBe('R-3');
    expect(await settled(boxed.take(2))).toEqual([{ id: 4 }, { id: 5 }]);
    expect(await settled(registry.get('orders').next())).toBe(6);
  });

  it('that throws costs its ids and nothing else', async () => {
    const { registry, settled } = start();
    const broken = registry.get('orders', (id): number => {
      throw new Error(`no ${id}`);
    });
    const plain = registry.get('orders');
    await expect(settled(broken.next())).rejects.toThrow('no 1');
    expect(() => broken.tryNext()).toThrow('no 2');
    await expect(settled(broken.take(3))).rejects.toThrow('no 3');
    expect(await settled(plain.take(2))).toEqual([6, 7]);
  });

  it('may draw from the same sequence itself', async () => {
    const { registry, settled } = start();
    const plain = registry.get('orders');
    const pair = registry.get('orders', (id) => [id, plain.tryNext()]);
    expect(await settled(pair.next())).toEqual([1, 2]);
    expect(await settled(pair.next())).toEqual([3, 4]);
  });

  it('that returns a promise is refused on every path: it would be a value on one and a promise on another', async () => {
    const { registry, settled } = start();
    const slow = registry.get('orders', (id) => Promise.resolve(id)) as Sequence<unknown>;
    const refused = 'return a value for id';
    await expect(settled(slow.next())).rejects.toThrow(refused);
    expect(() => slow.tryNext()).toThrow(refused);
    await expect(settled(slow.take(2))).rejects.toThrow(refused);
    await expect(settled(lastValueFrom(slow.stream(1)))).rejects.toThrow(refused);
    expect(await settled(registry.get('orders').next())).toBe(6);
  });

  it('that returns a promise which rejects leaves no rejection that nobody handles', async () => {
    const { registry, settled } = start();
    const failing = registry.get('orders', () => Promise.reject(new Error('unheard'))) as Sequence<unknown>;
    await expect(settled(failing.next())).rejects.toThrow('got a promise');
    expect(() => failing.tryNext()).toThrow('got a promise');
    expect(await handled()).toBe(true);
  });

  it('that returns a query which runs when it is awaited does not run it', async () => {
    const { registry, settled } = start();
    let runs = 0;
    // oxlint-disable-next-line unicorn/no-thenable -- as the queries of some libraries are
    const query = registry.get('orders', () => ({ then: () => runs++ }));
    await expect(settled(query.next())).rejects.toThrow('got a promise');
    expect(await handled()).toBe(true);
    expect(runs).toBe(0);
  });
});

describe('inspect', () => {
  it('tells the highest id claimed by anybody and what this process has, and draws nothing', async () => {
    const { sequence, store, settled } = start();
    await settled(sequence.next());
    expect(await settled(sequence.inspect())).toEqual({
      name: 'orders',
      last: 10,
      epoch: 'epoch-1',
      history: undefined,
      cached: 9,
      waiting: 0,
    });
    expect(await sequence.next()).toBe(2);
    expect(store.claims).toHaveLength(1);
  });
});

describe('The start of a definition', () => {
  it('and its block size hold on every path to the name', async () => {
    const sequences = (name: string) => (name === 'orders' ? { start: 1_000, blockSize: 3 } : undefined);
    const { registry, sequence, store, clock } = start({ sequences });
    void sequence.next();
    await clock.turn();
    expect(store.claimed.request).toMatchObject({ start: 1_000, count: 3 });
    void registry.get('shipments').next();
    await clock.turn();
    expect(store.claimed.request).toMatchObject({ start: 1, count: 10 });
  });

  it('given after the first use still counts: the counter may not exist yet', async () => {
    const { registry, sequence, store, clock } = start();
    registry.define('orders', { start: 500, blockSize: 7 });
    void sequence.next();
    await clock.turn();
    expect(store.claimed.request).toMatchObject({ start: 500, count: 7 });
  });
});
