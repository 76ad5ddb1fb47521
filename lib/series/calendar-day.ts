import { types } from 'node:util';
import { show } from '../common/arguments.js';

/**
 * What a number's date is given as: an instant, read in the time zone of the series, or a calendar day `'YYYY-MM-DD'`,
 * to which no zone is applied.
 */
export type SeriesDate = Date | string;

const MILLISECONDS_A_DAY = 86_400_000;

/**
 * The years of the days that are accepted: one whole cycle of the Gregorian calendar, so that what is decided about
 * formats can be decided by looking at every day. What lies outside is a mistake (year 1, 1899-12-30, 9999-12-31 are
 * what other systems have for no date).
 */
export const FIRST_YEAR = 1900;
export const LAST_YEAR = 2299;

/** A day of the Gregorian calendar with everything a format or a period can read. */
export interface CalendarDay {
  /** `YYYY-MM-DD`. */
  readonly text: string;
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** Of the month, 1 to 31. */
  readonly day: number;
  /** 1 to 4. */
  readonly quarter: number;
  /** The year that the ISO week belongs to. */
  readonly weekYear: number;
  /** The ISO week, 1 to 53. */
  readonly week: number;
}

/** Days since 1 January 1970. The calendar is that of `Date`, in UTC, where every day has 24 hours. */
export function dayNumber(year: number, month: number, day: number): number {
  return Date.UTC(year, month - 1, day) / MILLISECONDS_A_DAY;
}

/** The day of a {@link dayNumber}. */
export function calendarDay(number: number): CalendarDay {
  const date = new Date(number * MILLISECONDS_A_DAY);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + 1;
  const day = date.getUTCDate();
  // ISO 8601: a week belongs to the year of its Thursday. Day 0 was a Thursday.
  const thursday = number + 3 - modulo(number + 3, 7);
  const weekYear = new Date(thursday * MILLISECONDS_A_DAY).getUTCFullYear();
  const week = Math.floor((thursday - dayNumber(weekYear, 1, 1)) / 7) + 1;
  const text = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
  return { text, year, month, day, quarter: Math.ceil(month / 3), weekYear, week };
}

/** `text` is a `SeriesDate` that is a string. Throws TypeError or RangeError. */
export function parseCalendarDay(text: string): CalendarDay {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match !== null) {
    const year = Number(match[1]);
    assertYear({ year, text });
    const found = calendarDay(dayNumber(year, Number(match[2]), Number(match[3])));
    // `Date` makes 1 March of 29 February 2026.
    if (found.text === text) return found;
  }
  throw new TypeError(
    `Expected at to be a Date, or a calendar day 'YYYY-MM-DD' that exists, got ${show(text)}`,
  );
}

/** Throws a TypeError for anything but a Date that is a time, or a text. Not `instanceof`: other realms have a Date of their own. */
export function assertSeriesDate(at: unknown): asserts at is SeriesDate {
  if (typeof at === 'string') return;
  if (types.isDate(at) && !Number.isNaN(at.getTime())) return;
  const got = types.isDate(at) ? 'an invalid Date' : show(at);
  throw new TypeError(`Expected at to be a Date, or a calendar day 'YYYY-MM-DD' that exists, got ${got}`);
}

/** Throws a RangeError for a day that is not accepted. */
export function assertYear({ year, text }: Pick<CalendarDay, 'year' | 'text'>): void {
  if (year >= FIRST_YEAR && year <= LAST_YEAR) return;
  throw new RangeError(`Expected at to be in the years ${FIRST_YEAR} to ${LAST_YEAR}, got ${text}`);
}

/** A number of at least `width` decimal digits. */
export function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
