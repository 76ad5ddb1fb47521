import {
  type CounterDocument,
  followsFence,
  isValue,
  mismatchOf,
  type Marks,
  MAX_FORMER_EPOCHS,
  NO_MARKS,
  otherIdentity,
  type Pins,
  pinsOf,
  samePins,
  type Sighting,
  type Mismatch,
} from './identity.js';
import type { FenceRequest } from '../sequence-store.js';

/**
 * Every decision of the claim protocol, as pure functions: the store sends the requests, these say what to send and
 * what an answer means. The explorer of the tests runs the same functions through all orders of events it can reach.
 */

/** A block of `count` ids, above `floor` and not beyond `max`: the whole of it or nothing. */
export interface Claim {
  kind: 'claim';
  count: number;
  floor: number;
  max: number;
}

/** The two changes a counter knows. Both only raise it. */
export type Change = Claim | { kind: 'raise'; to: number };

export type Outcome =
  | { kind: 'written'; sighting: Sighting }
  /** Nothing was written; the document as it is tells why. */
  | { kind: 'unchanged'; sighting: Sighting }
  /** `index`: the concrete one that lacks the document, where the answer names it. */
  | { kind: 'missing'; what: 'index' | 'document'; index?: string };

/** What a process knows of a counter. Marks and not an object with marks: that would weigh 32 bytes more for every name. */
export interface Known extends Marks {
  readonly pins: Pins | undefined;
}

export const NOTHING_KNOWN: Known = { pins: undefined, ...NO_MARKS };

/** What an answer means. */
export type Decision =
  /** First contact: the counter does not exist yet. */
  | { kind: 'create' }
  /** Sound so far; a reading of the history that begins now has the last word, see {@link confirm}. */
  | { kind: 'check'; identity: Pins }
  /** The counter was fenced: see {@link follow}, then ask again. */
  | { kind: 'follow' }
  /** It is another counter: the answer and all cached ids are worth nothing. */
  | { kind: 'mismatch'; code: Mismatch['code'] | 'VANISHED'; why: string }
  /** The identity is not in doubt: cached ids stay. `gone`: the index went away before this process knew it. */
  | { kind: 'corrupt' | 'idle' | 'gone' }
  /** As those. The claim would pass its last id, before which `left` are left. */
  | { kind: 'exhausted'; claim: Claim; left: number };

/**
 * The value a change gives the counter; undefined: the claim would pass its last id. A raise that has nothing to raise is written
 * all the same: a value that was only read may be another process's write that is never acknowledged, and rolled back
 * (an isolated primary shows it, elasticsearch#52400).
 */
export function valueAfter(value: number, change: Change): number | undefined {
  if (change.kind === 'raise') return Math.max(value, change.to);
  return change.count <= leftAfter(value, change) ? Math.max(value, change.floor) + change.count : undefined;
}

/** How many ids a counter that stands at `value` has left for a claim. */
export function leftAfter(value: number, { floor, max }: Claim): number {
  return Math.max(0, max - Math.max(value, floor));
}

/**
 * What compare-and-set writes to the document it has just read; undefined: nothing. Epoch and stamp are written back, so
 * that a delayed update from a former life stops every process: one that merged into a fenced document, and had read no
 * stamp, took 2e9 back to 40 under the new epoch.
 */
export function fieldsAfter(
  seen: Sighting,
  change: Change,
  pins: Pins | undefined,
): { iid: number; epoch: string | null; history?: string } | undefined {
  const { iid, epoch, history } = seen.document;
  if (otherIdentity(seen, pins ?? pinsOf(seen)) !== undefined) return undefined;
  const value = isValue(iid) ? valueAfter(iid, change) : undefined;
  if (value === undefined) return undefined;
  return { iid: value, epoch, ...(history === undefined ? {} : { history }) };
}

/** Whether a conditional write met the very document that was read; `epoch`: the one it left there. */
export function metWhatWasSeen(written: Sighting, seen: Sighting, epoch: string | null): boolean {
  return written.index === seen.index && written.document.epoch === epoch;
}

/** `sent`: what was known when the request was sent. `anyPinned`: this process knows some counter of the store. */
export function decide(outcome: Outcome, change: Change, sent: Known, anyPinned: boolean): Decision {
  const { pins } = sent;
  if (outcome.kind === 'missing') {
    const index = outcome.what === 'index';
    if (pins === undefined && !(index && anyPinned)) return { kind: index ? 'gone' : 'create' };
    return { kind: 'mismatch', code: 'VANISHED', why: index ? 'the alias is gone' : 'its document is gone' };
  }
  const { sighting } = outcome;
  if (outcome.kind === 'written') {
    const identity = pins ?? pinsOf(sighting);
    const mismatch = mismatchOf(sighting, identity, sent, change.kind === 'claim' ? change.count : 0);
    return mismatch === undefined ? { kind: 'check', identity } : { kind: 'mismatch', ...mismatch };
  }
  const foreign = otherIdentity(sighting, pins ?? pinsOf(sighting));
  if (foreign !== undefined) {
    const follows = pins !== undefined && followsFence(sighting, pins, sent);
    return follows ? { kind: 'follow' } : { kind: 'mismatch', ...foreign };
  }
  const { iid } = sighting.document;
  if (!isValue(iid)) return { kind: 'corrupt' };
  if (change.kind === 'raise' || valueAfter(iid, change) !== undefined) return { kind: 'idle' };
  return { kind: 'exhausted', claim: change, left: leftAfter(iid, change) };
}

/** The identity with the history the shard has; undefined: the shard has another one, so the answer is worth nothing. */
export function confirm(identity: Pins, history: string): Pins | undefined {
  if (identity.history === undefined) return { ...identity, history };
  return identity.history === history ? identity : undefined;
}

/** What is known after a write was accepted; undefined: a fence was followed while it was under way. */
export function learn(now: Known, identity: Pins, { seqNo, term, document }: Sighting): Known | undefined {
  if (now.pins !== undefined && !samePins(now.pins, identity)) return undefined;
  return {
    pins: now.pins?.history === undefined ? identity : now.pins,
    seqNo: Math.max(now.seqNo, seqNo),
    term: Math.max(now.term, term),
    value: Math.max(now.value, document.iid as number),
  };
}

/** The marks of `_seq_no` and term are the fenced document's: a restored index counts from lower numbers again. */
export function follow(now: Known, sent: Known, seen: Sighting): Known {
  const alone = now.pins !== undefined && sent.pins !== undefined && samePins(now.pins, sent.pins);
  return alone ? { pins: pinsOf(seen, now.pins), seqNo: seen.seqNo, term: seen.term, value: now.value } : now;
}

/** The highest value that a fence must not lie below. `last`: the stored one. */
export function highestKnown(last: number, floor: number, known: Known): number {
  return Math.max(last, floor, known.value);
}

/**
 * Where a fence leaves the counter; not a safe integer where that would pass 2^53 - 1. Undefined: `to` lies below what is
 * known. `random`: 0 to below 1e9. Without it the same snapshot restored and fenced twice would give the same range
 * twice, which `to` cannot prevent.
 */
export function valueAfterFence(
  last: number,
  { jump = 0, above = 0, floor = 0, to }: Pick<FenceRequest, 'jump' | 'above' | 'floor' | 'to'>,
  known: Known,
  random: number,
): number | undefined {
  const least = highestKnown(last, floor, known);
  if (to !== undefined) return to < least ? undefined : to;
  return Math.max(least, above) + jump + random;
}

/** Whether the fence that chose `epoch` was applied, though its answer was lost. */
export function wasFenced({ epoch: present, epochs }: CounterDocument, epoch: string): boolean {
  return present === epoch || epochs.includes(epoch);
}

export function fieldsAfterFence(
  { epoch: former, epochs }: CounterDocument,
  iid: number,
  epoch: string,
  history: string | null,
): { iid: number; epoch: string; history: string | null; epochs: (string | null)[] } {
  return { iid, epoch, history, epochs: [...epochs, former].slice(-MAX_FORMER_EPOCHS) };
}

/** The pinned history is the document's field, never the present reading: else a fence would vouch for a copy. */
export function learnFence(before: Known, written: Sighting): Known {
  const { seqNo, term, document } = written;
  return { pins: pinsOf(written, before.pins), seqNo, term, value: document.iid as number };
}
