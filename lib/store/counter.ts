import { randomInt, randomUUID } from 'node:crypto';
import { sequenceError } from '../common/sequence-error.js';
import { exhaustedClaim, fenceBelowKnown, nothingToFence } from './requests.js';
import type { ClaimRequest, EnsureAtLeastRequest, FenceRequest } from './sequence-store.js';

/** What a store keeps of one sequence. */
export interface Counter {
  /** The highest id claimed by anybody. */
  readonly last: number;
  /** The life of the counter: random at creation, new with every fence. */
  readonly epoch: string;
  /** Epochs that fences ended, the latest last, at most {@link KEPT_EPOCHS}. */
  readonly epochs: readonly string[];
}

/** A process that is more fences behind than this cannot tell a fence from a stranger's counter. */
const KEPT_EPOCHS = 8;

/** One for all counters that were never fenced. */
const NO_EPOCHS: readonly string[] = [];

/** Two fences of the same restored snapshot must not end at the same value. */
const FENCE_SPREAD = 1_000_000_000;

/** The counter after a claim: its block is the `count` ids that end at the new `last`. */
export function afterClaim(counter: Counter | undefined, request: ClaimRequest): Counter {
  const { name, count, start, floor = 0, max = Number.MAX_SAFE_INTEGER } = request;
  const before = counter ?? created(start);
  const value = Math.max(before.last, floor);
  const left = Math.max(0, max - value);
  if (count > left) throw exhaustedClaim(name, { count, left, max });
  return { ...before, last: value + count };
}

/** The counter after `ensureAtLeast`; the very same one if there is nothing to raise. */
export function afterRaise(counter: Counter | undefined, request: EnsureAtLeastRequest): Counter {
  const { id, start, floor = 0 } = request;
  const before = counter ?? created(start);
  const last = Math.max(before.last, id, floor);
  return counter?.last === last ? counter : { ...before, last };
}

/** `mark`: the highest value this process knows of. The very same counter if this fence was applied before. */
export function afterFence(counter: Counter | undefined, request: FenceRequest, mark: number): Counter {
  const { name, jump = 0, above = 0, to, floor = 0, epoch } = request;
  if (counter === undefined) throw nothingToFence(name, 'counter');
  if (counter.epoch === epoch || counter.epochs.includes(epoch)) return counter;
  const known = Math.max(counter.last, floor, mark);
  if (to !== undefined && to < known) throw fenceBelowKnown(name, to, known);
  const from = Math.max(known, above);
  const last =
    to ?? within(name, from + jump + randomInt(FENCE_SPREAD), `a fence that jumps by ${jump} from ${from}`);
  return { last, epoch, epochs: [...counter.epochs, counter.epoch].slice(-KEPT_EPOCHS) };
}

function created(start: number): Counter {
  // Copied into one piece: Node puts a UUID together from 13 strings, which weigh 450 bytes for as long as it is kept.
  const epoch = Buffer.from(randomUUID()).toString('latin1');
  return { last: start - 1, epoch, epochs: NO_EPOCHS };
}

/** Sums of safe integers that pass 2^53 - 1 are never safe integers, however they are rounded. */
function within(name: string, value: number, what: string): number {
  if (Number.isSafeInteger(value)) return value;
  throw sequenceError(name, 'EXHAUSTED', `${what} would pass 2^53 - 1. Nothing was changed.`);
}
