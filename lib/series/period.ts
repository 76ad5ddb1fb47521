import { assertInteger, assertKnownKeys, show } from '../common/arguments.js';
import { type CalendarDay, calendarDay, dayNumber, digits } from './calendar-day.js';

const UNITS = ['never', 'year', 'quarter', 'month', 'week', 'day'] as const;

/** When the numbers of a series begin at `start` again. A week is an ISO week, from Monday on. */
export type Restart = (typeof UNITS)[number] | FiscalYear;

/** Each year on the first of `startMonth`, 1 to 12: 4 for a fiscal year from April to March. */
export interface FiscalYear {
  every: 'year';
  startMonth: number;
}

/**
 * How a series is divided into counters. Everything here is a function of the calendar day alone, never of 24 hours
 * added or subtracted.
 */
export class Periods {
  readonly unit: (typeof UNITS)[number];
  /** The month that a year begins with: 1, but for a fiscal year. */
  readonly startMonth: number;
  /** Whether {@link startMonth} was given, so that a format may name the fiscal year. */
  readonly fiscal: boolean;

  /** Throws a TypeError or RangeError for anything but a {@link Restart}. */
  constructor(restart: Restart) {
    this.fiscal = typeof restart === 'object' && restart !== null;
    if (typeof restart === 'object' && restart !== null) {
      assertKnownKeys('restart', restart, ['every', 'startMonth']);
      if (restart.every !== 'year') {
        throw new TypeError(`Expected restart.every to be 'year', got ${show(restart.every)}`);
      }
      assertInteger('restart.startMonth', restart.startMonth, 1, 12);
      this.unit = 'year';
      this.startMonth = restart.startMonth;
      return;
    }
    if (!UNITS.includes(restart)) {
      const units = UNITS.map((unit) => `'${unit}'`).join(', ');
      throw new TypeError(
        `Expected restart to be ${units} or { every: 'year', startMonth: 4 }, got ${show(restart)}`,
      );
    }
    this.unit = restart;
    this.startMonth = 1;
  }

  /** Equal for divisions into the same counters: `year`, `year from month 4`. */
  get text(): string {
    return this.startMonth === 1 ? this.unit : `${this.unit} from month ${this.startMonth}`;
  }

  /**
   * The key of the period that `day` is in: `2026`, `2026-Q1`, `2026-03`, `2026-W53`, `2026-03-01`; empty where numbers
   * never restart. A fiscal year has the key of its first year. The keys of one series sort as its periods follow one
   * another.
   */
  keyOf(day: CalendarDay): string {
    switch (this.unit) {
      case 'never':
        return '';
      case 'year':
        return digits(this.fiscalYearOf(day), 4);
      case 'quarter':
        return `${digits(day.year, 4)}-Q${day.quarter}`;
      case 'month':
        return day.text.slice(0, 7);
      case 'week':
        return `${digits(day.weekYear, 4)}-W${digits(day.week, 2)}`;
      case 'day':
        return day.text;
    }
  }

  /** The key of the period that follows the one that `day` is in. */
  keyAfter(day: CalendarDay): string {
    return this.keyOf(calendarDay(this.#startAfter(day)));
  }

  /** The {@link dayNumber} that the next period begins with. */
  #startAfter(day: CalendarDay): number {
    const { year, month, quarter } = day;
    switch (this.unit) {
      case 'never':
      case 'day':
        return dayNumber(year, month, day.day) + 1;
      case 'year':
        return dayNumber(this.fiscalYearOf(day) + 1, this.startMonth, 1);
      case 'quarter':
        return dayNumber(year, quarter * 3 + 1, 1);
      case 'month':
        return dayNumber(year, month + 1, 1);
      case 'week':
        return dayNumber(year, month, day.day) + 7;
    }
  }

  /** The first calendar year of the fiscal year that `day` is in. */
  fiscalYearOf(day: CalendarDay): number {
    return day.month >= this.startMonth ? day.year : day.year - 1;
  }

  /** The last calendar year of the fiscal year that `day` is in. */
  fiscalYearEndOf(day: CalendarDay): number {
    return this.fiscalYearOf(day) + (this.startMonth === 1 ? 0 : 1);
  }
}
