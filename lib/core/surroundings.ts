import type { AbortListeners } from '../common/abort.js';
import type { Clock } from '../common/clock.js';
import type { SequenceStore } from '../store/sequence-store.js';
import type { Floor } from './core-options.js';
import type { Definitions } from './definitions.js';
import type { Figures } from './figures.js';
import type { Observers } from './observers.js';
import type { Pace } from './pace.js';

/**
 * What all sequences of one application have in common. One object that each of them points to: a copy in the options of
 * every part weighed 200 bytes a sequence.
 */
export interface Surroundings {
  readonly store: SequenceStore;
  /** Asked for the first and the last id when they are needed: a definition may come after the first handle. */
  readonly definitions: Definitions;
  /** Asked at first contact: no id at or below what it returns is ever claimed. */
  readonly floor: ((name: string) => Floor | Promise<Floor>) | undefined;
  /** Milliseconds that callers wait without progress, and that a prefetch is repeated. */
  readonly timeout: number;
  readonly maxWaiters: number;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly abortListeners: AbortListeners;
  readonly observers: Observers;
  /** Where the names of a definition are counted. Asked late: who labels definitions may come after the first handles. */
  readonly figuresOf: (name: string) => Figures;
}
