/**
 * Whether a counter is still the one that this process knew, as pure functions. A folder is known by device and inode
 * and by how many generations it had; a counter by the folder of its shard, its epoch and its value.
 */
import type { SequenceIdentityErrorCode } from '../../common/sequence-error.js';
import type { FileCounter } from './generation.js';

/** The folder of a shard, as this process came to know it. */
export interface Home {
  /** Device and inode. */
  readonly folder: string;
  /** Whether counters of our own vouch for it. One first met in a strange folder says nothing of that folder. */
  readonly own: boolean;
  /** The highest generation this process read there or linked. */
  generation: number;
  /** At which generation it was found to have gone back. What has gone back once is not the same any more. */
  wentBackAt?: number | undefined;
}

/** What this process remembers of a counter that it used. */
export interface Pin {
  readonly epoch: string;
  /** The highest value that this process itself set or saw accepted. */
  readonly mark: number;
  readonly home: Home;
}

/** What a process knows before it looks. */
export interface Knowledge {
  readonly pin: Pin | undefined;
  /** Where other counters of the shard are at home. */
  readonly home: Home | undefined;
  /** Device and inode of the folder of all shards that counters of our own are in. */
  readonly root: string | undefined;
}

export interface Sight {
  /** Device and inode of the folder of all shards; undefined: it is gone. */
  readonly root: string | undefined;
  /** Those of the folder of the shard. */
  readonly folder: string | undefined;
  /** 0: there is none. */
  readonly generation: number;
  readonly counter: FileCounter | undefined;
}

export interface Mismatch {
  readonly code: SequenceIdentityErrorCode;
  readonly why: string;
}

const GONE = 'it, or the folder it belongs to, was there before and is gone';
const REPLACED =
  'the folder is another one than this process used: it was made anew, or a copy took its place';
const WENT_BACK = 'its folder went back to an earlier generation: an older copy was put back';

/** Undefined: this may be gone by. */
export function mismatchOf(sight: Sight, { pin, home, root }: Knowledge): Mismatch | undefined {
  const { counter, folder } = sight;
  if (pin === undefined) {
    if (home === undefined) return mismatchOfRoot(sight, root);
    if (folder === undefined) return { code: 'VANISHED', why: GONE };
    if (folder !== home.folder) return { code: 'IDENTITY_CHANGED', why: REPLACED };
    return wentBack(sight, home) ? { code: 'REGRESSED', why: WENT_BACK } : undefined;
  }
  if (folder === undefined || counter === undefined) return { code: 'VANISHED', why: GONE };
  if (followsFence(sight, counter, pin)) return undefined;
  if (folder !== pin.home.folder) return { code: 'IDENTITY_CHANGED', why: REPLACED };
  if (wentBack(sight, pin.home)) return { code: 'REGRESSED', why: WENT_BACK };
  if (counter.epoch !== pin.epoch) {
    return {
      code: 'IDENTITY_CHANGED',
      why: `it stands at ${counter.last} and is another one than this process used, up to ${pin.mark}: it was made anew, or fenced more than 8 times since`,
    };
  }
  if (counter.last < pin.mark) {
    return {
      code: 'REGRESSED',
      why: `it stands at ${counter.last}, but this process has seen ${pin.mark} already`,
    };
  }
  return undefined;
}

function mismatchOfRoot({ root }: Sight, known: string | undefined): Mismatch | undefined {
  if (known === undefined || root === known) return undefined;
  return root === undefined ? { code: 'VANISHED', why: GONE } : { code: 'IDENTITY_CHANGED', why: REPLACED };
}

/**
 * Whether the counter was fenced since, which is the way on for every process that knew it. In another folder, or one
 * that went back, the fence must have been made there and then: it may be part of a copy as well, and what others
 * claimed after that fence is then forgotten.
 */
function followsFence(sight: Sight, counter: FileCounter, pin: Pin): boolean {
  if (counter.epoch === pin.epoch || !counter.epochs.includes(pin.epoch) || counter.last < pin.mark)
    return false;
  const { folder, generation } = counter.fenced ?? { folder: undefined, generation: 0 };
  if (sight.folder !== pin.home.folder) return folder === sight.folder;
  if (!wentBack(sight, pin.home)) return true;
  return folder === sight.folder && generation > (pin.home.wentBackAt ?? sight.generation);
}

export function wentBack({ generation }: Sight, home: Home): boolean {
  return home.wentBackAt !== undefined || generation < home.generation;
}
