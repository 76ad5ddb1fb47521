/**
 * Every error code: whether the same call may succeed later without a repair, whether ids cached before the error must
 * not be handed out any more, what happened, and what to do. The types, the checks and the documents follow this table.
 */
export const CODES = {
  TIMEOUT: {
    retryable: true,
    dropsCache: false,
    meaning: 'no id arrived within `timeout`',
    remedy: 'call again later',
  },
  UNAVAILABLE: {
    retryable: true,
    dropsCache: false,
    meaning: 'the store did not answer, or answered that it cannot work now',
    remedy: 'call again later',
  },
  CONFLICT: {
    retryable: true,
    dropsCache: false,
    meaning: 'other processes won every race for the counter',
    remedy: 'call again later',
  },
  TOO_MANY_WAITERS: {
    retryable: true,
    dropsCache: false,
    meaning: '`maxWaiters` callers are waiting already',
    remedy: 'call again later, or shed load',
  },
  TOO_MANY_SEQUENCES: {
    retryable: false,
    dropsCache: false,
    meaning: 'this process already uses `maxSequences` names',
    remedy: 'raise the limit; check where names come from',
  },
  CLOSED: {
    retryable: false,
    dropsCache: false,
    meaning: 'the application is shutting down, or its store was closed with another one',
    remedy: 'nothing: this is permanent; make one store for each application',
  },
  FORBIDDEN: {
    retryable: false,
    dropsCache: false,
    meaning: 'the store refused the credentials or a privilege is missing',
    remedy: 'grant what the message names',
  },
  READ_ONLY: {
    retryable: false,
    dropsCache: false,
    meaning: 'the index is blocked for writes; the disk is full or mounted read-only',
    remedy: 'remove the block; make room',
  },
  REJECTED: {
    retryable: false,
    dropsCache: false,
    meaning: 'the store refused the request, for a reason no retry will change',
    remedy: 'see `cause`',
  },
  NO_CLIENT: {
    retryable: false,
    dropsCache: false,
    meaning: 'no Elasticsearch client, or more than one, was found',
    remedy: 'see the message',
  },
  MISSING: {
    retryable: false,
    dropsCache: false,
    meaning: 'the counter or its index does not exist and must not be created here',
    remedy: 'see the message',
  },
  VANISHED: {
    retryable: false,
    dropsCache: true,
    meaning: 'a counter, index or folder this process used before is gone',
    remedy: 'restore it, then `Sequence.fence()`; lost for good: `floor`, and restart',
  },
  IDENTITY_CHANGED: {
    retryable: false,
    dropsCache: true,
    meaning: 'the counter was re-created, copied or restored',
    remedy: '`Sequence.fence()`; re-created: restart',
  },
  REGRESSED: {
    retryable: false,
    dropsCache: true,
    meaning: 'the counter went back',
    remedy: '`Sequence.fence()`',
  },
  CORRUPT: {
    retryable: false,
    dropsCache: false,
    meaning: 'the stored document or file is not a counter',
    remedy: 'repair it, or restore it',
  },
  EXHAUSTED: {
    retryable: false,
    dropsCache: false,
    meaning: 'the counter would pass 2^53 - 1, or the last number of its series',
    remedy: 'nothing: the sequence is used up; a series needs a larger `max`, or a new name',
  },
  UNSAFE_INDEX: {
    retryable: false,
    dropsCache: false,
    meaning: 'the index cannot keep the promise',
    remedy: 'see `findings` of `UnsafeIndexError`',
  },
  UNSAFE_FOLDER: {
    retryable: false,
    dropsCache: false,
    meaning: 'the file system of the folder cannot keep the promise',
    remedy: 'use a folder on a local disk',
  },
  SERIES_CHANGED: {
    retryable: false,
    dropsCache: false,
    meaning: 'other processes use the number series with another definition',
    remedy: 'give the new definition another name; see the message',
  },
  FLOOR: {
    retryable: false,
    dropsCache: false,
    meaning: 'the `floor` hook threw, or returned something that is not an id',
    remedy: 'repair the hook',
  },
} as const satisfies Record<
  string,
  { retryable: boolean; dropsCache: boolean; meaning: string; remedy: string }
>;
