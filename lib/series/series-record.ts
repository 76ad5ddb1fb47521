import { isDeepStrictEqual } from 'node:util';
import { show } from '../common/arguments.js';
import { type SequenceError, sequenceError } from '../common/sequence-error.js';
import { collisionOf } from './collision.js';
import { describeCollision } from './formats-apart.js';
import { Periods, type Restart } from './period.js';
import { SeriesFormat } from './series-format.js';

/** A format that was used, and the largest number that it was used for. */
export interface RecordedFormat {
  readonly format: string;
  readonly last: number;
}

/** What the store keeps of a series, for all processes that use it. */
export interface SeriesRecord {
  readonly restart: Restart;
  readonly scoped: boolean;
  /** Every format used so far, each once, in the order in which they came. */
  readonly formats: readonly RecordedFormat[];
  /** The fingerprint of the key, once a process had one. */
  readonly key: string | undefined;
  /** That of the first process that had one. */
  readonly timeZone: string | undefined;
}

/** For scrambled formats of a process that has no key: which digits a text can have does not depend on it. */
const ANY_KEY = new Uint8Array(16);

export function writeRecord({ restart, scoped, formats, key, timeZone }: SeriesRecord): string {
  return JSON.stringify({ version: 1, restart, scoped, formats, key, timeZone });
}

/** Throws `CORRUPT` for what no version of this package wrote. */
export function readRecord(name: string, text: string): SeriesRecord {
  try {
    const { version, restart, scoped, formats, key, timeZone } = JSON.parse(text) as SeriesRecord & {
      version: number;
    };
    const periods = new Periods(restart);
    if (version !== 1 || formats.length === 0) throw new TypeError(`version ${show(version)}`);
    for (const { format, last } of formats) compile(format, last, periods, scoped);
    return { restart, scoped, formats, key, timeZone };
  } catch (cause) {
    throw sequenceError(
      name,
      'CORRUPT',
      `the record of the series is none that this version can read: ${(cause as Error).message}. Nothing was changed.`,
      { cause },
    );
  }
}

/**
 * The record after a process with `own` has joined; the very same one if there is nothing to add. Throws
 * `SERIES_CHANGED` for a process that would count differently, or give texts that somebody else may have given.
 */
export function joined(name: string, recorded: SeriesRecord, own: SeriesRecord): SeriesRecord {
  const [periods, before] = [new Periods(own.restart), new Periods(recorded.restart)];
  if (periods.text !== before.text)
    throw changed(name, `restart was ${before.text}, here it is ${periods.text}`);
  if (own.scoped !== recorded.scoped) {
    throw changed(name, `scoped was ${recorded.scoped}, here it is ${own.scoped}`);
  }
  if (own.key !== undefined && recorded.key !== undefined && own.key !== recorded.key) {
    throw changed(name, 'the key was another one, and would scramble numbers into texts of others');
  }
  const formats = [...recorded.formats];
  for (const { format, last } of own.formats) {
    const known = formats.findIndex((each) => each.format === format);
    if (known !== -1 && formats[known]!.last >= last) continue;
    const mine = compile(format, last, periods, own.scoped);
    for (const other of formats) {
      const theirs = compile(other.format, other.last, periods, own.scoped);
      const collision = other.format === format ? undefined : collisionOf(mine, theirs, periods);
      if (collision !== undefined) throw changed(name, describeCollision(mine, theirs, collision, periods));
    }
    if (known === -1) formats.push({ format, last });
    else formats[known] = { format, last };
  }
  const record = {
    ...recorded,
    formats,
    key: recorded.key ?? own.key,
    timeZone: recorded.timeZone ?? own.timeZone,
  };
  return isDeepStrictEqual(record, recorded) ? recorded : record;
}

function compile(format: string, last: number, periods: Periods, scoped: boolean): SeriesFormat {
  return new SeriesFormat(format, { periods: fiscal(periods), scoped, key: ANY_KEY, max: last });
}

/** `'year'` and a fiscal year from January are the same restart, and the format of one may be read by the other. */
function fiscal(periods: Periods): Periods {
  return periods.unit === 'year' ? new Periods({ every: 'year', startMonth: periods.startMonth }) : periods;
}

function changed(name: string, what: string): SequenceError {
  return sequenceError(
    name,
    'SERIES_CHANGED',
    `the store has a record of this series, and ${what}. Nothing was claimed. A series cannot change so; give the new ` +
      'definition another name. If two deployments run side by side, stop one of them.',
  );
}
