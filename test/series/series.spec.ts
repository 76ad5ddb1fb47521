import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { lastValueFrom, toArray } from 'rxjs';
import { resolveOptions, type SequenceModuleOptions } from '../../lib/nest/sequence-module.options.js';
import { numberSeries } from '../../lib/series/number-series.js';
import { ScopedSeries, Series } from '../../lib/series/series.js';
import { type SeriesFloor, SeriesRegistry } from '../../lib/series/series-registry.js';
import type { LimitMessage } from '../../lib/series/limit-channel.js';
import { MemorySequenceStore } from '../../lib/store/memory-sequence-store.js';

const timeZone = 'Europe/Vienna';
const invoices = numberSeries({
  name: 'invoices',
  format: 'INV-{yyyy}-{n:4}',
  restart: 'year',
  timeZone,
  scoped: true,
});
const orders = numberSeries({ name: 'orders', format: 'ORD-{n:4}' });

/** Half past eleven in the evening of 31 December in UTC, and half past midnight of 1 January in Vienna. */
const NEW_YEAR = new Date('2026-12-31T23:30:00Z');

const open: SeriesRegistry[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(open.splice(0).map(({ sequences }) => sequences.close()));
});

function start(options: SequenceModuleOptions = {}, present = { time: NEW_YEAR }) {
  const store = new MemorySequenceStore();
  const registry = new SeriesRegistry(store, resolveOptions({ ...options, store }), () => present.time);
  open.push(registry);
  const claims = jest.spyOn(store, 'claim');
  return { registry, store, claims, present };
}

describe('A series', () => {
  it('gives the texts of the counter that the present is in', async () => {
    const { registry, claims } = start();
    const acme = new Series(registry, invoices, { scope: 'acme' });
    expect([await acme.next(), await acme.next()]).toEqual(['INV-2027-0001', 'INV-2027-0002']);
    expect(claims.mock.calls.map(([{ name }]) => name)).toEqual(['invoices~acme~2027', 'invoices~acme~2027']);
  });

  it('counts by the date of the document where one is given', async () => {
    const { registry } = start();
    const acme = new Series(registry, invoices, { scope: 'acme' });
    expect(await acme.next({ at: '2026-12-31' })).toBe('INV-2026-0001');
    expect(await acme.next({ at: new Date('2026-12-31T22:59:59Z') })).toBe('INV-2026-0002');
    expect(await acme.next({ at: new Date('2026-12-31T23:00:00Z') })).toBe('INV-2027-0001');
    expect(await acme.next()).toBe('INV-2027-0002');
  });

  it('begins anew for each period and for each scope', async () => {
    const { registry, present } = start();
    const [acme, other] = ['acme', 'other'].map((scope) => new Series(registry, invoices, { scope }));
    expect([await acme!.next(), await other!.next()]).toEqual(['INV-2027-0001', 'INV-2027-0001']);
    present.time = new Date('2028-01-01T12:00:00Z');
    expect([await acme!.next(), await other!.next()]).toEqual(['INV-2028-0001', 'INV-2028-0001']);
  });

  it('reads its date once: the counter and the text never disagree, whatever the time is meanwhile', async () => {
    let reads = 0;
    const times = ['2026-12-31T22:59:59.999Z', '2026-12-31T23:00:00Z'].map((time) => new Date(time));
    const store = new MemorySequenceStore();
    const registry = new SeriesRegistry(store, resolveOptions({ store }), () => times[reads++ % 2]!);
    open.push(registry);
    const acme = new Series(registry, invoices, { scope: 'acme' });
    const texts = [];
    for (let call = 1; call <= 6; call++) {
      texts.push(await acme.next());
      expect(reads).toBe(call);
    }
    expect(texts).toEqual(
      ['2026-0001', '2027-0001', '2026-0002', '2027-0002', '2026-0003', '2027-0003'].map(
        (text) => `INV-${text}`,
      ),
    );
  });

  it('reads no date where nothing needs one', async () => {
    const store = new MemorySequenceStore();
    const now = jest.fn(() => new Date());
    const registry = new SeriesRegistry(store, resolveOptions({ store }), now);
    open.push(registry);
    expect(await new Series(registry, orders).next()).toBe('ORD-0001');
    expect(await new Series(registry, orders).next({ at: '1990-01-01' })).toBe('ORD-0002');
    expect(now).not.toHaveBeenCalled();
  });

  it('takes all of one period, and none of zero', async () => {
    const { registry } = start();
    const acme = new Series(registry, invoices, { scope: 'acme' });
    expect(await acme.take(3)).toEqual(['INV-2027-0001', 'INV-2027-0002', 'INV-2027-0003']);
    expect(await acme.take(0)).toEqual([]);
    await expect(acme.take(-1)).rejects.toThrow(RangeError);
  });

  it('streams the numbers of the day it was subscribed to on', async () => {
    const { registry, present } = start();
    const stream = new Series(registry, invoices, { scope: 'acme' }).stream(2);
    expect(await lastValueFrom(stream.pipe(toArray()))).toEqual(['INV-2027-0001', 'INV-2027-0002']);
    present.time = new Date('2028-06-01');
    expect(await lastValueFrom(stream.pipe(toArray()))).toEqual(['INV-2028-0001', 'INV-2028-0002']);
  });

  it('iterates, each step with a date of its own', async () => {
    const { registry, present } = start();
    const texts: string[] = [];
    for await (const text of new Series(registry, invoices, { scope: 'acme' })) {
      texts.push(text);
      present.time = new Date('2028-06-01');
      if (texts.length === 3) break;
    }
    expect(texts).toEqual(['INV-2027-0001', 'INV-2028-0001', 'INV-2028-0002']);
  });

  it('previews without reserving', async () => {
    const { registry } = start();
    const acme = new Series(registry, invoices, { scope: 'acme' });
    expect([await acme.preview(), await acme.preview(), await acme.next()]).toEqual([
      'INV-2027-0001',
      'INV-2027-0001',
      'INV-2027-0001',
    ]);
    expect(await acme.preview()).toBe('INV-2027-0002');
    const from500 = numberSeries({ name: 'late', format: '{n}', start: 500 });
    expect(await new Series(registry, from500).preview()).toBe('500');
  });

  it('previews what the floor hook raises the counter to at first contact', async () => {
    const asked: string[] = [];
    const floor: SeriesFloor = (name) => {
      asked.push(name);
      return 41;
    };
    const { registry } = start({ floor });
    const series = new Series(registry, orders);
    expect([await series.preview(), await series.next()]).toEqual(['ORD-0042', 'ORD-0042']);
    expect([await series.preview(), await series.next()]).toEqual(['ORD-0043', 'ORD-0043']);
    expect(asked).toEqual(['orders~~', 'orders~~']);
  });

  it('previews the number after the last one of a counter that began before its start was raised', async () => {
    const { registry, store } = start();
    const signal = new AbortController().signal;
    await store.claim({ name: 'late~~', count: 5, start: 1, signal });
    const series = new Series(registry, numberSeries({ name: 'late', format: '{n}', start: 500 }));
    expect([await series.preview(), await series.next()]).toEqual(['6', '6']);
  });

  it('refuses, before any request, to raise a counter to a number that no counter can be raised to', async () => {
    const { registry, store } = start();
    const recorded = jest.spyOn(store, 'recordSeries' as never);
    const series = new Series(registry, orders);
    await expect(series.ensureAtLeast(Number.MAX_SAFE_INTEGER)).rejects.toThrow(
      'Expected n to be an integer from 0 to 9007199253740991',
    );
    expect(recorded).not.toHaveBeenCalled();
  });

  it('previews the next one in the memory of this process, and what follows in the store after that', async () => {
    const { registry, store } = start();
    const blocks = numberSeries({ name: 'blocks', format: '{n}', max: 6, blockSize: 3 });
    jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const series = new Series(registry, blocks);
    const looks = jest.spyOn(store, 'inspect');
    expect(await series.next()).toBe('1');
    expect(await series.preview()).toBe('2');
    registry.sequences.putToSleep('blocks~~');
    expect([await series.preview(), await series.next(), await series.next()]).toEqual(['2', '2', '3']);
    expect(looks).not.toHaveBeenCalled();
    const { signal } = new AbortController();
    await store.claim({ name: 'blocks~~', count: 2, start: 1, signal });
    expect([await series.preview(), await series.next()]).toEqual(['6', '6']);
    await expect(series.preview()).rejects.toMatchObject({ code: 'EXHAUSTED' });
  });

  it('is inspected with its period and scope', async () => {
    const { registry } = start();
    const acme = new Series(registry, invoices, { scope: 'acme' });
    expect(await acme.inspect()).toBeUndefined();
    await acme.take(7);
    expect(await acme.inspect()).toMatchObject({
      name: 'invoices~acme~2027',
      period: '2027',
      scope: 'acme',
      last: 7,
    });
    expect(await acme.inspect({ at: '2026-01-01' })).toBeUndefined();
  });

  it('is raised for an import, per period', async () => {
    const { registry } = start();
    const acme = new Series(registry, invoices, { scope: 'acme' });
    await acme.ensureAtLeast(invoices.parse('INV-2026-0512')!.n, { at: '2026-05-01' });
    expect(await acme.next({ at: '2026-12-31' })).toBe('INV-2026-0513');
    expect(await acme.next()).toBe('INV-2027-0001');
  });

  it('begins at its start, in blocks of its size', async () => {
    const { registry, claims } = start({ sequences: { late: { start: 7 } } });
    const series = numberSeries({ name: 'late', format: '{n}', start: 500, blockSize: 10 });
    expect(await new Series(registry, series).take(3)).toEqual(['500', '501', '502']);
    expect(claims.mock.calls[0]![0]).toMatchObject({ count: 10, start: 500 });
    // The plain sequence of the name is another counter, with a definition of its own.
    expect(await registry.sequences.get('late').next()).toBe(7);
  });

  it('asks the floor with the parts of the counter', async () => {
    const floor = jest.fn<SeriesFloor>((_name, counter) => (counter?.period === '2027' ? 40 : 0));
    const { registry } = start({ floor });
    expect(await new Series(registry, invoices, { scope: 'acme' }).next()).toBe('INV-2027-0041');
    expect(floor).toHaveBeenCalledWith('invoices~acme~2027', {
      series: 'invoices',
      scope: 'acme',
      period: '2027',
    });
    await new Series(registry, orders).next();
    expect(floor).toHaveBeenCalledWith('orders~~', { series: 'orders', scope: undefined, period: '' });
    await registry.sequences.get('orders').next();
    expect(floor).toHaveBeenCalledWith('orders', undefined);
  });

  it.each([
    ['a date that is none', { at: '2026-02-30' }, TypeError],
    ['null', { at: null as unknown as string }, TypeError],
    ['a number', { at: 1_772_323_200_000 as unknown as string }, TypeError],
    ['an unknown option', { on: '2026-01-01' } as object, TypeError],
    ['a bad timeout', { timeout: 0 }, RangeError],
    ['a date out of range', { at: '1899-12-31' }, RangeError],
  ])('refuses %s before any request', async (_, options, problem) => {
    const { registry, claims } = start();
    const acme = new Series(registry, invoices, { scope: 'acme' });
    const inspect = jest.spyOn(registry.sequences.store, 'inspect');
    for (const call of [
      acme.next(options),
      acme.take(1, options),
      acme.preview(options),
      acme.inspect(options),
    ]) {
      await expect(call).rejects.toThrow(problem);
    }
    expect(() => acme.stream(1, options)).toThrow(problem);
    expect([claims.mock.calls, inspect.mock.calls]).toEqual([[], []]);
  });

  it('refuses a year that its two digits do not tell before any request', async () => {
    const { registry, claims } = start();
    const series = numberSeries({ name: 'short', format: '{yy}-{n}', restart: 'year', timeZone });
    await expect(new Series(registry, series).next({ at: '2100-01-01' })).rejects.toThrow(RangeError);
    expect(claims).not.toHaveBeenCalled();
  });

  it('ends when its signal aborts', async () => {
    const { registry } = start();
    const acme = new Series(registry, invoices, { scope: 'acme' });
    await expect(acme.next({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

describe('Many counters of a series', () => {
  const yearly = ({ length }: { length: number }, registry: SeriesRegistry) =>
    Array.from({ length }, (_, tenant) => new Series(registry, invoices, { scope: `tenant-${tenant}` }));
  const sleep = ({ sequences }: SeriesRegistry) => {
    for (const name of sequences.names) sequences.putToSleep(name);
  };

  it('that sleep since their period is over keep their rows and do not count for maxSequences', async () => {
    const { registry, present, store } = start({ maxSequences: 3 });
    const tenants = yearly({ length: 3 }, registry);
    for (const tenant of tenants) await tenant.next();
    sleep(registry);
    // The present year counts.
    const fourth = new Series(registry, invoices, { scope: 'fourth' });
    await expect(fourth.next()).rejects.toMatchObject({ code: 'TOO_MANY_SEQUENCES' });
    for (const year of [2028, 2029]) {
      present.time = new Date(`${year}-06-01T12:00:00Z`);
      for (const tenant of tenants) expect(await tenant.next()).toBe(`INV-${year}-0001`);
      sleep(registry);
    }
    expect([...registry.sequences.names]).toHaveLength(9);
    // A backdated document goes on where its counter was, and what was known of that is known still.
    const [first] = tenants;
    expect(await first!.next({ at: '2027-05-01' })).toBe('INV-2027-0002');
    expect(store.claim).toHaveBeenCalledTimes(10);
  });

  it('are counted together, by the name of their series', async () => {
    const { registry } = start();
    for (const tenant of yearly({ length: 2 }, registry)) await tenant.next({ at: '2026-03-01' });
    await new Series(registry, orders).next();
    const figures = registry.sequences.readings.figures().map(({ label, ids }) => [label, ids]);
    expect(figures).toEqual([
      ['invoices', 2],
      ['orders', 1],
    ]);
  });
});

describe('The handle of a series', () => {
  it('needs a scope if it is scoped, and has none if not', () => {
    const { registry } = start();
    expect(() => new Series(registry, invoices)).toThrow(/scoped: every call needs a scope/);
    expect(() => new Series(registry, invoices, { scope: 'a~b' })).toThrow(TypeError);
    expect(() => new Series(registry, orders, { scope: 'acme' })).toThrow(/not scoped/);
    expect(() => new ScopedSeries(registry, orders)).toThrow(/not scoped/);
    expect(() => new Series(registry, orders, { tenant: 'acme' } as object)).toThrow(/Unknown key/);
  });

  it('of a scoped series gives one for each scope', async () => {
    const { registry } = start();
    const scoped = new ScopedSeries(registry, invoices);
    expect(await scoped.of('acme').next()).toBe('INV-2027-0001');
    expect(await scoped.of('acme').next()).toBe('INV-2027-0002');
    expect(() => scoped.of('')).toThrow(TypeError);
  });

  it('stands for one definition of its name in an application', () => {
    const { registry } = start();
    const one = () => numberSeries({ name: 'x', format: '{n}' });
    registry.define(one());
    expect(() => new Series(registry, one())).not.toThrow();
    expect(() => new Series(registry, numberSeries({ name: 'x', format: '{n:2}' }))).toThrow(
      /defined twice in this application, differently: with the format "\{n\}" and with "\{n:2\}"/,
    );
    // Another application may know another one.
    expect(() => new Series(start().registry, numberSeries({ name: 'x', format: '{n:2}' }))).not.toThrow();
  });
});

describe('The end of a series', () => {
  const ends = numberSeries({ name: 'ends', format: '{n:1!}', warnAt: 0.8 });

  it('is EXHAUSTED, for preview too', async () => {
    const { registry } = start();
    jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const series = new Series(registry, ends);
    expect(await series.take(9)).toHaveLength(9);
    await expect(series.preview()).rejects.toMatchObject({ code: 'EXHAUSTED', sequence: 'ends~~' });
    await expect(series.next()).rejects.toMatchObject({ code: 'EXHAUSTED', sequence: 'ends~~' });
    await expect(series.ensureAtLeast(10)).rejects.toThrow(RangeError);
  });

  it('a call that is refused moves no counter', async () => {
    const { registry } = start();
    jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const series = new Series(registry, ends);
    await series.take(7);
    await expect(series.take(3)).rejects.toMatchObject({ code: 'EXHAUSTED', left: 2 });
    expect(await series.inspect()).toMatchObject({ last: 7 });
    expect(await series.take(2)).toEqual(['8', '9']);
    await expect(series.next()).rejects.toMatchObject({ code: 'EXHAUSTED', left: 0 });
    expect(await series.inspect()).toMatchObject({ last: 9 });
  });

  it.each(['onDemand', 4] as const)(
    'those first in line get the last numbers (blockSize %p)',
    async (blockSize) => {
      const { registry } = start();
      jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const bounded = numberSeries({ name: 'bounded', format: 'B{n}', max: 6, blockSize });
      const series = new Series(registry, bounded);
      const calls = await Promise.allSettled(Array.from({ length: 8 }, () => series.next()));
      const given = calls.map((call) => (call.status === 'fulfilled' ? call.value : call.reason.code));
      expect(given).toEqual(['B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'EXHAUSTED', 'EXHAUSTED']);
      expect(await series.inspect()).toMatchObject({ last: 6 });
    },
  );

  it('is announced from warnAt on, once per counter: by a warning and a message', async () => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const messages: LimitMessage[] = [];
    const listener = (message: unknown) => messages.push(message as LimitMessage);
    subscribe('nestjs-essequence:limit', listener);
    try {
      const { registry } = start();
      const series = new Series(registry, ends);
      await series.take(7);
      expect([messages, warnings.mock.calls]).toEqual([[], []]);
      await series.take(2);
      expect(messages).toEqual([
        { sequence: 'ends~~', series: 'ends', scope: undefined, period: '', n: 8, max: 9 },
      ]);
      expect(warnings).toHaveBeenCalledTimes(1);
      expect(warnings).toHaveBeenCalledWith(expect.stringContaining('9 is the last one'), {
        type: 'SequenceWarning',
        code: 'ESSEQUENCE_LIMIT',
      });
    } finally {
      unsubscribe('nestjs-essequence:limit', listener);
    }
  });

  it('is no matter of numbers that have none', async () => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { registry } = start();
    const series = new Series(registry, orders);
    await series.ensureAtLeast(Number.MAX_SAFE_INTEGER - 1_000_001);
    await series.next();
    expect(warnings).not.toHaveBeenCalled();
  });
});

describe('A date ahead', () => {
  it.each([
    ['next year', '2028-12-31', 0],
    ['the year after', '2029-01-01', 1],
    ['last year', '2026-01-01', 0],
  ])('in %s is warned of %#', async (_, at, times) => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { registry } = start();
    const acme = new Series(registry, invoices, { scope: 'acme' });
    await acme.next({ at });
    await acme.next({ at });
    expect(warnings).toHaveBeenCalledTimes(times);
  });

  it.each([
    ['quarter', '{yyyy}{q}-{n}', '2027-06-30', '2027-07-01'],
    ['month', '{yyyy}{MM}-{n}', '2027-02-28', '2027-03-01'],
    ['week', '{GGGG}{WW}-{n}', '2027-01-10', '2027-01-11'],
    ['day', '{yyyy}{MM}{dd}-{n}', '2027-01-02', '2027-01-03'],
  ] as const)('is measured in periods: %s', async (restart, format, near, far) => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { registry } = start();
    const series = new Series(registry, numberSeries({ name: 'x', format, restart, timeZone }));
    await series.next({ at: near });
    expect(warnings).not.toHaveBeenCalled();
    await series.next({ at: far });
    expect(warnings).toHaveBeenCalledTimes(1);
  });
});

it('a present that is no Date is a TypeError', async () => {
  const store = new MemorySequenceStore();
  const registry = new SeriesRegistry(store, resolveOptions({ store }), () => 0 as unknown as Date);
  open.push(registry);
  await expect(new Series(registry, invoices, { scope: 'a' }).next()).rejects.toThrow(/now to return a Date/);
});

it('the present is that of fake timers, where no other is given', async () => {
  jest.useFakeTimers({ now: new Date('2031-05-05'), doNotFake: ['setImmediate', 'nextTick'] });
  try {
    const store = new MemorySequenceStore();
    const registry = new SeriesRegistry(store, resolveOptions({ store }));
    open.push(registry);
    expect(await new Series(registry, invoices, { scope: 'a' }).next()).toBe('INV-2031-0001');
  } finally {
    jest.useRealTimers();
  }
});
