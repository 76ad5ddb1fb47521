import type { Sequence } from '../core/sequence.js';
import { assertSeriesDate, type SeriesDate } from '../series/calendar-day.js';
import type { NumberSeries } from '../series/number-series.js';
import { dayOf, placeOn, textAt } from '../series/place.js';
import type { SeriesRegistry } from '../series/series-registry.js';

/** Where an id is drawn, and what becomes of it. */
export interface Counted {
  /** The counter: entities with the same one share a draw. */
  readonly name: string;
  /** What draws. Called once for each counter, before the first draw. */
  readonly open: () => Pick<Sequence, 'take'>;
  readonly valueOf: (id: number) => unknown;
}

/** The numbers that one `assign` gives: all that have no date of their own are of one moment. */
export class NumberedEntities {
  #present: Date | undefined;

  constructor(private readonly series: SeriesRegistry | undefined) {}

  define(series: NumberSeries): void {
    this.#registry.define(series);
  }

  /** Throws for a scope or date that is not one, before any request. No `date`: the present. */
  count(series: NumberSeries, scope: unknown, date: { value: unknown } | undefined): Counted {
    const registry = this.#registry;
    series.assertScope(scope);
    const at = date && dateOf(date.value);
    const day = dayOf(series, at, () => (this.#present ??= registry.present()));
    const place = placeOn(registry, series, scope as string | undefined, day, at !== undefined);
    return {
      name: place.name,
      open: () => {
        const numbers = registry.sequence(place);
        return {
          take: async (count, options) => {
            await registry.recorded(series, options);
            return numbers.take(count, options);
          },
        };
      },
      valueOf: (n) => textAt(registry, place, n),
    };
  }

  get #registry(): SeriesRegistry {
    if (this.series !== undefined) return this.series;
    throw new TypeError(
      'Number series need the SequenceService of SequenceModule, and a test has replaced it',
    );
  }
}

/** An entity whose date is missing is not of today. */
function dateOf(at: unknown): SeriesDate {
  assertSeriesDate(at);
  return at;
}
