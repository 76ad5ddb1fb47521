import type { SequenceRegistry } from '../core/sequence-registry.js';
import type { Finding } from './finding.js';

/** A counter as an operator sees it. */
export interface CounterReport {
  name: string;
  /** The highest id claimed by anybody. Null: the stored value is not an id. */
  last: number | null;
  /** The life of the counter. Null: it has none. */
  epoch: string | null;
  /** Why no process should claim from it, if that can be seen. */
  trouble?: { code: string; text: string } | undefined;
  /** More, for people. */
  details?: Record<string, string> | undefined;
}

/** What the command line needs of a store beside the calls that every store has. */
export interface CounterAdministration {
  /** All counters whose names begin with `prefix`, ascending by name. */
  list(prefix: string, signal: AbortSignal): Promise<CounterReport[]>;
  /** Undefined: there is no such counter. */
  show(name: string, signal: AbortSignal): Promise<CounterReport | undefined>;
  /** Examines everything, and says each fact as soon as it is known. `claim`: also times a write. */
  doctor(options: { claim: boolean; signal: AbortSignal }): AsyncIterable<Finding>;
  /** Throws what keeps the store from being written to, before anybody is asked. */
  assertUsable(signal: AbortSignal): Promise<void>;
  /** Stores that need no index have none to create. */
  createIndex?(signal: AbortSignal): Promise<{ index: string; created: boolean }>;
}

/** What a command works on. */
export interface Target {
  /** As it stands in questions: `index "essequences" at http://localhost:9200`. */
  readonly place: string;
  /** Raises, fences and looks with the patience of the library, and refuses what it refuses. */
  readonly sequences: SequenceRegistry;
  readonly counters: CounterAdministration;
  close(): Promise<void>;
}
