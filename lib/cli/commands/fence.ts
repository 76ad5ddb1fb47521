import { CliError, EXIT, type ExitCode } from '../exit.js';
import type { Output } from '../output.js';
import type { Target } from '../target.js';
import { confirm, type Terminal } from '../terminal.js';
import type { Row } from './fence-file.js';
import { noCounter } from './no-counter.js';

/** Where a fence goes: to one value exactly, or past everything known and a jump. */
export type Goal = { to: number } | { above: number; jump: number };

interface Io {
  yes: boolean;
  terminal: Terminal;
  output: Output;
  signal: AbortSignal;
}

export async function fence(
  { counters, sequences, place }: Target,
  name: string,
  goal: Goal,
  { yes, terminal, output, signal }: Io,
): Promise<ExitCode> {
  const sequence = sequences.get(name);
  await counters.assertUsable(signal);
  const before = (await sequence.inspect({ signal }))?.last;
  if (before === undefined) throw noCounter(name, place);
  const where =
    'to' in goal
      ? `to ${goal.to}`
      : `to a random value from ${Math.max(before, goal.above) + goal.jump} to ${Math.max(before, goal.above) + goal.jump + 999_999_999}`;
  const intent = `This fences sequence "${name}" in ${place}: it goes from ${before} ${where} and cannot go back.`;
  await confirm(terminal, intent, yes);
  const { last } = await sequence.fence({ ...goal, signal });
  output.line(`Sequence "${name}" is at ${last}. Processes that run follow by themselves.`);
  output.data({ name, before, last, changed: true });
  return EXIT.sound;
}

/** One question for all. What fails is said and hides none of the others; the file can be run again. */
export async function fenceAll(
  { counters, sequences, place }: Target,
  rows: readonly Row[],
  { yes, terminal, output, signal }: Io,
): Promise<ExitCode> {
  await counters.assertUsable(signal);
  const [first, last] = [rows[0]!, rows.at(-1)!];
  const which =
    rows.length === 1
      ? `sequence "${first.name}"`
      : `${rows.length} sequences (from ${first.name} to ${last.name})`;
  const intent = `This fences ${which} in ${place}, each to the value its line names; they cannot go back.`;
  await confirm(terminal, intent, yes);
  const results: { name: string; last: number | null; error: { code: string; message: string } | null }[] =
    [];
  for (const { name, to } of rows) {
    try {
      const { last: reached } = await sequences.get(name).fence({ to, signal });
      output.line(`${name}: at ${reached}`);
      results.push({ name, last: reached, error: null });
    } catch (error) {
      const { code = 'USAGE', message } = error as { code?: string; message: string };
      output.line(`${name}: ${message}`);
      results.push({ name, last: null, error: { code, message } });
    }
  }
  const failed = results.filter(({ error }) => error !== null).length;
  output.data({ sequences: results });
  if (failed === 0) return EXIT.sound;
  if (output.json) return EXIT.trouble;
  throw new CliError('PARTLY_FAILED', `${failed} of ${rows.length} sequences were not fenced.`, EXIT.trouble);
}
