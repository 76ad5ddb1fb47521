import { type CalendarDay, calendarDay, dayNumber, FIRST_YEAR, LAST_YEAR } from './calendar-day.js';
import { type DateKind, dateText, hasDateText } from './date-tokens.js';
import type { Periods } from './period.js';

type DateTexts = ReadonlyMap<DateKind, string>;

/** A day on which the date tokens have these texts; undefined: there is none. */
export function dayWith(texts: DateTexts, periods: Periods): CalendarDay | undefined {
  for (const day of candidates(texts, periods)) {
    let fits = day.year >= FIRST_YEAR && day.year <= LAST_YEAR;
    for (const [kind, text] of texts) {
      fits &&= hasDateText(kind, day, periods) && dateText(kind, day, periods) === text;
    }
    if (fits) return day;
  }
  return undefined;
}

/** All days that may fit: those of the years that the texts leave, without the months and days that they exclude. */
function* candidates(texts: DateTexts, periods: Periods): Generator<CalendarDay> {
  for (const [year, months] of years(texts, periods)) {
    for (const month of months) {
      if (texts.has('MM') && month !== Number(texts.get('MM'))) continue;
      const given = texts.get('dd');
      const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
      for (let day = given === undefined ? 1 : Number(given); day <= last; day++) {
        yield calendarDay(dayNumber(year, month, day));
        if (given !== undefined) break;
      }
    }
  }
}

function* years(texts: DateTexts, { startMonth }: Periods): Generator<[year: number, months: number[]]> {
  const calendar = yearOf(texts, 'yyyy', 'yy');
  const last = yearOf(texts, 'fyEnd', 'fyEnd2');
  const fiscal = yearOf(texts, 'fy', 'fy2') ?? (last === undefined || startMonth === 1 ? last : last - 1);
  const week = yearOf(texts, 'GGGG');
  if (calendar !== undefined) yield [calendar, from(1, 12)];
  else if (fiscal !== undefined) {
    yield [fiscal, from(startMonth, 12)];
    yield [fiscal + 1, from(1, startMonth - 1)];
  } else if (week !== undefined) {
    yield [week, from(1, 12)];
    yield [week - 1, [12]];
    yield [week + 1, [1]];
  } else {
    // Months, quarters, days and weeks repeat with the fourteen calendars that a year can have, and these have all.
    for (let year = 2000; year < 2028; year++) yield [year, from(1, 12)];
  }
}

function yearOf(texts: DateTexts, fourDigits: DateKind, twoDigits?: DateKind): number | undefined {
  const four = texts.get(fourDigits);
  if (four !== undefined) return Number(four);
  const two = twoDigits && texts.get(twoDigits);
  return two === undefined ? undefined : 2000 + Number(two);
}

function from(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
