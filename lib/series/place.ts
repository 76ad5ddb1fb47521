import { sequenceError } from '../common/sequence-error.js';
import type { CalendarDay, SeriesDate } from './calendar-day.js';
import type { NumberSeries } from './number-series.js';
import { counterName } from './scope.js';
import type { SeriesCounter, SeriesRegistry } from './series-registry.js';

/** Where a number counts, and the day in its text: both from one reading of its date. */
export interface Place extends SeriesCounter {
  readonly day: CalendarDay | undefined;
}

/** Undefined: nothing reads the date, so the present is not read either. */
export function dayOf(
  series: NumberSeries,
  at: SeriesDate | undefined,
  present: () => Date,
): CalendarDay | undefined {
  const given = at ?? (series.readsDate ? present() : undefined);
  const day = given === undefined ? undefined : series.dayOf(given);
  return series.readsDate ? day : undefined;
}

/** Throws, before any request, for a day that the format has no text for. `isGiven`: it is not the present day. */
export function placeOn(
  registry: SeriesRegistry,
  series: NumberSeries,
  scope: string | undefined,
  day: CalendarDay | undefined,
  isGiven: boolean,
): Place {
  const period = series.periodOf(day);
  series.write(series.start, day, scope);
  const place = { series, scope, period, day, name: counterName(series.name, scope, period) };
  if (isGiven && day !== undefined) heedFuture(registry, place);
  return place;
}

/** The text of a number that was drawn: the counter gives none beyond the last one. */
export function textAt(registry: SeriesRegistry, place: Place, n: number): string {
  registry.heed(place, n);
  return place.series.write(n, place.day, place.scope);
}

/** Throws `EXHAUSTED` for a number that the series does not have. */
export function assertLeft({ series, name }: Place, n: number): void {
  const { max } = series;
  if (n <= max) return;
  throw sequenceError(
    name,
    'EXHAUSTED',
    `${max} is the last number, and it was handed out. Further numbers need a larger max, which the format must have ` +
      'room for, or a new series.',
  );
}

function heedFuture(registry: SeriesRegistry, place: Place): void {
  const { series, period } = place;
  const present = series.dayOf(registry.present());
  if (present === undefined || period <= series.periodAfter(present)) return;
  registry.warnOfFuture(place, series.periodOf(present));
}
