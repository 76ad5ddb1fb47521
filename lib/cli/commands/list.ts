import { EXIT, type ExitCode } from '../exit.js';
import { type Output, table } from '../output.js';
import type { Target } from '../target.js';

export async function list(
  { counters, place }: Target,
  { prefix }: { prefix: string },
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const found = await counters.list(prefix, signal);
  const rows = found.map(({ name, last, trouble }) => [
    name,
    last === null ? '?' : String(last),
    ...(trouble === undefined ? [] : [trouble.text]),
  ]);
  for (const line of table(rows)) output.line(line);
  if (found.length === 0) output.line(`There is no counter in ${place}.`);
  output.data({
    counters: found.map(({ name, last, trouble }) => ({ name, last, trouble: trouble?.code ?? null })),
  });
  return EXIT.sound;
}
