import { expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { randomInt } from 'node:crypto';
import { calendarDay, dayNumber } from '../../lib/series/calendar-day.js';
import { numberSeries } from '../../lib/series/number-series.js';
import { Periods, type Restart } from '../../lib/series/period.js';
import type { NumberSeriesDefinition } from '../../lib/series/series-definition.js';

/**
 * Random definitions, and for those that are accepted random numbers, dates and scopes. RUNS=1000000 tries more; a
 * failure prints its seed and path, SEED repeats a run.
 */
const RUNS = Number(process.env['RUNS'] ?? 20_000);
const SEED = Number(process.env['SEED'] ?? randomInt(2 ** 31));
/** Numbers, dates and scopes for each definition. */
const EACH = 20;

const key = Uint8Array.from({ length: 24 }, (_, index) => index * 7);
const day = fc
  .integer({ min: dayNumber(1900, 1, 1), max: dayNumber(2299, 12, 31) })
  .map((number) => calendarDay(number).text);
/** Where years, fiscal years and ISO weeks change, within the century that two digits tell. */
const newYear = fc
  .tuple(
    fc.integer({ min: 2000, max: 2099 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: -4, max: 4 }),
  )
  .map(([year, month, offset]) => calendarDay(dayNumber(year, month, 1) + offset).text);
const number = fc.oneof(
  fc.integer({ min: 1, max: 200 }),
  fc.integer({ min: 1, max: 20_000_000 }),
  fc.maxSafeNat().map((n) => Math.max(1, n)),
  // As if other parts of the text had slipped into the number.
  fc.tuple(newYear, fc.nat(9_999)).map(([text, n]) => Number(`${text.replaceAll('-', '')}${n}`)),
);
const scope = fc
  .tuple(
    fc.constantFrom('a', 'Z', '0', '7', '2026'),
    fc.string({ unit: fc.constantFrom(...'aZ019._:-'), maxLength: 9 }),
  )
  .map((parts) => parts.join(''));
const cases = fc.array(fc.record({ n: number, at: fc.oneof(day, newYear), scope }), {
  minLength: EACH,
  maxLength: EACH,
});

const restart = fc.oneof(
  fc.constantFrom<Restart>('never', 'year', 'quarter', 'month', 'week', 'day'),
  fc.integer({ min: 1, max: 12 }).map((startMonth): Restart => ({ every: 'year', startMonth })),
);
const literal = fc.constantFrom('', '-', '/', 'INV', 'A', '0', '1', '20', '{{', '.', 'a-1', 'é');
const dates = fc.oneof(
  fc.constantFrom(
    '{yyyy}',
    '{yy}',
    '{yyyy}{MM}',
    '{yyyy}-{MM}-{dd}',
    '{GGGG}{WW}',
    '{yyyy}{q}',
    '{fy}',
    '{fy2}{fyEnd2}',
  ),
  fc
    .uniqueArray(
      fc.constantFrom('yyyy', 'yy', 'MM', 'dd', 'q', 'GGGG', 'WW', 'fy', 'fy2', 'fyEnd', 'fyEnd2'),
      {
        maxLength: 4,
      },
    )
    .map((kinds) => kinds.map((kind) => `{${kind}}`).join('')),
);
const plain = fc.oneof(
  fc.constantFrom(
    '{n}',
    '{n:1}',
    '{n:4}',
    '{n:6}',
    '{n:6!}',
    '{n:3:36}',
    '{n:5:crockford}',
    '{n:9!:2}',
    '{n:20}',
  ),
  fc.constantFrom('{n:2:10}', '{n:4:16}', '{n:7!:crockford}'),
);
const scrambled = fc.constantFrom(
  '{n:6:scrambled}',
  '{n:8:scrambled}',
  '{n:8!:scrambled}',
  '{n:16:scrambled}',
);
const check = fc.constantFrom(
  '',
  '',
  '',
  '{check:luhn}',
  '{check:damm}',
  '{check:verhoeff}',
  '{check:mod97}',
);

function definitions(n: fc.Arbitrary<string>) {
  const format = fc
    .tuple(
      fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 }),
      n,
      dates,
      fc.constantFrom('', '{scope}'),
      fc.array(literal, { minLength: 4, maxLength: 4 }),
      check,
    )
    .map(([order, ...[n, dates, scope, literals, check]]) => {
      const parts = [n, dates, scope];
      return order.map((part, index) => `${literals[index]}${parts[part]}`).join('') + literals[3]! + check;
    });
  return fc.record({
    format,
    restart,
    max: fc.option(fc.constantFrom(9, 999_999, 5_000_000), { nil: undefined }),
    formerFormats: fc.oneof(
      { weight: 4, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.array(format, { maxLength: 2 }) },
    ),
  });
}

type Given = Pick<NumberSeriesDefinition, 'format' | 'restart' | 'max' | 'formerFormats'>;

/** Undefined: refused. */
function define(given: Given) {
  const scrambles = [given.format, ...(given.formerFormats ?? [])].some((format) =>
    format.includes('scrambled'),
  );
  try {
    return numberSeries({
      name: 'x',
      scoped: true,
      timeZone: 'UTC',
      key: scrambles ? key : undefined,
      ...given,
    });
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function everyTextIsReadBack(runs: number, n: fc.Arbitrary<string>): { accepted: number; texts: number } {
  const counts = { accepted: 0, texts: 0 };
  fc.assert(
    fc.property(definitions(n), cases, (given, all) => {
      const series = define(given);
      if (series === undefined) return;
      counts.accepted++;
      const periods = new Periods(given.restart!);
      const owners = new Map<string, string>();
      for (const { n, at, scope } of all) {
        if (n > series.max) continue;
        let text: string;
        try {
          text = series.format(n, { at, scope });
        } catch (error) {
          // Two digits do not tell this year.
          if (error instanceof RangeError) continue;
          throw error;
        }
        counts.texts++;
        const { year, month, day } = calendarDay(Date.parse(at) / 86_400_000);
        const period = periods.keyOf(calendarDay(dayNumber(year, month, day)));
        const expected = { n, period, ...(given.format.includes('{scope}') && { scope }) };
        expect([text, series.parse(text)]).toEqual([text, expected]);
        const owner = JSON.stringify(expected);
        expect([text, owners.get(text) ?? owner]).toEqual([text, owner]);
        owners.set(text, owner);
      }
    }),
    { numRuns: Math.ceil(runs / EACH), seed: SEED },
  );
  return counts;
}

it(`reads back every text of every definition that is accepted: ${RUNS} cases (seed ${SEED})`, () => {
  const { accepted, texts } = everyTextIsReadBack(RUNS, plain);
  // What is refused is not tried: enough must be accepted for the rest to say something.
  expect(accepted).toBeGreaterThan(RUNS / EACH / 10);
  expect(texts).toBeGreaterThan(RUNS / 30);
}, 3_600_000);

// Scrambling is slow. Most definitions are refused, so there are enough of them for some to be accepted.
const SCRAMBLED_RUNS = Math.max(Math.ceil(RUNS / 50), 200 * EACH);

it(`reads back every scrambled text: ${SCRAMBLED_RUNS} cases (seed ${SEED})`, () => {
  const { texts } = everyTextIsReadBack(SCRAMBLED_RUNS, scrambled);
  expect(texts).toBeGreaterThan(0);
}, 3_600_000);
