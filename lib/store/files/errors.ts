import { SequenceError, type SequenceErrorCode, SequenceIdentityError } from '../../common/sequence-error.js';
import { codeOf } from './folder.js';
import type { Mismatch } from './identity.js';

/** Those that are missing here may pass by themselves: too many open files, a failing disk. */
const CODES: ReadonlyMap<string | undefined, SequenceErrorCode> = new Map<string, SequenceErrorCode>([
  ['EACCES', 'FORBIDDEN'],
  ['EPERM', 'FORBIDDEN'],
  ['EROFS', 'READ_ONLY'],
  ['ENOSPC', 'READ_ONLY'],
  ['EDQUOT', 'READ_ONLY'],
  ['EFBIG', 'READ_ONLY'],
  ['ENOTDIR', 'REJECTED'],
  ['EEXIST', 'REJECTED'],
  ['EISDIR', 'REJECTED'],
  ['ELOOP', 'REJECTED'],
  ['ENAMETOOLONG', 'REJECTED'],
]);

const REMEDIES: Partial<Record<SequenceErrorCode, string>> = {
  FORBIDDEN: ' Give this process the right to write to the folder and all that is in it.',
  READ_ONLY: ' Make room on the disk, or mount it for writing.',
  REJECTED: ' Give the path of a folder.',
};

/** What the file system said, as this library says it. `name` is the sequence concerned, if there is one. */
export function fileError(path: string, error: unknown, name?: string, ambiguous = false): SequenceError {
  if (error instanceof SequenceError) {
    const { code, message, cause } = error;
    return error.sequence === name
      ? error
      : new SequenceError(code, prefixOf(name) + message, { sequence: name, cause });
  }
  const code = CODES.get(codeOf(error)) ?? 'UNAVAILABLE';
  return new SequenceError(
    code,
    `${prefixOf(name)}the folder ${JSON.stringify(path)} cannot be used (${error instanceof Error ? error.message : String(error)}). ` +
      `${ambiguous ? 'At most a gap remains.' : 'Nothing was changed.'}${REMEDIES[code] ?? ''}`,
    { sequence: name, cause: error, ambiguous },
  );
}

/** Of a claim, or of a look that was overtaken. */
export function lostRace(name?: string): SequenceError {
  return new SequenceError(
    'CONFLICT',
    `${prefixOf(name)}another process was first. Nothing was changed; the call may be repeated.`,
    {
      sequence: name,
    },
  );
}

/** `known`: this process has used the folder before. */
export function emptyError(name: string | undefined, path: string, known: boolean): SequenceError {
  const what = `${prefixOf(name)}the folder ${JSON.stringify(path)} has no generation`;
  const options = { sequence: name };
  return known
    ? new SequenceIdentityError(
        'VANISHED',
        `${what} any more. Nothing was created, cached ids were dropped. Restore it and run Sequence.fence().`,
        options,
      )
    : new SequenceError(
        'CORRUPT',
        `${what}, which only a copy that missed files has not. Nothing was changed. Restore another copy.`,
        options,
      );
}

export function mismatchError(name: string, path: string, { code, why }: Mismatch): SequenceError {
  const remedy =
    code === 'VANISHED'
      ? 'Restore it and run Sequence.fence().'
      : 'Run Sequence.fence(); or restart this process, if the counter stands above all ids in use.';
  return new SequenceIdentityError(
    code,
    `Sequence "${name}", in ${JSON.stringify(path)}: ${why}. Nothing was changed, cached ids were dropped. ${remedy}`,
    { sequence: name },
  );
}

function prefixOf(name: string | undefined): string {
  return name === undefined ? '' : `Sequence "${name}": `;
}
