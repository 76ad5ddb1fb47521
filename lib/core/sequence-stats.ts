import type { SequenceErrorCode } from '../common/sequence-error.js';

/** What a process knows of one of its sequences, without asking anybody. */
export interface SequenceStats {
  name: string;
  /** Ids in the memory of this process. */
  cached: number;
  /** Callers of this process waiting for ids. */
  waiting: number;
  /** Seconds that the cached ids last at the present rate. Null: nobody draws. Undefined here and below: it sleeps. */
  coverSeconds?: number | null;
  /** Ids drawn per second, averaged over about one second. */
  rate?: number;
  /** Blocks that arrived since the sequence was last woken. */
  claims?: number;
  /** The last block that arrived. `took` is in milliseconds, `size` in ids. */
  lastClaim?: { at: Date; took: number; size: number } | undefined;
  /** Why its last attempt failed, until one succeeds. */
  failure?: { code: SequenceErrorCode; since: Date } | undefined;
}
