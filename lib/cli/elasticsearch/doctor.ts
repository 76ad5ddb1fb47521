import { SequenceError } from '../../common/sequence-error.js';
import { type Finding, type FindingCode, notChecked } from '../finding.js';
import { checkClaimTime } from './check-claim-time.js';
import { checkCounters } from './check-counters.js';
import { checkDisk } from './check-disk.js';
import { checkCopies, checkHistory, checkIndex, checkReadOnly, type IndexUnderTest } from './check-index.js';
import { checkPrivileges } from './check-privileges.js';
import { checkReachable, checkSecurity } from './check-server.js';
import { checkVersion } from './check-version.js';
import type { Patient } from './patient.js';

/** Looks at everything that the promise depends on, the server first, and says each fact as soon as it is known. */
export async function* doctor(patient: Patient): AsyncGenerator<Finding> {
  const { findings, goOn, root } = await checkReachable(patient);
  yield* findings;
  if (!goOn) return;
  yield* guarded('SECURITY', () => checkSecurity(patient));
  let found: IndexUnderTest | undefined;
  let creates = false;
  yield* guarded('ALIAS', async () => {
    const seen = await checkIndex(patient);
    found = seen.index;
    creates = seen.missing === true;
    return seen.findings;
  });
  const index = found;
  yield* guarded('VERSION', async () => [await checkVersion(patient, root, index?.name)]);
  yield* guarded('PRIVILEGE_MISSING', () => checkPrivileges(patient, index?.name, creates));
  if (index === undefined) {
    yield notChecked('COUNTER_IDENTITY', 'The counters cannot be looked at.');
    return;
  }
  yield* guarded('READ_ONLY', async () => [checkReadOnly(index)]);
  yield* guarded('HISTORY', () => checkHistory(patient, index));
  yield* guarded('COPIES', () => checkCopies(patient, index));
  yield* guarded('DISK', () => checkDisk(patient, index.name));
  yield* guarded('COUNTER_IDENTITY', () => checkCounters(patient, index.name));
  yield* guarded('CLAIM_TIME', () => checkClaimTime(patient, index.name));
}

/** What cannot be read is not trouble and hides no other fact; a server that has gone away meanwhile is trouble. */
async function* guarded(
  code: FindingCode,
  check: () => Promise<readonly Finding[]>,
): AsyncGenerator<Finding> {
  try {
    yield* await check();
  } catch (error) {
    if (!(error instanceof SequenceError)) throw error;
    const { message: what } = error;
    if (error.code === 'UNAVAILABLE') yield { status: 'error', code, what, unreachable: true };
    else yield notChecked(code, what);
  }
}
