import { randomUUID } from 'node:crypto';
import { access, constants, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { SequenceError } from '../../common/sequence-error.js';
import { fileError } from '../../store/files/errors.js';
import { RootFolder } from '../../store/files/root-folder.js';
import { counterFindings, type TroubleText } from '../counter-findings.js';
import { CliError } from '../exit.js';
import { type Finding, type FindingCode, notChecked, ok } from '../finding.js';
import type { CounterReport } from '../target.js';

const TROUBLE: Partial<Record<FindingCode, TroubleText>> = {
  COUNTER_CORRUPT: {
    status: 'error',
    what: 'are not what this library wrote',
    why: 'Every claim from them fails.',
    remedy: 'Restore the folder from a copy, then fence every counter.',
  },
  COUNTER_IDENTITY: {
    status: 'error',
    what: 'were restored or copied after their last fence',
    why: 'Ids above their values may be in use.',
    remedy: 'Fence them: nestjs-essequence fence <name> --above <highest id in use>, or --file for many.',
  },
};

/** What an error of the store is about, when it comes from using the folder. */
const ABOUT: Partial<Record<SequenceError['code'], FindingCode>> = {
  FORBIDDEN: 'PRIVILEGE_MISSING',
  READ_ONLY: 'READ_ONLY',
  CORRUPT: 'COUNTER_CORRUPT',
};

/** Bytes below which a few more generations of all shards may not fit. */
const LITTLE = 64 * 1_024 * 1_024;
const ROUNDS = 5;
/** Milliseconds. */
const SLOW = 500;

interface Shards {
  shards(): Promise<string[]>;
  read(shard: string): Promise<CounterReport[]>;
}

/**
 * Looks at everything that a folder of counters depends on. Like the start of an application it tries whether the file
 * system makes hard links, with two empty files that it removes again.
 */
export async function* examineFolder(path: string, folder: Shards, claim: boolean): AsyncGenerator<Finding> {
  let shards: string[];
  try {
    shards = await folder.shards();
  } catch (error) {
    yield found('FOLDER', error);
    return;
  }
  try {
    const root = new RootFolder(path);
    await root.current(false);
    await root.close();
    yield ok(
      'FOLDER',
      `The folder ${JSON.stringify(path)} is on a local disk, takes hard links and can be written.`,
    );
  } catch (error) {
    yield found('FOLDER', fileError(path, error));
  }
  yield* await checkRights(path, shards);
  yield await checkDisk(path);
  yield notChecked(
    'HISTORY',
    'Files do not tell that a copy was put back while no process ran.',
    'After a restore fence every counter before the first process starts.',
  );
  const counters: CounterReport[] = [];
  let readable = true;
  for (const shard of shards) {
    try {
      counters.push(...(await folder.read(shard)));
    } catch (error) {
      readable = false;
      yield found('COUNTER_CORRUPT', error);
    }
  }
  const findings = counterFindings(counters, TROUBLE, 'hold ids and show no restore after a fence');
  yield* findings.filter(({ status }) => readable || status !== 'ok');
  yield await checkClaimTime(path, claim);
}

async function checkRights(path: string, shards: readonly string[]): Promise<Finding[]> {
  const denied: string[] = [];
  for (const shard of shards) {
    try {
      await access(join(path, shard), constants.R_OK | constants.W_OK | constants.X_OK);
    } catch {
      denied.push(shard);
    }
  }
  if (denied.length === 0) return [];
  return [
    {
      status: 'error',
      code: 'PRIVILEGE_MISSING',
      what: `This user cannot read and write ${denied.length} of the ${shards.length} folders in it: ${denied.slice(0, 10).join(', ')}.`,
      why: 'Every claim from the counters in them fails.',
      remedy:
        'Give the folder and all in it to the user the application runs as, and run doctor as that user.',
    },
  ];
}

async function checkDisk(path: string): Promise<Finding> {
  try {
    return diskFinding(await statfs(path));
  } catch (error) {
    return notChecked('DISK', `Disk space cannot be read (${(error as Error).message}).`);
  }
}

/** `files`: 0 where the file system does not count them. */
export function diskFinding(disk: { bsize: number; bavail: number; files: number; ffree: number }): Finding {
  const free = disk.bavail * disk.bsize;
  const noFiles = disk.files > 0 && disk.ffree < 1_000;
  if (free >= LITTLE && !noFiles) {
    return ok('DISK', `The disk has ${Math.floor(free / 1_024 / 1_024)} MB left.`);
  }
  return {
    status: 'warning',
    code: 'DISK',
    what: noFiles
      ? `The disk has room for ${disk.ffree} more files.`
      : `The disk has ${Math.floor(free / 1_024 / 1_024)} MB left.`,
    why: 'Each claim writes a file; on a full disk no id can be claimed.',
    remedy: 'Make room on the disk.',
  };
}

/** What a claim waits for is the disk: a file that is written and synced. No counter is touched. */
async function checkClaimTime(path: string, claim: boolean): Promise<Finding> {
  if (!claim) {
    return notChecked(
      'CLAIM_TIME',
      'The disk was not timed.',
      'Say --claim to write and sync a file that is removed.',
    );
  }
  const file = join(path, 'tmp', `trial-${randomUUID()}`);
  try {
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const began = performance.now();
      const handle = await open(file, 'w');
      await handle.writeFile('0'.repeat(4_096));
      await handle.sync();
      await handle.close();
      took.push(performance.now() - began);
    }
    const median = Math.ceil(took.toSorted((one, other) => one - other)[Math.floor(ROUNDS / 2)]!);
    const what = `Writing and syncing a file takes ${median} ms; a claim does it twice.`;
    if (median < SLOW) return ok('CLAIM_TIME', what);
    return {
      status: 'warning',
      code: 'CLAIM_TIME',
      what,
      why: 'First ids and short caches make callers wait that long.',
      remedy: 'Use a faster disk, or raise reserveTime.',
    };
  } catch (error) {
    return found('CLAIM_TIME', fileError(path, error));
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
}

/** What the library says of it, with its remedy. */
function found(code: FindingCode, error: unknown): Finding {
  if (error instanceof CliError) return { status: 'error', code, what: error.message };
  if (!(error instanceof SequenceError)) throw error;
  return { status: 'error', code: ABOUT[error.code] ?? code, what: error.message };
}
