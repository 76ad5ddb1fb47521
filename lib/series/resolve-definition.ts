import { assertFormatsApart } from './formats-apart.js';
import type { FormatContext } from './format-rules.js';
import { LocalDays } from './local-days.js';
import { Periods } from './period.js';
import { fingerprintOf } from './scramble.js';
import { assertSeriesDefinition, type NumberSeriesDefinition } from './series-definition.js';
import { SeriesFormat } from './series-format.js';
import { TextLimits } from './text-limits.js';

/** A definition with everything that its values become. */
export interface ResolvedSeries {
  readonly periods: Periods;
  /** The format, and after it the former ones. */
  readonly formats: readonly [SeriesFormat, ...SeriesFormat[]];
  /** The last number of each counter: what `max` and the format leave. */
  readonly last: number;
  /** Undefined: no zone was given, and nothing needs one. */
  readonly localDays: LocalDays | undefined;
  readonly limits: TextLimits;
  /** Of the key. */
  readonly fingerprint: string | undefined;
}

/** Throws a TypeError or RangeError for a definition that is not one, or that could give a text twice. */
export function resolveDefinition(definition: NumberSeriesDefinition): ResolvedSeries {
  assertSeriesDefinition(definition);
  const { name, format, formerFormats = [], scoped = false, restart = 'never', max, key } = definition;
  const periods = named(name, undefined, () => new Periods(restart));
  const context = { periods, scoped, key, max };
  const current = compiled(name, format, context);
  const formats = [current, ...formerFormats.map((former) => compiled(name, former, context))] as const;
  const last = assertLast(definition, current);
  if (key !== undefined && !formats.some(({ number }) => number.scrambled)) {
    throw new TypeError(`Series "${name}": key has no use without a number like {n:8:scrambled}`);
  }
  const { timeZone } = definition;
  if (timeZone === undefined && (current.readsDate || periods.unit !== 'never')) {
    throw new TypeError(
      `Series "${name}": ${current.readsDate ? 'the format' : 'restart'} reads a date, so timeZone has to say where, ` +
        "for example 'Europe/Vienna' or 'UTC'",
    );
  }
  const localDays =
    timeZone === undefined ? undefined : named(name, undefined, () => new LocalDays(timeZone));
  assertFormatsApart(name, formats, periods);
  const limits = new TextLimits(name, current, definition);
  return { periods, formats, last, localDays, limits, fingerprint: key && fingerprintOf(key) };
}

/** Compiles one format of the series `name`. Throws a TypeError or RangeError that names both. */
export function compiled(name: string, format: string, context: FormatContext): SeriesFormat {
  return named(name, format, () => new SeriesFormat(format, context).load());
}

function assertLast(
  { name, start = 1, max }: NumberSeriesDefinition,
  { number, last }: SeriesFormat,
): number {
  if (max !== undefined && max > number.largest) {
    throw new RangeError(`Series "${name}": max is ${max}, but the format ends at ${number.largest}`);
  }
  if (start > last) {
    throw new RangeError(`Series "${name}": start is ${start}, but the format ends at ${last}`);
  }
  return last;
}

/** What `action` throws, with the series in its message, and the format. */
function named<Result>(name: string, format: string | undefined, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    const what = format === undefined ? '' : `format ${JSON.stringify(format)}: `;
    const Problem = cause instanceof RangeError ? RangeError : TypeError;
    throw new Problem(`Series "${name}": ${what}${(cause as Error).message}`, { cause });
  }
}
