import { describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { collisionOf } from '../../lib/series/collision.js';
import { calendarDay, dayNumber } from '../../lib/series/calendar-day.js';
import type { DateKind } from '../../lib/series/date-tokens.js';
import { numberSeries } from '../../lib/series/number-series.js';
import { Periods, type Restart } from '../../lib/series/period.js';
import { SeriesFormat } from '../../lib/series/series-format.js';
import type { NumberSeriesDefinition } from '../../lib/series/series-definition.js';
import { type CountedDay, days } from './days.js';

type Options = Omit<NumberSeriesDefinition<true>, 'name' | 'format' | 'scoped'>;

function define(format: string, options: Options = {}) {
  return numberSeries({ name: 'x', format, timeZone: 'UTC', scoped: true, ...options });
}

const from = (startMonth: number) => ({ every: 'year', startMonth }) as const;

describe('A format whose texts could repeat is refused, with the two dates', () => {
  it.each<[string, Restart, string, string]>([
    ['INV-{n}', 'year', '2026-', '2027-'],
    ['{MM}{dd}-{n}', 'day', '2026-', '2027-'],
    ['{yyyy}-{n}', 'month', '2026-01-', '2026-02-'],
    ['{yyyy}-{n}', 'quarter', '2026-01-', '2026-04-'],
    ['{yyyy}-{n}', 'week', '2026-01-01', '2026-01-05'],
    ['{yyyy}-{n}', 'day', '2026-01-01', '2026-01-02'],
    ['{yyyy}{MM}-{n}', 'day', '2026-01-01', '2026-01-02'],
    ['{yyyy}{q}-{n}', 'month', '2026-01-', '2026-02-'],
    // The classic trap: the week's year is another than the calendar's around New Year.
    ['{GGGG}-{n}', 'year', '2026-', '2027-01-01'],
    ['{GGGG}{MM}-{n}', 'month', '2026-01-01', '2027-01-01'],
    ['{GGGG}{MM}{dd}-{n}', 'day', '2026-01-01', '2027-01-01'],
    ['{yyyy}{WW}-{n}', 'week', '2028-01-01', '2028-12-25'],
    // A calendar year is in two fiscal years.
    ['{yyyy}-{n}', from(4), '2026-01-', '2026-04-'],
    ['{yyyy}{q}-{n}', from(2), '2026-01-', '2026-02-'],
  ])('%s with restart %j', (format, restart, one, other) => {
    let message = '';
    try {
      define(format, { restart });
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      message = (error as Error).message;
    }
    const dates = [...message.matchAll(/number 1 of (\d{4}-\d\d-\d\d) \(period ([^)]+)\)/g)];
    expect(dates.map(([, date]) => date!).toSorted()).toEqual([
      expect.stringContaining(one),
      expect.stringContaining(other),
    ]);
    expect(dates[0]![2]).not.toBe(dates[1]![2]);
    // The example is one: both dates do give this text.
    const example = JSON.parse(/same text (".*?");/.exec(message)![1]!) as string;
    const anyway = define(format, { restart: 'never' });
    for (const [, at] of dates) expect(anyway.format(1, { at: at!, scope: 'a' })).toBe(example);
  });
});

describe('A format that tells the periods apart is accepted', () => {
  it.each<[string, Restart]>([
    ['{yyyy}-{n}', 'year'],
    ['{yy}-{n}', 'year'],
    ['{yyyy}{q}-{n}', 'quarter'],
    ['{yyyy}{MM}-{n}', 'quarter'],
    ['{yyyy}{MM}-{n}', 'month'],
    ['{yyyy}{MM}{dd}-{n}', 'week'],
    ['{yyyy}{MM}{dd}-{n}', 'day'],
    ['{GGGG}{WW}-{n}', 'week'],
    ['{yyyy}{MM}-{n}', from(4)],
    ['{yyyy}{q}-{n}', from(4)],
    ['{fy}-{n}', from(4)],
    ['{fyEnd2}-{n}', from(4)],
    ['{fy}{MM}{dd}-{n}', from(4)],
    ['{GGGG}{WW}{MM}-{n}', 'month'],
    ['{GGGG}{WW}{q}-{n}', 'year'],
    ['{GGGG}{WW}{dd}-{n}', 'day'],
    ['{yyyy}{WW}{MM}-{n}', 'week'],
    ['{yyyy}{WW}{dd}-{n}', 'day'],
    ['{n}', 'never'],
    ['{n}{yyyy}', 'never'],
    ['{yyyy}{n}', 'year'],
  ])('%s with restart %j', (format, restart) => {
    expect(() => define(format, { restart })).not.toThrow();
  });
});

describe('The scope and the number', () => {
  it.each([
    '{scope}{n}',
    '{scope}{n:6}',
    '{n}{scope}',
    '{scope}1{n}',
    '{scope}{yyyy}{n:4}',
    '{scope}A{n:4:36}',
    '{n:4:16}B{scope}',
    '{scope}{n:6:scrambled}',
    '{n}{check:luhn}{scope}',
  ])('%s are not told apart: refused', (format) => {
    expect(() => define(format, { key: format.includes('scr') ? new Uint8Array(16) : undefined })).toThrow(
      /can be read with the number "[^"]+" or "[^"]+"; put a character between/,
    );
  });

  it.each([
    ['{scope}-{n}', {}],
    ['{scope}{n:6!}', {}],
    ['{scope}{n:6}', { max: 999_999 }],
    ['{n:6!}{scope}', {}],
    ['{n}-{scope}', {}],
    ['{n}/{yyyy}/{scope}', {}],
    ['{scope}{yyyy}-{n}', {}],
    ['{scope}A{n}', {}],
    ['{scope}G{n:4:16}', {}],
    ['{n:4:36}.{scope}', {}],
    ['{scope}{MM}{n:6!}', {}],
    ['{yyyy}{scope}.{n}{check:mod97}', {}],
  ] as [string, Options][])('%s %j are told apart: accepted, and read back', (format, options) => {
    const series = define(format, options);
    for (const scope of ['a', '1', 'a-1', '12.3-4_5:6', '0A', 'x-2026-1']) {
      for (const n of [1, 42, 999_999]) {
        if (n > series.max) continue;
        const text = series.format(n, { scope, at: '2026-03-01' });
        expect(series.parse(text)).toEqual({ n, period: '', scope });
      }
    }
  });
});

describe('Two formats of one series', () => {
  it.each<[string, string, Options]>([
    ['INV-{yyyy}-{n:6}', 'INV-{yyyy}-{n:4}', { restart: 'year' }],
    ['INV-{yyyy}-{n}', 'INV{yyyy}-{n}', { restart: 'year' }],
    ['{n:6}', '{n}', {}],
    ['20{yy}-{n}', '{yyyy}-{n}', { restart: 'year' }],
    ['{yyyy}{MM}-{n}', '{MM}{yyyy}-{n}', { restart: 'month' }],
    ['R{yy}{n:6}', 'R{yyyy}{n:6}', { restart: 'year', max: 999_999 }],
    ['{scope}-{n}', 'A-{n}', {}],
    ['{n:8:scrambled}', '{n:6:scrambled}', { key: new Uint8Array(16) }],
    ['{n:8:scrambled}', 'A{n:6}', { key: new Uint8Array(16) }],
    ['{n}{check:luhn}', 'A{n}', {}],
    // The number is the same in both, whatever stands behind it.
    ['{n}{check:luhn}', '{n}{check:damm}', {}],
    // What the date is does not matter where nothing restarts.
    ['{yyyy}-{n}', '{GGGG}-{n}', { restart: 'never' }],
  ])('%s and %s %j never share a text of two numbers', (format, former, options) => {
    expect(() => define(format, { ...options, formerFormats: [former] })).not.toThrow();
  });

  it.each<[string, string, Options]>([
    ['R{yy}{n:6}', 'R{yyyy}{n:6}', { restart: 'year' }],
    ['{n:8}', '{yyyy}{n:4}', {}],
    ['{n:6}', '{n:6:36}', {}],
    ['{n:6:16}', '{n:6:36}', {}],
    ['{n:8:scrambled}', '{n:6}', { key: new Uint8Array(16) }],
    ['{n}{check:luhn}', '{n}', {}],
    ['{yy}{MM}-{n}', '{MM}{yy}-{n}', { restart: 'month' }],
    ['A{scope}-{n}', '{scope}-{n}', {}],
    ['{scope}-{n}', '{n}-{scope}', {}],
    ['{fy2}{fyEnd2}-{n}', '{yy}{MM}-{n}', { restart: from(4) }],
    ['{fy}{MM}-{n}', '{yyyy}{MM}-{n}', { restart: from(4) }],
    ['{dd}{MM}{yyyy}-{n}', '{MM}{dd}{yyyy}-{n}', { restart: 'day' }],
  ])('%s and %s %j could', (format, former, options) => {
    expect(() => define(format, { ...options, formerFormats: [former] })).toThrow(
      /could give one text to two numbers/,
    );
  });
});

/**
 * Every set of date tokens with every restart, against a calendar that is counted day by day. All of them: RUNS=1; else
 * a sample, drawn by SEED.
 */
const SEED = Number(process.env['SEED'] ?? randomInt(2 ** 31));
const ALL = process.env['RUNS'] !== undefined;

describe(`What the tokens determine (seed ${SEED})`, () => {
  const counted = days();
  const kinds = ['yyyy', 'MM', 'dd', 'q', 'GGGG', 'WW', 'fy'] as const satisfies DateKind[];
  const restarts: Restart[] = ['year', 'quarter', 'month', 'week', 'day'];
  for (let startMonth = 1; startMonth <= 12; startMonth++) restarts.push(from(startMonth));

  const cases = restarts.flatMap((restart) =>
    Array.from({ length: 2 ** kinds.length }, (_, bits) => kinds.filter((_kind, bit) => (bits >> bit) & 1))
      .filter((set) => typeof restart === 'object' || !set.includes('fy'))
      .map((set) => [restart, set] as const),
  );
  let state = SEED;
  const chosen = cases.filter(() => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return ALL || state % 20 === 0;
  });

  it(`is decided as by looking at every day: ${chosen.length} of ${cases.length} cases`, () => {
    for (const [restart, set] of chosen) {
      const periods = new Periods(restart);
      const context = { periods, scoped: false, key: undefined, max: undefined };
      const format = new SeriesFormat(`${set.map((kind) => `{${kind}}`).join('')}-{n}`, context);
      const collision = collisionOf(format, format, periods);
      const expected = repeats(counted, set, restart);
      if ((collision !== undefined) !== expected) {
        throw new Error(`${format.format} with restart ${JSON.stringify(restart)}: expected ${expected}`);
      }
      if (collision?.why === 'date') {
        const [one, other] = collision.days;
        expect(format.write(1, one)).toBe(format.write(1, other));
        expect(periods.keyOf(one)).not.toBe(periods.keyOf(other));
      }
    }
  }, 3_600_000);

  it('is told by the year in two digits as by four, in its century', () => {
    const periods = new Periods('year');
    const context = { periods, scoped: false, key: undefined, max: undefined };
    const format = new SeriesFormat('{yy}-{n}', context);
    expect(collisionOf(format, format, periods)).toBeUndefined();
    expect(() => format.write(1, calendarDay(dayNumber(2100, 1, 1)))).toThrow(RangeError);
  });
});

/** Whether two days of different periods have the same texts. */
function repeats(counted: readonly CountedDay[], set: readonly string[], restart: Restart): boolean {
  const startMonth = typeof restart === 'object' ? restart.startMonth : 1;
  const seen = new Map<number, number>();
  for (const { year, month, day, quarter, weekYear, week } of counted) {
    const fiscal = month >= startMonth ? year : year - 1;
    const unit = typeof restart === 'object' ? 'fiscal' : restart;
    const period =
      unit === 'fiscal'
        ? fiscal
        : unit === 'week'
          ? weekYear * 100 + week
          : unit === 'year'
            ? year
            : unit === 'quarter'
              ? year * 10 + quarter
              : unit === 'month'
                ? year * 100 + month
                : (year * 100 + month) * 100 + day;
    let text = 0;
    const add = (kind: string, base: number, value: number) => {
      if (set.includes(kind)) text = text * base + value;
    };
    add('yyyy', 400, year - 1900);
    add('MM', 13, month);
    add('dd', 32, day);
    add('q', 5, quarter);
    add('GGGG', 400, weekYear - 1900);
    add('WW', 54, week);
    add('fy', 401, fiscal - 1899);
    const known = seen.get(text);
    if (known === undefined) seen.set(text, period);
    else if (known !== period) return true;
  }
  return false;
}
