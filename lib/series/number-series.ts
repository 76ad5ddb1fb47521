import { isDeepStrictEqual } from 'node:util';
import { assertInteger, assertKnownKeys, show } from '../common/arguments.js';
import { brand } from '../common/brand.js';
import type { BlockSizeOption } from '../core/block-size.js';
import { assertSeriesDate, type CalendarDay, parseCalendarDay, type SeriesDate } from './calendar-day.js';
import type { Restart } from './period.js';
import { type ResolvedSeries, resolveDefinition } from './resolve-definition.js';
import type { NumberSeriesDefinition } from './series-definition.js';
import type { SeriesRecord } from './series-record.js';

/** What the text of a number says. */
export interface SeriesNumber {
  readonly n: number;
  /** The period that it was counted in: `2026`, `2026-Q1`, `2026-03`, `2026-W53`, `2026-03-01`; empty without a restart. */
  readonly period: string;
  /** The scope, where the format has `{scope}`. */
  readonly scope?: string;
}

/** `scope` is required of a scoped series, and refused of another. */
export type ScopeOption<Scoped extends boolean> = [Scoped] extends [true]
  ? { scope: string }
  : [Scoped] extends [false]
    ? { scope?: never }
    : { scope?: string | undefined };

/** What a text is made of, beside the number. */
export type FormatOptions<Scoped extends boolean = boolean> = ScopeOption<Scoped> & {
  /** The date of the document. Required where the format reads a date. */
  at?: SeriesDate | undefined;
};

type FormatArguments<Scoped extends boolean> = [Scoped] extends [true]
  ? [options: FormatOptions<Scoped>]
  : [options?: FormatOptions<Scoped>];

/**
 * Defines a series of the numbers that people see, for example `INV-2026-000042`. The definition is a value: it
 * registers nothing, so it may be a constant of a module, or made at run time from what a tenant has configured.
 *
 * @throws TypeError or RangeError for a definition that is not one, and for a format whose texts could repeat: then the
 * message has an example.
 * @example
 * export const invoiceNumbers = numberSeries({
 *   name: 'invoices',
 *   format: 'INV-{yyyy}-{n:6}',
 *   restart: 'year',
 *   timeZone: 'Europe/Vienna',
 *   scoped: true,
 * });
 * invoiceNumbers.format(42, { at: '2026-03-01', scope: 'acme' }); // 'INV-2026-000042'
 * invoiceNumbers.parse('INV-2026-000042');                        // { n: 42, period: '2026' }
 */
export function numberSeries(definition: NumberSeriesDefinition<true> & { scoped: true }): NumberSeries<true>;
export function numberSeries(
  definition: NumberSeriesDefinition<false> & { scoped?: false | undefined },
): NumberSeries<false>;
export function numberSeries(definition: NumberSeriesDefinition): NumberSeries {
  return new NumberSeries(definition);
}

/** A defined series: made by {@link numberSeries}, frozen. Knows no store and no clock. */
export class NumberSeries<Scoped extends boolean = boolean> {
  static {
    brand(this, 'NumberSeries');
  }

  readonly name: string;
  readonly scoped: Scoped;
  /** The format, and after it those that the series had before. */
  readonly formats: readonly string[];
  readonly restart: Restart;
  readonly timeZone: string | undefined;
  readonly start: number;
  /** The last number of each counter: what the definition's `max` and its format leave. */
  readonly max: number;
  readonly warnAt: number;
  readonly blockSize: BlockSizeOption;
  readonly #resolved: ResolvedSeries;
  readonly #compared: unknown;
  #dayText: string | undefined;
  #day: CalendarDay | undefined;

  /** @internal Use {@link numberSeries}. */
  constructor(definition: NumberSeriesDefinition<Scoped>) {
    const resolved = resolveDefinition(definition);
    this.name = definition.name;
    this.scoped = (definition.scoped ?? false) as Scoped;
    this.formats = Object.freeze(resolved.formats.map(({ format }) => format));
    this.restart = frozen(definition.restart ?? 'never');
    this.timeZone = definition.timeZone;
    this.start = definition.start ?? 1;
    this.max = resolved.last;
    this.warnAt = definition.warnAt ?? 0.8;
    this.blockSize = frozen(definition.blockSize ?? 'onDemand');
    this.#resolved = resolved;
    const { maxLength, charset } = definition;
    this.#compared = [{ ...this, restart: resolved.periods.text }, maxLength, charset, resolved.fingerprint];
    Object.freeze(this);
  }

  /**
   * The text of number `n`: an integer from 1 to {@link max}. Pure: the same arguments give the same text.
   *
   * @throws TypeError or RangeError for a number, date or scope that is not one, or that the series has no text for.
   */
  format(n: number, ...[options]: FormatArguments<Scoped>): string {
    const { at, scope }: FormatOptions = options ?? {};
    if (options !== undefined) assertKnownKeys('the format options', options, FORMAT_OPTIONS);
    assertInteger('n', n, 1, this.max);
    this.assertScope(scope);
    const [format] = this.#resolved.formats;
    if (at === undefined && format.readsDate) {
      throw new TypeError(`Series "${this.name}": the format reads a date, so the text of a number needs at`);
    }
    return format.write(n, at === undefined ? undefined : this.dayOf(at), scope);
  }

  /**
   * What a text says; undefined for what is not exactly the text of a number of this series, in its format or a former
   * one. Whether the number was ever handed out is not known here.
   */
  parse(text: string): SeriesNumber | undefined {
    if (typeof text !== 'string') throw new TypeError(`Expected a text to parse, got ${show(text)}`);
    for (const format of this.#resolved.formats) {
      const reading = format.read(text);
      if (reading === undefined) continue;
      const { n, period, scope } = reading;
      return scope === undefined ? { n, period } : { n, period, scope };
    }
    return undefined;
  }

  /** Whether both definitions say the same, so that it does not matter which of them is used. */
  equals(other: NumberSeries): boolean {
    if (this === (other as unknown)) return true;
    // One of another copy of this package is compared by what it says of itself.
    return #compared in other && isDeepStrictEqual(this.#compared, other.#compared);
  }

  /**
   * Whether a call needs a day, for the text or for the counter.
   *
   * @internal
   */
  get readsDate(): boolean {
    return this.#resolved.formats[0].readsDate || this.#resolved.periods.unit !== 'never';
  }

  /**
   * The calendar day of a date: an instant is read in {@link timeZone}. Undefined: it is a date, but nothing reads it.
   *
   * @internal
   */
  dayOf(at: SeriesDate): CalendarDay | undefined {
    if (typeof at === 'string') {
      if (at !== this.#dayText) {
        this.#day = parseCalendarDay(at);
        this.#dayText = at;
      }
      return this.#day;
    }
    assertSeriesDate(at);
    return this.readsDate ? this.#resolved.localDays!.at(at.getTime()) : undefined;
  }

  /** @internal */
  periodOf(day: CalendarDay | undefined): string {
    return day === undefined ? '' : this.#resolved.periods.keyOf(day);
  }

  /**
   * The key of the period after the one that `day` is in.
   *
   * @internal
   */
  periodAfter(day: CalendarDay): string {
    return this.#resolved.periods.keyAfter(day);
  }

  /**
   * {@link format}, of what was checked before.
   *
   * @internal
   */
  write(n: number, day: CalendarDay | undefined, scope: string | undefined): string {
    return this.#resolved.formats[0].write(n, day, scope);
  }

  /**
   * What the store keeps of the series.
   *
   * @internal
   */
  get record(): SeriesRecord {
    const { formats, fingerprint } = this.#resolved;
    return {
      restart: this.restart,
      scoped: this.scoped,
      formats: formats.map(({ format, last }) => ({ format, last })),
      key: fingerprint,
      timeZone: this.timeZone,
    };
  }

  /** @internal */
  assertScope(scope: unknown): void {
    if (!this.scoped) {
      if (scope === undefined) return;
      throw new TypeError(`Series "${this.name}" is not scoped: it has no counter for scope ${show(scope)}`);
    }
    if (scope === undefined) throw new TypeError(`Series "${this.name}" is scoped: every call needs a scope`);
    this.#resolved.limits.assertScope(scope);
  }
}

const FORMAT_OPTIONS = ['at', 'scope'];

/** A copy of a small option, so that what the caller does with its own changes nothing. */
function frozen<Value>(value: Value): Value {
  return typeof value === 'object' ? Object.freeze({ ...value }) : value;
}
