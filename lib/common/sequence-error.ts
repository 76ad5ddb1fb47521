import { brand } from './brand.js';
import { CODES } from './error-codes.js';

/** What went wrong, for code that tells cases apart. The documentation lists each code with what to do. */
export type SequenceErrorCode = keyof typeof CODES;

/** The codes that say: this is not the counter that this process knew. */
export type SequenceIdentityErrorCode = 'VANISHED' | 'IDENTITY_CHANGED' | 'REGRESSED';

/** What a store says of a failure beside its code. */
export interface SequenceErrorOptions {
  /** The sequence concerned, if it is about one. */
  sequence?: string | undefined;
  /** What the store's client or the operating system said. */
  cause?: unknown;
  /** The attempt may have been applied all the same; a claim attempt then left a gap. Default: false. */
  ambiguous?: boolean | undefined;
  /** Cached ids can no longer be trusted. Default: true for the identity codes. */
  dropsCache?: boolean | undefined;
  /** `EXHAUSTED`: how many ids the counter has left, fewer than were asked for. */
  left?: number | undefined;
}

/**
 * Trouble at run time. Programmers' mistakes are `TypeError` and `RangeError` instead, thrown before any request.
 *
 * @example
 * try {
 *   await sequences.next('orders');
 * } catch (error) {
 *   if (error instanceof SequenceError && error.retryable) return retryLater();
 *   throw error;
 * }
 */
export class SequenceError extends Error {
  static {
    brand(this, 'SequenceError');
  }

  /** What happened, for code: see {@link SequenceErrorCode}. The message says it to people, with what to do. */
  readonly code: SequenceErrorCode;
  /** The name of the sequence concerned; undefined where it is about the whole store, or the whole module. */
  readonly sequence: string | undefined;
  /** Whether the same call may succeed later without anybody repairing anything. */
  readonly retryable: boolean;
  /** Whether the failed attempt may have been applied by the store. */
  readonly ambiguous: boolean;
  /** Whether ids cached before this error must not be handed out any more. */
  readonly dropsCache: boolean;
  /** `EXHAUSTED`: how many ids the counter has left, fewer than were asked for. Undefined where the store did not say. */
  readonly left: number | undefined;

  constructor(code: SequenceErrorCode, message: string, options: SequenceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.sequence = options.sequence;
    this.retryable = CODES[code].retryable;
    this.ambiguous = options.ambiguous ?? false;
    this.dropsCache = options.dropsCache ?? CODES[code].dropsCache;
    this.left = options.left;
  }
}

/**
 * The counter is not the one this process knew: `VANISHED`, `IDENTITY_CHANGED` or `REGRESSED`. Cached ids were
 * dropped, nothing was re-created. An operator restores what was lost and calls `Sequence.fence()`; processes that
 * run go on by themselves after that. A counter that was created anew they never accept: they have to be restarted.
 */
export class SequenceIdentityError extends SequenceError {
  static {
    brand(this, 'SequenceIdentityError');
  }

  declare readonly code: SequenceIdentityErrorCode;

  constructor(code: SequenceIdentityErrorCode, message: string, options: SequenceErrorOptions = {}) {
    super(code, message, options);
  }
}

/** The Elasticsearch index cannot keep the promise of this library. Lists everything found, each with its remedy. */
export class UnsafeIndexError extends SequenceError {
  static {
    brand(this, 'UnsafeIndexError');
  }

  /** The alias, as configured. */
  readonly index: string;
  /** Everything that was found, one text each, with what to change. */
  readonly findings: readonly string[];

  constructor(index: string, findings: readonly string[], options: SequenceErrorOptions = {}) {
    super(
      'UNSAFE_INDEX',
      `Elasticsearch index ${JSON.stringify(index)} cannot keep ids unique; nothing was claimed. Repair, then start again:\n` +
        findings.map((finding) => `- ${finding}`).join('\n'),
      options,
    );
    this.index = index;
    this.findings = findings;
  }
}

/** The error of one sequence: `text` follows its name in the message. */
export function sequenceError(
  name: string,
  code: SequenceErrorCode,
  text: string,
  options: Omit<SequenceErrorOptions, 'sequence'> = {},
): SequenceError {
  return new SequenceError(code, `Sequence "${name}": ${text}`, { ...options, sequence: name });
}
