import { show } from '../../common/arguments.js';
import type { Sighting } from './identity.js';
import type { Decision } from './protocol.js';
import { SequenceError, SequenceIdentityError, UnsafeIndexError } from '../../common/sequence-error.js';

/** What a decision of the protocol means to the caller. `seen`: the document that led to it. */
export function failure(name: string, decision: Decision, seen: Sighting | undefined): SequenceError {
  switch (decision.kind) {
    case 'mismatch':
      return identityError(name, decision.code, decision.why);
    case 'follow':
      return fenceFollowed(name, 'it was fenced; this process follows and asks again');
    case 'corrupt':
      return corrupt(name, seen?.document.iid);
    case 'exhausted':
      return exhausted(name);
    case 'idle':
      return didNothing(name);
    default:
      return new SequenceError(
        'CONFLICT',
        `Sequence "${name}": the index was removed while the claim was under way. Nothing was handed out; the call may be repeated.`,
        { sequence: name },
      );
  }
}

/** Asked again within the same call. */
export function fenceFollowed(name: string, what: string): SequenceError {
  return new SequenceError('CONFLICT', `Sequence "${name}": ${what}.`, { sequence: name, dropsCache: true });
}

export function identityError(
  name: string,
  code: 'VANISHED' | 'IDENTITY_CHANGED' | 'REGRESSED' | 'CORRUPT',
  why: string,
): SequenceError {
  const said = `Sequence "${name}": ${why}. `;
  if (code === 'CORRUPT') {
    const message = `${said}The answer was dropped, nothing was handed out of it. Repair the document.`;
    return new SequenceError(code, message, { sequence: name });
  }
  return new SequenceIdentityError(
    code,
    `${said}The answer and all cached ids were dropped, nothing was re-created. Other processes may hold ids above. ` +
      'If it was restored or copied, run Sequence.fence(), and this process goes on; if it was created anew, see that ' +
      'it lies above all ids in use, and restart this process.',
    { sequence: name },
  );
}

export function corrupt(name: string, value: unknown): SequenceError {
  return new SequenceError(
    'CORRUPT',
    `Sequence "${name}": expected its stored iid to be an integer from 0 to 2^53 - 1, got ${show(value)}. The document was left as it is; repair it.`,
    { sequence: name },
  );
}

export function exhausted(name: string): SequenceError {
  return new SequenceError(
    'EXHAUSTED',
    `Sequence "${name}": the claim would pass 2^53 - 1. Nothing was claimed; the sequence is used up, go on under another name.`,
    {
      sequence: name,
    },
  );
}

export function didNothing(name: string): SequenceError {
  return new SequenceError(
    'UNAVAILABLE',
    `Sequence "${name}": Elasticsearch wrote nothing and gave no reason. Nothing was handed out; the call may be repeated. If this lasts, look for an ingest pipeline.`,
    { sequence: name },
  );
}

export function movedAlias(
  name: string,
  alias: string,
  verified: string,
  index: string,
  options: { ambiguous?: boolean } = {},
): SequenceError {
  return new SequenceError(
    'CONFLICT',
    `Sequence "${name}": the alias ${alias} was moved from ${verified} to ${index}. Nothing was handed out; the call may be repeated.`,
    { sequence: name, ...options },
  );
}

/**
 * The checks of the index and the readings of its history are shared by all sequences; what fails is said of the one
 * that it fails for. `applied`: after a write, whose ids are lost with it.
 */
export async function withSequenceName<Result>(
  sequence: string,
  work: Promise<Result>,
  applied?: 'applied',
): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof SequenceError)) throw error;
    const ambiguous = error.ambiguous || applied !== undefined;
    if (error.sequence !== undefined && error.ambiguous === ambiguous) throw error;
    const { code, message, cause, dropsCache } = error;
    const options = { sequence, cause, dropsCache, ambiguous };
    if (error instanceof UnsafeIndexError) throw new UnsafeIndexError(error.index, error.findings, options);
    if (error instanceof SequenceIdentityError) throw new SequenceIdentityError(error.code, message, options);
    throw new SequenceError(code, message, options);
  }
}
