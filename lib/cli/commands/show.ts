import { assertName } from '../../common/arguments.js';
import { EXIT, type ExitCode } from '../exit.js';
import { type Output, table } from '../output.js';
import type { Target } from '../target.js';
import { noCounter } from './no-counter.js';

export async function show(
  { counters, place }: Target,
  name: string,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  assertName(name);
  const found = await counters.show(name, signal);
  if (found === undefined) throw noCounter(name, place);
  const { last, epoch, trouble, details = {} } = found;
  const rows = [
    ['name', name],
    ['last id claimed', last === null ? '?' : String(last)],
    ['epoch', epoch ?? 'none'],
    ...Object.entries(details),
    ['identity', trouble === undefined ? 'sound' : trouble.text],
  ];
  for (const line of table(rows)) output.line(line);
  output.data({ name, last, epoch, ...details, trouble: trouble?.code ?? null });
  return trouble === undefined || trouble.code === 'COUNTER_UNSTAMPED' ? EXIT.sound : EXIT.trouble;
}
