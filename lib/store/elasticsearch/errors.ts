import { show } from '../../common/arguments.js';
import type { Sighting } from './identity.js';
import { exhaustedClaim } from '../requests.js';
import type { Decision } from './protocol.js';
import {
  SequenceError,
  sequenceError,
  SequenceIdentityError,
  UnsafeIndexError,
} from '../../common/sequence-error.js';

/** The error for a decision of the protocol. `seen`: the document that led to it. */
export function failure(name: string, decision: Decision, seen: Sighting | undefined): SequenceError {
  switch (decision.kind) {
    case 'mismatch':
      return identityError(name, decision.code, decision.why);
    case 'follow':
      return fenceFollowed(name, 'it was fenced; this process follows and asks again');
    case 'corrupt':
      return corrupt(name, seen?.document.iid);
    case 'exhausted':
      return exhaustedClaim(name, { ...decision.claim, left: decision.left });
    case 'idle':
      return didNothing(name);
    default:
      return sequenceError(
        name,
        'CONFLICT',
        'the index was removed while the claim was under way. Nothing was handed out; the call may be repeated.',
      );
  }
}

/** Asked again within the same call. */
export function fenceFollowed(name: string, what: string): SequenceError {
  return sequenceError(name, 'CONFLICT', `${what}.`, { dropsCache: true });
}

export function identityError(
  name: string,
  code: 'VANISHED' | 'IDENTITY_CHANGED' | 'REGRESSED' | 'CORRUPT',
  why: string,
): SequenceError {
  if (code === 'CORRUPT') {
    return sequenceError(
      name,
      code,
      `${why}. The answer was dropped, nothing was handed out of it. Repair the document.`,
    );
  }
  return new SequenceIdentityError(
    code,
    `Sequence "${name}": ${why}. The answer and all cached ids were dropped, nothing was re-created. Other processes ` +
      'may hold ids above. If the counter was restored or copied, run Sequence.fence(), and this process goes on; if it ' +
      'was created anew, see that it lies above all ids in use, and restart this process.',
    { sequence: name },
  );
}

export function corrupt(name: string, value: unknown): SequenceError {
  return sequenceError(
    name,
    'CORRUPT',
    `expected its stored iid to be an integer from 0 to 2^53 - 1, got ${show(value)}. The document was left as it is; repair it.`,
  );
}

export function didNothing(name: string): SequenceError {
  return sequenceError(
    name,
    'UNAVAILABLE',
    'Elasticsearch wrote nothing and gave no reason. Nothing was handed out; the call may be repeated. If this lasts, look for an ingest pipeline.',
  );
}

export function movedAlias(
  name: string,
  alias: string,
  verified: string,
  index: string,
  options: { ambiguous?: boolean } = {},
): SequenceError {
  return sequenceError(
    name,
    'CONFLICT',
    `the alias ${alias} was moved from ${verified} to ${index}. Nothing was handed out; the call may be repeated.`,
    options,
  );
}

/**
 * All sequences share the checks of the index and the readings of its history; an error of those gets the name of the
 * sequence that it fails. `applied`: it came after a write, whose ids are lost with it.
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
