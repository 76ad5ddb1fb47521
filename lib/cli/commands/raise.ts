import { EXIT, type ExitCode } from '../exit.js';
import type { Output } from '../output.js';
import type { Target } from '../target.js';
import { confirm, type Terminal } from '../terminal.js';

export async function raise(
  { counters, sequences, place }: Target,
  { name, id, yes }: { name: string; id: number; yes: boolean },
  terminal: Terminal,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const sequence = sequences.get(name);
  await counters.assertUsable(signal);
  const before = (await sequence.inspect({ signal }))?.last;
  if (before !== undefined && before >= id) {
    output.line(`Sequence "${name}" is at ${before} already. Nothing was changed.`);
    output.data({ name, before, last: before, changed: false });
    return EXIT.sound;
  }
  const intent =
    before === undefined
      ? `This creates sequence "${name}", which does not exist yet, at ${id} in ${place}.`
      : `This raises sequence "${name}" from ${before} to ${id} in ${place}; it cannot be lowered again.`;
  await confirm(terminal, intent, yes);
  await sequence.ensureAtLeast(id, { signal });
  const last = (await sequence.inspect({ signal }))?.last ?? null;
  output.line(`Sequence "${name}" is at ${last}.`);
  output.data({ name, before: before ?? null, last, changed: true });
  return EXIT.sound;
}
