import { type CalendarDay, calendarDay, dayNumber, FIRST_YEAR, LAST_YEAR } from './calendar-day.js';
import { type DateKind, dateText, hasDateText } from './date-tokens.js';
import type { Periods } from './period.js';
import type { SeriesFormat } from './series-format.js';
import type { TextPosition } from './text-positions.js';

/** A day of one format and a day of the other, in different periods, with one text. */
export interface DateCollision {
  readonly days: readonly [CalendarDay, CalendarDay];
}

/** A common text, character by character, as both formats see it. */
export type Alignment = readonly (readonly [TextPosition, TextPosition])[];

/**
 * Looks for a day of `one` and a day of `other` in different periods whose date tokens agree wherever `alignment` lays
 * them upon each other or upon literal text. Unless the tokens that meet themselves tell the period at once, it looks at
 * all days, or at those that stand for all.
 */
export function dateCollision(
  one: SeriesFormat,
  other: SeriesFormat,
  alignment: Alignment,
  periods: Periods,
): DateCollision | undefined {
  if (tellPeriod(shared(one, alignment), periods)) return undefined;
  const sides = [meeting(one, alignment, 0, periods), meeting(other, alignment, 1, periods)] as const;
  const seen = [new Map<string, Met[]>(), new Map<string, Met[]>()] as const;
  const kinds = [...one.dateKinds, ...other.dateKinds];
  for (const day of daysOf(kinds, periods, meetThemselves(alignment))) {
    const met = { day, period: periods.keyOf(day) };
    for (const side of [0, 1] as const) {
      const text = sides[side](day);
      if (text === undefined) continue;
      const known = seen[side].get(text);
      // Of two periods one differs from any third.
      if (known === undefined) seen[side].set(text, [met]);
      else if (known.length === 1 && known[0]!.period !== met.period) known.push(met);
      const partner = seen[1 - side]!.get(text)?.find(({ period }) => period !== met.period);
      if (partner !== undefined) return { days: side === 0 ? [day, partner.day] : [partner.day, day] };
    }
  }
  return undefined;
}

interface Met {
  readonly day: CalendarDay;
  readonly period: string;
}

/**
 * The days to look at, from the present on, for examples that people understand at once. Where everything that is read
 * is the same all month, the first day of each month stands for it.
 *
 * Where all date tokens meet just themselves, thirty years stand for all. Two days that agree then have a year token in
 * common, so they are in that year or in the ones beside it; or they have none, and then equal days of two years of one
 * kind collide. How three years in a row look depends on the weekday that they begin with and on which of them is a leap
 * year. There are 28 such cases (7 weekdays; no leap year, or one of the three), also around 2100, and the middle years
 * 2001 to 2028 have them all.
 */
function* daysOf(kinds: readonly DateKind[], { unit }: Periods, themselves: boolean): Generator<CalendarDay> {
  const daily =
    unit === 'day' || unit === 'week' || kinds.some((kind) => ['dd', 'GGGG', 'WW'].includes(kind));
  const [from, to] = themselves ? [2000, 2029] : [FIRST_YEAR, LAST_YEAR];
  for (const [first, last] of [
    [PRESENT, to],
    [from, PRESENT - 1],
  ] as const) {
    for (let year = first; year <= last; year++) yield* daysOfYear(year, daily);
  }
}

const PRESENT = 2026;

function* daysOfYear(year: number, daily: boolean): Generator<CalendarDay> {
  for (let month = 1; month <= 12; month++) {
    const first = dayNumber(year, month, 1);
    const end = daily ? dayNumber(year, month + 1, 1) : first + 1;
    for (let number = first; number < end; number++) yield calendarDay(number);
  }
}

/** Whether every character of a date token meets the same character of the same token. */
function meetThemselves(alignment: Alignment): boolean {
  return alignment.every(
    ([left, right]) => isSame(left, right) || ![left, right].some(({ part }) => part.type === 'date'),
  );
}

function isSame(left: TextPosition, right: TextPosition): boolean {
  return (
    left.part.type === 'date' &&
    right.part.type === 'date' &&
    left.part.kind === right.part.kind &&
    left.offset === right.offset
  );
}

/** The date tokens of `one` of which every character meets the same character of the same token of the other. */
function shared({ parts }: SeriesFormat, alignment: Alignment): ReadonlySet<DateKind> {
  const kinds = new Set<DateKind>();
  parts.forEach((part, index) => {
    if (part.type !== 'date') return;
    const met = alignment.filter(([left]) => left.index === index);
    if (met.every(([left, right]) => isSame(left, right))) kinds.add(part.kind);
  });
  return kinds;
}

/**
 * Whether the period is a function of these tokens, by what its key is made of. There are others of which it is one, for
 * example the month of `GGGG`, `WW` and `MM`: these are found by looking at all days.
 */
function tellPeriod(kinds: ReadonlySet<DateKind>, { unit, startMonth }: Periods): boolean {
  const has = (...any: DateKind[]) => any.some((kind) => kinds.has(kind));
  const year = has('yyyy', 'yy');
  const day = year && has('MM') && has('dd');
  switch (unit) {
    case 'never':
      return true;
    case 'year':
      return startMonth === 1
        ? year || has('fy', 'fy2', 'fyEnd', 'fyEnd2')
        : has('fy', 'fy2', 'fyEnd', 'fyEnd2') || (year && has('MM'));
    case 'quarter':
      return year && has('q', 'MM');
    case 'month':
      return year && has('MM');
    case 'week':
      return day || (has('GGGG') && has('WW'));
    case 'day':
      return day;
  }
}

/**
 * What of a day's tokens the other format must agree with: their characters that meet characters of its tokens, in the
 * order of the text. Undefined: the format has no text for the day, or a literal character that a token meets is another.
 */
function meeting(
  format: SeriesFormat,
  alignment: Alignment,
  side: 0 | 1,
  periods: Periods,
): (day: CalendarDay) => string | undefined {
  const tokens = new Map<number, { kind: DateKind; agreed: number[]; fixed: [number, string][] }>();
  for (const pair of alignment) {
    const [own, met] = [pair[side], pair[1 - side]!];
    if (own.part.type !== 'date') continue;
    const token = tokens.get(own.index) ?? { kind: own.part.kind, agreed: [], fixed: [] };
    tokens.set(own.index, token);
    if (met.part.type === 'date') token.agreed.push(own.offset);
    if (met.part.type === 'literal') token.fixed.push([own.offset, met.characters]);
  }
  return (day) => {
    if (!format.dateKinds.every((kind) => hasDateText(kind, day, periods))) return undefined;
    let agreed = '';
    for (const token of tokens.values()) {
      const text = dateText(token.kind, day, periods);
      for (const [offset, character] of token.fixed) if (text[offset] !== character) return undefined;
      for (const offset of token.agreed) agreed += text[offset]!;
    }
    return agreed;
  };
}
