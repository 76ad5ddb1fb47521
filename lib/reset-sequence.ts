/**
 * The method by which a store lets tests start its counters again. No store that is meant for production has it.
 * `Symbol.for`: a third party's store needs no import to opt in.
 */
export const resetSequence = Symbol.for('nestjs-essequence:resetSequence');

export interface ResettableSequenceStore {
  /** Forgets the counter of `name`, or all counters: the next claim is a first claim again, with a new epoch. */
  [resetSequence](name?: string): Promise<void>;
}
