import { usage } from '../exit.js';
import type { Goal } from './fence.js';
import { readFenceFile } from './fence-file.js';

/** The options of `fence`, as the user gave them. */
export interface FenceOptions {
  to?: number;
  above?: number;
  jump?: number;
  file?: string;
}

/** What they ask for: one fence, or those of a file. */
export function fenceOf(
  name: string | undefined,
  { to, above, jump, file }: FenceOptions,
): { rows: ReturnType<typeof readFenceFile> } | { name: string; goal: Goal } {
  if (file !== undefined) {
    if (name !== undefined || to !== undefined || above !== undefined || jump !== undefined) {
      throw usage(
        '--file names the sequences and their values: give no name, --to, --above or --jump beside it.',
      );
    }
    return { rows: readFenceFile(file) };
  }
  if (name === undefined) throw usage('Name the sequence to fence, or give --file.');
  if ((to === undefined) === (above === undefined)) {
    throw usage('Say where the fence goes: either --to <id>, or --above <id>.');
  }
  if (to !== undefined) {
    if (jump !== undefined) throw usage('--jump goes with --above; --to is exact.');
    return { name, goal: { to } };
  }
  return { name, goal: { above: above!, jump: jump ?? 1_000_000_000 } };
}
