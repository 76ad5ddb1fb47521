import { types } from 'node:util';
import { show } from '../common/arguments.js';
import { type Clock, systemClock } from '../common/clock.js';
import type { CallOptions } from '../core/call-options.js';
import type { CoreOptions, CounterDefinition, Floor } from '../core/core-options.js';
import { SequenceRegistry } from '../core/sequence-registry.js';
import { Sequence, type Transform } from '../core/sequence.js';
import type { SequenceStore } from '../store/sequence-store.js';
import { type LimitMessage, limitChannel } from './limit-channel.js';
import type { NumberSeries } from './number-series.js';
import { counterParts, counterPrefix } from './scope.js';
import { SeriesRecords } from './series-records.js';

/** One counter of a series. */
export interface SeriesCounter {
  readonly series: NumberSeries;
  readonly scope: string | undefined;
  readonly period: string;
  readonly name: string;
}

/** The `floor` hook, as it is asked for a counter of a series: with the parts of the counter's name. */
export type SeriesFloor = (
  name: string,
  counter?: { series: string; scope: string | undefined; period: string },
) => Floor | Promise<Floor>;

/**
 * The number series of one application, over its sequences. A counter of a series is a sequence among the others; what
 * the series says of it reaches the core here, and nowhere else.
 */
export class SeriesRegistry {
  readonly sequences: SequenceRegistry;
  readonly #series = new Map<string, NumberSeries>();
  readonly #records: SeriesRecords;
  /** Series and counters that were warned of. */
  readonly #warned = new Set<string>();

  /** `now`: the present, where a call gives no date. */
  constructor(
    store: SequenceStore,
    options: CoreOptions,
    private readonly now: () => Date = () => new Date(),
    clock: Clock = systemClock,
  ) {
    const { definition, floor } = options;
    const own: CoreOptions = {
      ...options,
      definition: (name) => this.#definitionOf(name) ?? definition(name),
      periods: { of: periodOf, isOver: (period) => this.#isOver(period) },
      floor: floor && ((name) => (floor as SeriesFloor)(name, counterParts(name))),
    };
    this.sequences = new SequenceRegistry(store, own, clock);
    this.#records = new SeriesRecords(this.sequences);
  }

  /** Makes a series known here. Two definitions of one name may not disagree: which held would depend on the order. */
  define(series: NumberSeries): void {
    const known = this.#series.get(series.name);
    if (known === undefined) this.#series.set(series.name, series);
    else if (!known.equals(series)) {
      throw new TypeError(
        `Series "${series.name}" is defined twice in this application, differently: with the format ${show(known.formats[0])} ` +
          `and with ${show(series.formats[0])}, or other options. Keep one definition, or give one of them another name.`,
      );
    }
  }

  /**
   * Resolves when the store has a record with which this definition agrees; undefined: it has, as at every call but the
   * first ones. Rejects with `SERIES_CHANGED`.
   */
  recorded(series: NumberSeries, call: CallOptions | undefined): Promise<void> | undefined {
    return this.#records.settled(series, call);
  }

  /** Tests only: as `SequenceRegistry.startAnew`. A reset of all counters, or of a series, is one of their records. */
  async startAnew(action: () => Promise<void>, which?: string | NumberSeries): Promise<void> {
    if (typeof which === 'string') return this.sequences.startAnew(action, which);
    const prefix = which === undefined ? '' : counterPrefix(which.name);
    const asked = this.#records.asked();
    let written: Promise<void> | undefined;
    const over = this.sequences.startAnew(
      async () => {
        await written;
        await action();
      },
      (name) => name.startsWith(prefix),
      // Calls made before that wait for a record are not in the line of their counter yet.
      (name) => asked.get(counterParts(name)?.series ?? ''),
    );
    written = this.#records.startAnew(over, which?.name);
    return over;
  }

  /** A handle on one counter, that gives what `transform` makes of its numbers. */
  sequence<T = number>({ name }: SeriesCounter, transform?: Transform<T>): Sequence<T> {
    return new Sequence<T>(this.sequences, name, transform);
  }

  /** Read once per call. */
  present(): Date {
    const present = this.now();
    if (types.isDate(present) && !Number.isNaN(present.getTime())) return present;
    const got = types.isDate(present) ? 'an invalid Date' : show(present);
    throw new TypeError(`Expected now to return a Date, got ${got}`);
  }

  /** Called with each number that is handed out: one comparison, but at the end of a counter. */
  heed({ series, scope, period, name }: SeriesCounter, n: number): void {
    const { max, warnAt } = series;
    if (n < max * warnAt || max === Number.MAX_SAFE_INTEGER || !this.#warnsFirst(name)) return;
    const message: LimitMessage = { sequence: name, series: series.name, scope, period, n, max };
    if (limitChannel.hasSubscribers) limitChannel.publish(message);
    process.emitWarning(
      `Sequence "${name}": number ${n} was handed out, and ${max} is the last one. Further numbers need a larger max, ` +
        'which the format must have room for, or a new series.',
      { type: 'SequenceWarning', code: 'ESSEQUENCE_LIMIT' },
    );
  }

  /** A date that lies ahead is a document's own, or a mistake: said once per series. */
  warnOfFuture({ series, period }: SeriesCounter, present: string): void {
    if (!this.#warnsFirst(series.name)) return;
    process.emitWarning(
      `Series "${series.name}": a number was asked for period ${period}, more than one ahead of the present one, ${present}. ` +
        'Its counter is used as asked.',
      { type: 'SequenceWarning', code: 'ESSEQUENCE_FUTURE' },
    );
  }

  #warnsFirst(what: string): boolean {
    if (this.#warned.has(what)) return false;
    this.#warned.add(what);
    return true;
  }

  /** Whether what {@link periodOf} gives is over. The keys of one series sort as its periods follow one another. */
  #isOver(seriesPeriod: string): boolean {
    const [name = '', period = ''] = seriesPeriod.split('~');
    const series = this.#series.get(name);
    return series !== undefined && period < series.periodOf(series.dayOf(this.present()));
  }

  #definitionOf(name: string): CounterDefinition | undefined {
    const parts = counterParts(name);
    const series = parts && this.#series.get(parts.series);
    if (series === undefined) return undefined;
    const { start, max, blockSize } = series;
    return {
      start,
      blockSize,
      max: max === Number.MAX_SAFE_INTEGER ? undefined : max,
      label: series.name,
    };
  }
}

/** What the counters of one series and period have in common, whatever their scopes. */
function periodOf(name: string): string | undefined {
  const parts = counterParts(name);
  return parts && parts.period !== '' ? `${parts.series}~${parts.period}` : undefined;
}
