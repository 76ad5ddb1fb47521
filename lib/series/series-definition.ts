import { assertInteger, assertKnownKeys, assertName, show } from '../common/arguments.js';
import { assertBlockSize, type BlockSizeOption } from '../core/block-size.js';
import type { Restart } from './period.js';
import { assertKey } from './scramble.js';

/** What {@link numberSeries} makes a series of. */
export interface NumberSeriesDefinition<Scoped extends boolean = boolean> {
  /** 1 to 128 characters, `A-Z a-z 0-9 . _ : -`, a letter or digit first. One name is one series, whatever its format. */
  name: string;
  /**
   * Literal text and `{tokens}`; `{{` and `}}` are braces.
   *
   * | token | text |
   * | --- | --- |
   * | `{n}` `{n:6}` `{n:6!}` | the number; at least 6 digits; never more than 6 |
   * | `{n:8:crockford}` `{n:6:36}` | in Crockford's Base 32, in radix 36: for public ids |
   * | `{n:8:scrambled}` | a permutation by {@link key}, so that nobody can count |
   * | `{yyyy}` `{yy}` `{MM}` `{dd}` `{q}` | the calendar year, its last two digits, month, day, quarter |
   * | `{GGGG}` `{WW}` | the ISO week's year, and the ISO week |
   * | `{fy}` `{fy2}` `{fyEnd}` `{fyEnd2}` | the first and the last calendar year of the fiscal year, in four digits and in two |
   * | `{scope}` | the scope |
   * | `{check:luhn}` `{check:damm}` `{check:verhoeff}` | a check digit over the digits before it |
   * | `{check:mod97}` | ISO 7064 MOD 97-10, two digits, over the letters and digits before it |
   *
   * A format whose texts could repeat is refused.
   */
  format: string;
  /**
   * When the numbers begin at {@link start} again. The format has to tell the periods apart.
   *
   * @default 'never'
   */
  restart?: Restart | undefined;
  /** An IANA time zone, in which an instant is a calendar day. Required where the format or {@link restart} reads a date. */
  timeZone?: string | undefined;
  /**
   * One counter for each scope, for example for each tenant. The number is then unique within its scope alone, unless the
   * format has `{scope}`.
   *
   * @default false
   */
  scoped?: Scoped | undefined;
  /**
   * The first number of each counter. Integer from 1 to 2^53 - 1.
   *
   * @default 1
   */
  start?: number | undefined;
  /**
   * The last number of each counter. Integer from {@link start} to 2^53 - 1.
   *
   * @default what the format can write
   */
  max?: number | undefined;
  /**
   * The part of the last number from which on a warning says that a counter is coming to its end: above 0, at most 1.
   * Without effect where neither {@link max} nor `!` in the format sets a last number.
   *
   * @default 0.8
   */
  warnAt?: number | undefined;
  /**
   * How many numbers a claim takes: see {@link BlockSizeOption}.
   *
   * @default 'onDemand'
   */
  blockSize?: BlockSizeOption | undefined;
  /**
   * Formats that the series had before, which `parse` reads after {@link format}.
   *
   * @default none
   */
  formerFormats?: readonly string[] | undefined;
  /** The most characters of a text. Checked with the largest number that can occur; with the scope when it is known. */
  maxLength?: number | undefined;
  /** What every single character of a text must match, for example `/[A-Z0-9/-]/`. */
  charset?: RegExp | undefined;
  /** For `{n:8:scrambled}`: 16, 24 or 32 random bytes, secret, and the same for as long as the series is used. */
  key?: Uint8Array | undefined;
}

const KEYS = {
  name: true,
  format: true,
  restart: true,
  timeZone: true,
  scoped: true,
  start: true,
  max: true,
  warnAt: true,
  blockSize: true,
  formerFormats: true,
  maxLength: true,
  charset: true,
  key: true,
} as const satisfies Record<keyof NumberSeriesDefinition, true>;

/** The definition without what is undefined, its simple values checked. Throws TypeError or RangeError. */
export function assertSeriesDefinition(definition: NumberSeriesDefinition): void {
  assertKnownKeys('the definition of a number series', definition, Object.keys(KEYS));
  assertName(definition.name);
  const { scoped, start = 1, max, warnAt, blockSize, formerFormats, maxLength, charset, key } = definition;
  for (const format of [definition.format, ...asList(formerFormats)]) {
    if (typeof format !== 'string')
      throw new TypeError(`Expected a format to be a text, got ${show(format)}`);
  }
  if (scoped !== undefined && typeof scoped !== 'boolean') {
    throw new TypeError(`Expected scoped to be true or false, got ${show(scoped)}`);
  }
  assertInteger('start', start, 1, Number.MAX_SAFE_INTEGER);
  if (max !== undefined) assertInteger('max', max, start, Number.MAX_SAFE_INTEGER);
  if (warnAt !== undefined) assertPart('warnAt', warnAt);
  if (blockSize !== undefined) assertBlockSize(blockSize);
  if (maxLength !== undefined) assertInteger('maxLength', maxLength, 1, Number.MAX_SAFE_INTEGER);
  if (charset !== undefined && !(charset instanceof RegExp)) {
    throw new TypeError(`Expected charset to be a RegExp for one character, got ${show(charset)}`);
  }
  if (key !== undefined) assertKey(key);
}

function asList(formats: readonly string[] | undefined): readonly string[] {
  if (formats === undefined || Array.isArray(formats)) return formats ?? [];
  throw new TypeError(`Expected formerFormats to be an array of texts, got ${show(formats)}`);
}

function assertPart(what: string, value: unknown): void {
  if (typeof value === 'number' && value > 0 && value <= 1) return;
  const Problem = typeof value === 'number' ? RangeError : TypeError;
  throw new Problem(`Expected ${what} to be above 0 and at most 1, got ${show(value)}`);
}
