/**
 * What went wrong, for code that wants to tell cases apart.
 *
 * | code | what happened | what to do |
 * | --- | --- | --- |
 * | `TIMEOUT` | no id arrived within `timeout` | call again later |
 * | `UNAVAILABLE` | the store did not answer, or answered that it cannot work now | call again later |
 * | `CONFLICT` | other processes won every race for the counter | call again later |
 * | `TOO_MANY_WAITERS` | `maxWaiters` callers wait already | call again later, or shed load |
 * | `TOO_MANY_SEQUENCES` | this process already uses `maxSequences` names | raise the limit; check where names come from |
 * | `CLOSED` | the application is shutting down, or its store was closed with another one | nothing: permanent; make a store per application |
 * | `FORBIDDEN` | the store refused the credentials or a privilege is missing | grant what the message names |
 * | `READ_ONLY` | the index is blocked for writes | remove the block |
 * | `REJECTED` | the store refused the request, for a reason no retry will change | see `cause` |
 * | `NO_CLIENT` | no Elasticsearch client, or more than one, was found | see the message |
 * | `MISSING` | the counter or its index does not exist and must not be created here | see the message |
 * | `VANISHED` | a counter or index this process used before is gone | restore it, then `Sequence.fence()`; lost for good: `floor`, and restart |
 * | `IDENTITY_CHANGED` | the counter was re-created, copied or restored | `Sequence.fence()`; re-created: restart |
 * | `REGRESSED` | the counter went back | `Sequence.fence()` |
 * | `CORRUPT` | the stored document is no counter | repair the document |
 * | `EXHAUSTED` | the counter would pass 2^53 - 1 | none: the sequence is used up |
 * | `UNSAFE_INDEX` | the index cannot keep the promise | see `findings` of {@link UnsafeIndexError} |
 * | `FLOOR` | the `floor` hook threw, or returned something that is no id | repair the hook |
 */
export type SequenceErrorCode =
  | 'TIMEOUT'
  | 'UNAVAILABLE'
  | 'CONFLICT'
  | 'TOO_MANY_WAITERS'
  | 'TOO_MANY_SEQUENCES'
  | 'CLOSED'
  | 'FORBIDDEN'
  | 'READ_ONLY'
  | 'REJECTED'
  | 'NO_CLIENT'
  | 'MISSING'
  | 'VANISHED'
  | 'IDENTITY_CHANGED'
  | 'REGRESSED'
  | 'CORRUPT'
  | 'EXHAUSTED'
  | 'UNSAFE_INDEX'
  | 'FLOOR';

const RETRYABLE: ReadonlySet<SequenceErrorCode> = new Set([
  'TIMEOUT',
  'UNAVAILABLE',
  'CONFLICT',
  'TOO_MANY_WAITERS',
]);

const IDENTITY: ReadonlySet<SequenceErrorCode> = new Set(['VANISHED', 'IDENTITY_CHANGED', 'REGRESSED']);

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

  constructor(code: SequenceErrorCode, message: string, options: SequenceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.sequence = options.sequence;
    this.retryable = RETRYABLE.has(code);
    this.ambiguous = options.ambiguous ?? false;
    this.dropsCache = options.dropsCache ?? IDENTITY.has(code);
  }
}

/**
 * The counter is not the one this process knew: `VANISHED`, `IDENTITY_CHANGED` or `REGRESSED`. Cached ids were
 * dropped, nothing was re-created. An operator restores what was lost and calls `Sequence.fence()`; processes that
 * run go on by themselves after that. A counter that was created anew they never accept: they have to be restarted.
 */
export class SequenceIdentityError extends SequenceError {
  declare readonly code: 'VANISHED' | 'IDENTITY_CHANGED' | 'REGRESSED';

  constructor(
    code: 'VANISHED' | 'IDENTITY_CHANGED' | 'REGRESSED',
    message: string,
    options: SequenceErrorOptions = {},
  ) {
    super(code, message, options);
  }
}

/** The Elasticsearch index cannot keep the promise of this library. Lists everything found, each with its remedy. */
export class UnsafeIndexError extends SequenceError {
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
