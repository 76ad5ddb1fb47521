import { assertInteger, assertCounterName, MAX_COUNT } from '../common/arguments.js';
import { type SequenceError, sequenceError } from '../common/sequence-error.js';
import type { ClaimRequest, EnsureAtLeastRequest, FenceRequest } from './sequence-store.js';

/* The checks of requests, once for all stores. They throw before anything is sent or changed. */

const MAX_ID = Number.MAX_SAFE_INTEGER;

export function assertClaim({ name, count, start, floor, max }: ClaimRequest): void {
  assertCounterName(name);
  assertInteger('count', count, 1, MAX_COUNT);
  assertInteger('start', start, 1, MAX_ID);
  assertOptional('floor', floor);
  if (max !== undefined) assertInteger('max', max, 1, MAX_ID);
}

/** A claim that would pass the last id. `left`: how many there are still. */
export function exhaustedClaim(
  name: string,
  { count, left, max }: { count: number; left: number; max: number },
): SequenceError {
  const text =
    max === MAX_ID
      ? `a claim of ${count} ids would pass 2^53 - 1. Nothing was claimed; the sequence is used up, go on under another name.`
      : `a claim of ${count} would pass ${max}, the last number; ${left} are left. Nothing was claimed. Further numbers need ` +
        'a larger max, which the format must have room for, or a new series.';
  return sequenceError(name, 'EXHAUSTED', text, { left });
}

export function assertEnsureAtLeast({ name, id, start, floor }: EnsureAtLeastRequest): void {
  assertCounterName(name);
  assertInteger('id', id, 0, MAX_ID);
  assertInteger('start', start, 1, MAX_ID);
  assertOptional('floor', floor);
}

/** A fence jumps past what is known, or ends at `to`: one of the two. */
export function assertFence({ name, jump, above, to, floor, epoch }: FenceRequest): void {
  assertCounterName(name);
  if (typeof epoch !== 'string' || epoch === '') {
    throw new TypeError(`Sequence "${name}": a fence needs a new epoch, a text that was never used before.`);
  }
  assertOptional('floor', floor);
  if (to === undefined) {
    assertInteger('jump', jump, 0, MAX_ID);
    assertOptional('above', above);
    return;
  }
  if (jump !== undefined || above !== undefined) {
    throw new TypeError(
      `Sequence "${name}": give a fence either "to" or "jump" and "above". "to" is the highest id in use, and nothing is added to it.`,
    );
  }
  assertInteger('to', to, 0, MAX_ID);
}

/** `known`: the highest value that the store or this process knows of. */
export function fenceBelowKnown(name: string, to: number, known: number): SequenceError {
  return sequenceError(
    name,
    'REJECTED',
    `a fence to ${to} would give ids again, because ${known} is known to be in use. Nothing was written; give the highest id in use.`,
  );
}

/** A fence creates nothing: what is missing may only be misplaced. */
export function nothingToFence(
  name: string,
  what: 'index' | 'counter',
  options?: { cause: unknown },
): SequenceError {
  return sequenceError(
    name,
    'MISSING',
    `there is no ${what} to fence, and a fence creates none. Restore it; or, if it is lost for good, set floor or start above all ids in use and restart all processes.`,
    options,
  );
}

function assertOptional(what: string, value: number | undefined): void {
  if (value !== undefined) assertInteger(what, value, 0, MAX_ID);
}
