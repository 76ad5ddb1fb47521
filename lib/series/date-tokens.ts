import { type CalendarDay, digits } from './calendar-day.js';
import type { Periods } from './period.js';

const KINDS = ['yyyy', 'yy', 'MM', 'dd', 'q', 'GGGG', 'WW', 'fy', 'fy2', 'fyEnd', 'fyEnd2'] as const;

export type DateKind = (typeof KINDS)[number];

export function isDateKind(name: string): name is DateKind {
  return (KINDS as readonly string[]).includes(name);
}

/** Whether the token names a year in two digits, which say which one it is from 2000 to 2099. */
const TWO_DIGITS: readonly DateKind[] = ['yy', 'fy2', 'fyEnd2'];

/**
 * The texts that a token can be, as alternatives of one set of characters per position. They may allow more than there
 * is (a fiscal year from 1800 on), never less.
 */
export const DATE_SHAPES: Readonly<Record<DateKind, readonly (readonly string[])[]>> = {
  yyyy: years('9', '012'),
  yy: [['0123456789', '0123456789']],
  MM: [
    ['0', '123456789'],
    ['1', '012'],
  ],
  dd: [
    ['0', '123456789'],
    ['12', '0123456789'],
    ['3', '01'],
  ],
  q: [['1234']],
  GGGG: years('9', '012'),
  WW: [
    ['0', '123456789'],
    ['1234', '0123456789'],
    ['5', '0123'],
  ],
  fy: years('89', '012'),
  fy2: [['0123456789', '0123456789']],
  fyEnd: years('9', '0123'),
  fyEnd2: [['0123456789', '0123456789']],
};

/** The second digits after a first digit 1, and after 2. */
function years(after1: string, after2: string): string[][] {
  return [
    ['1', after1, '0123456789', '0123456789'],
    ['2', after2, '0123456789', '0123456789'],
  ];
}

/** The text of a date token on `day`. Throws a RangeError where two digits would not tell the year. */
export function dateText(kind: DateKind, day: CalendarDay, periods: Periods): string {
  const value = valueOf(kind, day, periods);
  if (!TWO_DIGITS.includes(kind)) return digits(value, DATE_SHAPES[kind][0]!.length);
  if (!hasDateText(kind, day, periods)) {
    throw new RangeError(
      `{${kind}} tells the years 2000 to 2099 apart, but on ${day.text} it would be ${value}. Use the token with four digits`,
    );
  }
  return digits(value - 2000, 2);
}

/** Whether {@link dateText} gives a text for `day`. */
export function hasDateText(kind: DateKind, day: CalendarDay, periods: Periods): boolean {
  if (!TWO_DIGITS.includes(kind)) return true;
  const year = valueOf(kind, day, periods);
  return year >= 2000 && year <= 2099;
}

function valueOf(kind: DateKind, day: CalendarDay, periods: Periods): number {
  switch (kind) {
    case 'yyyy':
    case 'yy':
      return day.year;
    case 'MM':
      return day.month;
    case 'dd':
      return day.day;
    case 'q':
      return day.quarter;
    case 'GGGG':
      return day.weekYear;
    case 'WW':
      return day.week;
    case 'fy':
    case 'fy2':
      return periods.fiscalYearOf(day);
    case 'fyEnd':
    case 'fyEnd2':
      return periods.fiscalYearEndOf(day);
  }
}
