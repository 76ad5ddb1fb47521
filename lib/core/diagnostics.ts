import { channel, tracingChannel } from 'node:diagnostics_channel';

/**
 * The hooks for metrics and logs, on `node:diagnostics_channel`: one message per claim, retry, verdict and stall, none
 * per id. Without a subscriber a message costs one check.
 *
 * | channel | message |
 * | --- | --- |
 * | `nestjs-essequence:claim` | {@link ClaimMessage}: a block arrived |
 * | `nestjs-essequence:retry` | {@link RetryMessage}: an attempt failed and another one follows |
 * | `nestjs-essequence:verdict` | {@link VerdictMessage}: an attempt failed in a way that no retry changes |
 * | `nestjs-essequence:stall` | {@link StallMessage}: callers had to wait for a block |
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel';
 * subscribe('nestjs-essequence:claim', (message) => histogram.observe((message as ClaimMessage).took));
 */
export const diagnostics = {
  claim: channel('nestjs-essequence:claim'),
  retry: channel('nestjs-essequence:retry'),
  verdict: channel('nestjs-essequence:verdict'),
  stall: channel('nestjs-essequence:stall'),
} as const;

/**
 * The claims as operations with a beginning and an end, for tracers: `tracingChannel('nestjs-essequence:claim')`, one
 * operation for each attempt, with a {@link ClaimTrace}. It runs in the context of the caller who waits longest.
 */
export const claimTracing = tracingChannel<unknown, ClaimTrace>('nestjs-essequence:claim');

/** One attempt to claim a block. */
export interface ClaimTrace {
  /** The name of the sequence. */
  sequence: string;
  /** Callers waiting when it begins. 0: it is made before anybody needs it. */
  waiting: number;
}

/** A block arrived. */
export interface ClaimMessage {
  /** The name of the sequence. */
  sequence: string;
  /** The first id of the block. */
  first: number;
  /** The last id of the block. It has `last - first + 1` ids. */
  last: number;
  /** Milliseconds to the accepted answer, lost races included, counted from the first attempt sent since the last one that was not answered. */
  took: number;
}

/** An attempt failed and another one follows: of a claim, or of `inspect`, `ensureAtLeast` or `fence`. */
export interface RetryMessage {
  /** The name of the sequence. */
  sequence: string;
  /** What the attempt failed with: a retryable {@link SequenceError}. */
  error: Error;
  /** Milliseconds until the next attempt. */
  delay: number;
}

/** An attempt failed in a way that no retry changes: of a claim, or of `inspect`, `ensureAtLeast` or `fence`. */
export interface VerdictMessage {
  /** The name of the sequence. */
  sequence: string;
  /** What the attempt failed with: a {@link SequenceError} that is not retryable. */
  error: Error;
}

/** Callers had to wait for a block, which arrived. */
export interface StallMessage {
  /** The name of the sequence. */
  sequence: string;
  /** Callers waiting when the block arrived. */
  waiting: number;
  /** Milliseconds the first of them had waited. */
  waited: number;
}
