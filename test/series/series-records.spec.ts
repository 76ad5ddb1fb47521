import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';
import { type NumberSeries, numberSeries } from '../../lib/series/number-series.js';
import type { NumberSeriesDefinition } from '../../lib/series/series-definition.js';
import { Series } from '../../lib/series/series.js';
import { SeriesRegistry } from '../../lib/series/series-registry.js';
import { MemoryCounters } from '../../lib/store/memory-sequence-store.js';
import type { SequenceStore } from '../../lib/store/sequence-store.js';
import { ResettableCounterStore } from '../../lib/testing/resettable-store.js';
import { failure } from '../support/scripted-store.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { watch } from '../support/watched.js';

const base = { name: 'x', format: '{yyyy}-{n:4}', restart: 'year', timeZone: 'UTC' } as const;
type Options = Partial<Omit<NumberSeriesDefinition<false>, 'name' | 'scoped'>> & { scoped?: boolean };

function define(options: Options = {}): NumberSeries {
  return numberSeries({ ...base, ...options } as NumberSeriesDefinition<false> & { scoped: false });
}

const open: SeriesRegistry[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(open.splice(0).map(({ sequences }) => sequences.close()));
});

/** Processes over one set of counters. */
function start(counters = new MemoryCounters()) {
  const process = (
    series: NumberSeries,
    store: SequenceStore = new ResettableCounterStore(counters),
    options: { timeout?: number } = {},
  ) => {
    const registry = new SeriesRegistry(
      store,
      resolveOptions({ ...options, store }),
      () => new Date('2026-06-01'),
    );
    open.push(registry);
    return new Series(registry, series, series.scoped ? { scope: 'a' } : {});
  };
  return { counters, process };
}

describe('A series that another process uses with', () => {
  const key = (byte: number) => new Uint8Array(16).fill(byte);

  it.each<[string, Options, Options, RegExp]>([
    ['another restart', {}, { restart: 'never' }, /restart was year, here it is never/],
    [
      'another fiscal year',
      { restart: { every: 'year', startMonth: 4 }, format: '{fy}-{n}' },
      { restart: { every: 'year', startMonth: 7 }, format: '{fy}-{n}' },
      /year from month 4, here it is year from month 7/,
    ],
    ['scopes', { scoped: true }, { scoped: false }, /scoped was true, here it is false/],
    [
      'another key',
      { format: '{yyyy}-{n:8:scrambled}', key: key(1) },
      { format: '{yyyy}-{n:8:scrambled}', key: key(2) },
      /the key was another one/,
    ],
    [
      'a format that could give the same text',
      { format: 'R{yyyy}{n:6}' },
      { format: 'R{yy}{n:6}' },
      /"R\{yy\}\{n:6\}" and "R\{yyyy\}\{n:6\}" could give one text to two numbers/,
    ],
    [
      'a former format that could',
      { format: '{yyyy}-{n}', formerFormats: ['R{yyyy}{n:6}'] },
      { format: 'R{yy}{n:6}' },
      /could give one text to two numbers/,
    ],
    [
      'scrambled numbers',
      { format: '{yyyy}-{n:8:scrambled}', key: key(1) },
      { format: '{yyyy}-{n:8}' },
      /could give one text to two numbers/,
    ],
    [
      'fewer numbers, with which the format could not',
      { format: 'R{yyyy}{n:6}', max: 999_999 },
      { format: 'R{yy}{n:6}', max: 99_999_999 },
      /could give one text to two numbers/,
    ],
  ])('%s is SERIES_CHANGED, and nothing is claimed', async (_, one, other, message) => {
    const { process } = start();
    const before = process(define(one));
    await before.next();
    const after = process(define(other));
    const thrown = await after.next().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(thrown).toMatchObject({ code: 'SERIES_CHANGED', sequence: 'x', retryable: false });
    expect((thrown as Error).message).toMatch(message);
    await expect(after.take(2)).rejects.toMatchObject({ code: 'SERIES_CHANGED' });
    await expect(after.ensureAtLeast(5)).rejects.toMatchObject({ code: 'SERIES_CHANGED' });
    await new Promise<void>((resolve) => {
      after
        .stream(1)
        .subscribe({ error: (error) => resolve(expect(error).toMatchObject({ code: 'SERIES_CHANGED' })) });
    });
    // The process that was there goes on.
    await before.next();
    expect((await before.inspect())!.last).toBe(2);
  });

  it.each<[string, Options, Options]>([
    ['the same definition', {}, {}],
    ['a wider number', { format: '{yyyy}-{n:4}' }, { format: '{yyyy}-{n:6}' }],
    ['another separator', { format: '{yyyy}-{n:4}' }, { format: '{yyyy}/{n:4}' }],
    ['a year from January', { restart: 'year' }, { restart: { every: 'year', startMonth: 1 } }],
    [
      'formats that number too few to meet',
      { format: 'R{yyyy}{n:6}', max: 999_999 },
      { format: 'R{yy}{n:6}', max: 999_999 },
    ],
    ['a larger max', { format: '{yyyy}-{n:4}', max: 9_999 }, { format: '{yyyy}-{n:4}', max: 99_999 }],
    ['no key yet', { format: '{yyyy}/{n}' }, { format: '{yyyy}-{n:8:scrambled}', key: key(1) }],
    ['another start and size', { start: 1, blockSize: 1 }, { start: 100, blockSize: 50 }],
  ])('%s goes on, and so does the other', async (_, one, other) => {
    const { process } = start();
    const [before, after] = [process(define(one)), process(define(other))];
    await before.next();
    await after.next();
    await before.next();
    // A third one, started anew, finds both.
    await process(define(one)).next();
    expect((await after.inspect())!.last).toBeGreaterThanOrEqual(4);
  });

  it('another time zone is warned of, once', async () => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { process: run } = start();
    await run(define()).next();
    const other = run(define({ timeZone: 'Europe/Vienna' }));
    await other.next();
    await other.next();
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings).toHaveBeenCalledWith(
      expect.stringContaining('was UTC, here it is Europe/Vienna'),
      expect.anything(),
    );
  });

  it('a time zone, where none was needed before, is no other one', async () => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { process: run } = start();
    const plain = { restart: 'never', timeZone: undefined, format: '{n}' } as const;
    const dated = { restart: 'never', format: '{yyyy}-{n}' } as const;
    await run(define(plain)).next();
    await run(define(dated)).next();
    await run(define(plain)).next();
    expect(warnings).not.toHaveBeenCalled();
    await run(define({ ...dated, timeZone: 'Europe/Vienna' })).next();
    expect(warnings).toHaveBeenCalledWith(
      expect.stringMatching(
        /was UTC, here it is Europe\/Vienna: around midnight the numbers .* have different dates/,
      ),
      expect.anything(),
    );
  });

  it('a larger max is known to those who come later', async () => {
    const { process } = start();
    await process(define({ format: 'R{yy}{n:6}', max: 999_999 })).next();
    await process(define({ format: 'R{yy}{n:6}', max: 99_999_999 })).next();
    await expect(process(define({ format: 'R{yyyy}{n:6}', max: 999_999 })).next()).rejects.toMatchObject({
      code: 'SERIES_CHANGED',
    });
  });
});

describe('The record of a series', () => {
  it('is asked for once per process, not per scope or period, however many call at once', async () => {
    const { counters } = start();
    const store = new ResettableCounterStore(counters);
    const asked = jest.spyOn(store, 'recordSeries');
    const registry = new SeriesRegistry(store, resolveOptions({ store }), () => new Date('2026-06-01'));
    open.push(registry);
    const series = define({ scoped: true });
    await Promise.all(
      ['a', 'b', 'c'].flatMap((scope) =>
        ['2025-01-01', '2026-01-01'].map((at) => new Series(registry, series, { scope }).next({ at })),
      ),
    );
    await new Series(registry, series, { scope: 'd' }).next();
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('is repeated after a failure', async () => {
    const { counters, process } = start();
    const store = new ResettableCounterStore(counters);
    const record = store.recordSeries!;
    let failures = 0;
    store.recordSeries = (request) =>
      failures++ < 2 ? Promise.reject(failure('UNAVAILABLE')) : record(request);
    expect(await process(define(), store).next()).toBe('2026-0001');
    expect(failures).toBe(3);
  });

  it('fails each call that it cannot be read for, and is asked for again', async () => {
    const { counters, process } = start();
    const store = new ResettableCounterStore(counters);
    const record = store.recordSeries!;
    store.recordSeries = () => Promise.reject(failure('FORBIDDEN'));
    const series = process(define(), store);
    await expect(series.next()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    store.recordSeries = record;
    expect(await series.next()).toBe('2026-0001');
  });

  it('leaves a caller whose signal aborts', async () => {
    const { counters, process } = start();
    const store = new ResettableCounterStore(counters);
    store.recordSeries = () => new Promise(() => {});
    const abort = new AbortController();
    const drawn = process(define(), store, { timeout: 500 }).next({ signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(drawn).rejects.toThrow('enough');
  });

  it('is waited for as long as each call says, whoever asked first', async () => {
    const clock = new VirtualClock();
    const store = new ResettableCounterStore(new MemoryCounters());
    const record = store.recordSeries!;
    store.recordSeries = () => new Promise(() => {});
    const registry = new SeriesRegistry(
      store,
      resolveOptions({ store, timeout: 5_000 }),
      () => new Date('2026-06-01'),
      clock,
    );
    open.push(registry);
    const series = new Series(registry, define());
    const [short, first, long] = [100, undefined, 60_000].map((timeout) => watch(series.next({ timeout })));
    await clock.advance(100);
    expect(short!.error).toMatchObject({
      code: 'TIMEOUT',
      ambiguous: false,
      message: expect.stringContaining('within 100 ms. Nothing was handed out'),
    });
    await clock.advance(4_000);
    const late = watch(series.next());
    await clock.advance(900);
    expect(first!.error).toMatchObject({ code: 'TIMEOUT' });
    expect([long!.state, late.state]).toEqual(['pending', 'pending']);
    await clock.advance(4_100);
    expect(late.error).toMatchObject({ code: 'TIMEOUT' });
    store.recordSeries = record;
    for (let step = 0; step < 20 && long!.state === 'pending'; step++) await clock.advance(1_000);
    expect(long!.value).toBe('2026-0001');
  });

  it('keeps nobody waiting once the application shuts down', async () => {
    const clock = new VirtualClock();
    const store = new ResettableCounterStore(new MemoryCounters());
    const asked = jest.fn(() => new Promise<string>(() => {}));
    store.recordSeries = asked;
    const registry = new SeriesRegistry(
      store,
      resolveOptions({ store }),
      () => new Date('2026-06-01'),
      clock,
    );
    const drawn = watch(new Series(registry, define()).next());
    await clock.turn();
    await registry.sequences.close();
    await clock.turn();
    expect(drawn.error).toMatchObject({ code: 'CLOSED' });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('may be waited for by any number of calls with one signal, and no listener stays', async () => {
    const { counters, process } = start();
    const { signal } = new AbortController();
    const series = process(define(), new ResettableCounterStore(counters));
    await Promise.all(
      Array.from({ length: 20 }, (_, call) => {
        const drawn = series.next({ signal });
        if (call > 0) expect(getEventListeners(signal, 'abort')).toHaveLength(1);
        return drawn;
      }),
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('is CORRUPT if it is none', async () => {
    const { counters, process } = start();
    await counters.record('x', undefined, '{"version":2}');
    await expect(process(define()).next()).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('keeps the formats of all when two join at once', async () => {
    const { counters, process } = start();
    await process(define()).next();
    const formats = ['{yyyy}/{n}', '{yyyy}.{n}', '{yyyy}_{n}', '{yyyy}:{n}'];
    await Promise.all(formats.map((format) => process(define({ format })).next()));
    const stored = JSON.parse(await counters.record('x', '', '')) as { formats: { format: string }[] };
    expect(stored.formats.map(({ format }) => format).toSorted()).toEqual(
      [base.format, ...formats].toSorted(),
    );
  });

  it('is no counter, and gone with a reset of all', async () => {
    const { counters, process } = start();
    await process(define()).next();
    expect(await counters.read('x')).toBeUndefined();
    await counters.remove('x~~2026');
    await expect(process(define({ restart: 'never' })).next()).rejects.toMatchObject({
      code: 'SERIES_CHANGED',
    });
    await counters.remove(undefined);
    expect(await process(define({ restart: 'never' })).next()).toBe('2026-0001');
  });

  it('is missed, with one warning, on a store that keeps none', async () => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { counters } = start();
    const store = new ResettableCounterStore(counters);
    delete store.recordSeries;
    const registry = new SeriesRegistry(store, resolveOptions({ store }), () => new Date('2026-06-01'));
    open.push(registry);
    await new Series(registry, define()).next();
    await new Series(registry, numberSeries({ name: 'y', format: '{n}' })).next();
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings).toHaveBeenCalledWith(
      expect.stringContaining('ResettableCounterStore keeps no record'),
      expect.anything(),
    );
  });
});
