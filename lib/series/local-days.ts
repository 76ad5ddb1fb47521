import {
  assertYear,
  type CalendarDay,
  calendarDay,
  dayNumber,
  FIRST_YEAR,
  LAST_YEAR,
} from './calendar-day.js';
import { show } from '../common/arguments.js';

const DAY = 86_400_000;
const EARLIEST = (dayNumber(FIRST_YEAR, 1, 1) - 2) * DAY;
const LATEST = (dayNumber(LAST_YEAR + 1, 1, 1) + 2) * DAY;

/** The calendar days of one time zone, by the time zone data of `Intl`. */
export class LocalDays {
  readonly #format: Intl.DateTimeFormat;
  /** The instants from `#from` up to but not including `#until` are all in `#day`. */
  #from = 0;
  #until = 0;
  #day: CalendarDay | undefined;

  /** Throws a TypeError for anything but the name of a zone. */
  constructor(readonly timeZone: string) {
    // Not every Node knows `+01:00`, and no such zone has daylight saving.
    if (typeof timeZone !== 'string' || !/^[A-Za-z]/.test(timeZone)) throw unknownZone(timeZone);
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone,
        calendar: 'gregory',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch (cause) {
      throw unknownZone(timeZone, cause);
    }
  }

  /** The day that a clock on the wall shows at `instant`, in milliseconds since 1970. */
  at(instant: number): CalendarDay {
    if (this.#day !== undefined && instant >= this.#from && instant < this.#until) return this.#day;
    // Outside in every zone. Not asked for, because the clock does not show the era.
    if (instant < EARLIEST || instant > LATEST) assertYear(calendarDay(Math.floor(instant / DAY)));
    const wall = this.#wallClock(instant);
    const day = calendarDay(Math.floor(wall / DAY));
    assertYear(day);
    this.#keep(instant, wall, day);
    return day;
  }

  /**
   * Keeps the 24 hours that the wall clock's day has if no clock is changed in it, once both ends agree that none is. No
   * zone ever changed its clocks twice within three days (read from the time zone data of 2025c), so that nothing can
   * happen in between and be undone. On a day of change every instant is asked for: midnight may come twice, or not at
   * all.
   */
  #keep(instant: number, wall: number, day: CalendarDay): void {
    const from = instant - (wall - Math.floor(wall / DAY) * DAY);
    const until = from + DAY;
    const start = Math.floor(wall / DAY) * DAY;
    if (this.#wallClock(from) !== start || this.#wallClock(until - 1) !== start + DAY - 1) return;
    this.#from = from;
    this.#until = until;
    this.#day = day;
  }

  /** What the clock on the wall shows, as if it were UTC, in milliseconds since 1970. */
  #wallClock(instant: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(instant)) part[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
    const time = ((hour * 60 + minute) * 60 + second) * 1_000;
    return dayNumber(year, month, day) * DAY + time + (((instant % 1_000) + 1_000) % 1_000);
  }
}

function unknownZone(timeZone: unknown, cause?: unknown): TypeError {
  return new TypeError(
    `Expected timeZone to be the name of an IANA time zone, for example 'Europe/Vienna' or 'UTC', got ${show(timeZone)}`,
    cause === undefined ? undefined : { cause },
  );
}
