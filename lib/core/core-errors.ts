import { SequenceError, sequenceError } from '../common/sequence-error.js';

const EFFECT_UNKNOWN = 'Whether the call took effect is not known';

/** `mayHaveWritten`: the call may have taken effect. */
export function closedError(name: string, mayHaveWritten = false): SequenceError {
  const effect = mayHaveWritten ? EFFECT_UNKNOWN : 'No id was handed out, and none will be';
  return sequenceError(name, 'CLOSED', `the application is shutting down. ${effect}.`, {
    ambiguous: mayHaveWritten,
  });
}

/** `mayHaveWritten`: the call may have taken effect. */
export function timeoutError(
  name: string,
  timeout: number,
  { answerer, lastFailure }: { answerer: string; lastFailure: SequenceError | undefined },
  mayHaveWritten = false,
): SequenceError {
  const effect = mayHaveWritten ? EFFECT_UNKNOWN : 'Nothing was handed out';
  const last = lastFailure === undefined ? '' : ` Last failure: ${lastFailure.message}`;
  return sequenceError(
    name,
    'TIMEOUT',
    `no answer from ${answerer} within ${timeout} ms. ${effect}; the call may be repeated.${last}`,
    { cause: lastFailure?.cause ?? lastFailure, ambiguous: mayHaveWritten },
  );
}

export function tooManyWaitersError(name: string, waiting: number): SequenceError {
  return sequenceError(
    name,
    'TOO_MANY_WAITERS',
    `${waiting} callers are waiting already (maxWaiters). No id was taken; call again later.`,
  );
}

export function tooManySequencesError(name: string, used: number): SequenceError {
  return sequenceError(
    name,
    'TOO_MANY_SEQUENCES',
    `this process uses ${used} sequences already (maxSequences). No id was taken; raise the limit, or check where the ` +
      'names come from.',
  );
}

/** An attempt that was given up after `limit` milliseconds. */
export function givenUpError(name: string, answerer: string, limit: number): SequenceError {
  return sequenceError(
    name,
    'UNAVAILABLE',
    `${answerer} gave no answer within ${limit} ms. The attempt was given up; at most a gap remains of it.`,
    { ambiguous: answerer === 'the store' },
  );
}

/** What a store threw, as a SequenceError. */
export function typedError(name: string, thrown: unknown): SequenceError {
  if (thrown instanceof SequenceError) return thrown;
  return sequenceError(
    name,
    'UNAVAILABLE',
    'the store failed unexpectedly. No id was handed out; the call may be repeated.',
    { cause: thrown, ambiguous: true },
  );
}
