/**
 * The identity of a counter, as pure functions: when an answer is our counter's, when it is another one's, and when a
 * process may follow a fence. Every rule here was found by a simulation or on real servers that gave one id twice
 * without it; the names of the tests tell which.
 */

/** The stored document. Its values are never coerced: what cannot be a counter is left as it is. */
export interface CounterDocument {
  /** The last id claimed by anybody. */
  iid: unknown;
  /** The life of the counter. Null: written by a library that knew none. */
  epoch: string | null;
  /** The shard's history_uuid when the epoch was chosen; undefined: it could not be read. */
  history: string | undefined;
  /** Former epochs, oldest first. */
  epochs: readonly (string | null)[];
}

/** A document with where and when it was seen or written. */
export interface Sighting {
  index: string;
  seqNo: number;
  /** The primary term of the write that left it. */
  term: number;
  document: CounterDocument;
}

/** What a process remembers of a counter's identity, from its first accepted answer on. Never loosened but by a fence. */
export interface Pins {
  readonly epoch: string | null;
  readonly index: string;
  /** The document's `history` field. */
  readonly stamp: string | undefined;
  /** The history the shard must have: the stamp, or the first one read if the document has no stamp. */
  readonly history: string | undefined;
  /** The epochs this process was pinned to before it followed a fence, oldest first. */
  readonly former: readonly (string | null)[];
}

/** Raised only by our own accepted writes: never by a look, a refusal or an answer that changed nothing. */
export interface Marks {
  readonly seqNo: number;
  readonly term: number;
  readonly value: number;
}

export const NO_MARKS: Marks = { seqNo: -1, term: 0, value: 0 };

export interface Mismatch {
  code: 'IDENTITY_CHANGED' | 'REGRESSED' | 'CORRUPT';
  why: string;
}

/** One for all counters that were never fenced: a list of its own weighs each of them 32 bytes. */
const NONE: readonly never[] = [];

/** `before`: the pins that these take the place of, after a fence. */
export function pinsOf({ index, document }: Sighting, before?: Pins): Pins {
  const former = before === undefined ? NONE : [...before.former, before.epoch].slice(-MAX_FORMER_EPOCHS);
  return { epoch: document.epoch, index, stamp: document.history, history: document.history, former };
}

export function samePins(one: Pins, other: Pins): boolean {
  return (
    one.epoch === other.epoch &&
    one.index === other.index &&
    one.stamp === other.stamp &&
    (one.history === other.history || one.history === undefined || other.history === undefined)
  );
}

/** `marks` as they were when the request was sent; a healthy answer may be overtaken by another one of ours. */
export function mismatchOf(written: Sighting, pins: Pins, marks: Marks, count: number): Mismatch | undefined {
  const { index, seqNo, term, document } = written;
  const foreign = otherIdentity(written, pins);
  if (foreign !== undefined) return foreign;
  // A primary only ever gets a higher term: a lower one is a former primary's, or that of a restored index.
  if (term < marks.term) {
    return { code: 'REGRESSED', why: `its _primary_term in ${index} went from ${marks.term} to ${term}` };
  }
  if (!(seqNo > marks.seqNo)) {
    return { code: 'REGRESSED', why: `its _seq_no in ${index} went from ${marks.seqNo} to ${seqNo}` };
  }
  const { iid } = document;
  if (!isValue(iid)) return { code: 'CORRUPT', why: 'its iid is not an integer from 0 to 2^53 - 1' };
  if (iid - count < marks.value) {
    return { code: 'REGRESSED', why: `its value went from ${marks.value} to ${iid - count}` };
  }
  return undefined;
}

/** Epoch first: only it tells a fence from a copy. */
export function otherIdentity({ index, document }: Sighting, pins: Pins): Mismatch | undefined {
  if (isUndone(document)) {
    return { code: 'IDENTITY_CHANGED', why: 'a delayed write from before a fence undid the fence' };
  }
  if (document.epoch !== pins.epoch) {
    const behind = document.epochs.length >= MAX_FORMER_EPOCHS;
    return {
      code: 'IDENTITY_CHANGED',
      why: `its epoch changed${behind ? ' (or this process is more than 8 fences behind: then restart it)' : ''}`,
    };
  }
  if (index !== pins.index) {
    return { code: 'IDENTITY_CHANGED', why: `it moved from index ${pins.index} to ${index}` };
  }
  if (document.history !== pins.stamp) {
    return { code: 'IDENTITY_CHANGED', why: 'its history stamp changed' };
  }
  return undefined;
}

/**
 * Compare-and-set writes back the epoch it read. One that was given up before a fence, and arrives when the fenced
 * document has the `_seq_no` and the term it read once more, lowers the value, and leaves the old epoch as the present
 * one and among the former ones: nobody may go on with that.
 */
function isUndone({ epoch, epochs }: CounterDocument): boolean {
  return epochs.includes(epoch);
}

/**
 * Whether the epoch changed by a fence that a process with these pins may follow. The epoch it was pinned to is enough,
 * or one before: a restore may have taken the later fences away. Back to one of those it never goes: a copy from before
 * the fence looks the same as the counter after a fence that was never acknowledged and is gone.
 */
export function followsFence({ document }: Sighting, pins: Pins, marks: Marks): boolean {
  return (
    document.epoch !== pins.epoch &&
    !isUndone(document) &&
    [pins.epoch, ...pins.former].some((epoch) => document.epochs.includes(epoch)) &&
    isValue(document.iid) &&
    marks.value <= document.iid
  );
}

/** How many former epochs a document keeps. */
export const MAX_FORMER_EPOCHS = 8;

export function isValue(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
