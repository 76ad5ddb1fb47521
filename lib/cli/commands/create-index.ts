import { indexBody } from '../../store/elasticsearch/counter-index.js';
import { CliError, EXIT, type ExitCode } from '../exit.js';
import type { Output } from '../output.js';
import type { Target } from '../target.js';
import { confirm, type Terminal } from '../terminal.js';

export async function createIndex(
  { counters, place }: Target,
  { yes }: { yes: boolean },
  terminal: Terminal,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (counters.createIndex === undefined) {
    throw new CliError('UNSUPPORTED', `${place} needs no index.`, EXIT.usage);
  }
  await confirm(
    terminal,
    `This creates the ${place}, if there is none. If counters existed and were lost, restore them instead: a new index starts again at 1.`,
    yes,
  );
  const { index, created } = await counters.createIndex(signal);
  output.line(created ? `Created ${index}.` : `The alias stands for ${index} already. Nothing was changed.`);
  output.data({ index, created });
  return EXIT.sound;
}

/** Sends nothing: for those who create the index by other means. */
export function indexTemplate(terminal: Terminal, alias: string): ExitCode {
  terminal.out.write(`${JSON.stringify(indexBody(alias), undefined, 2)}\n`);
  return EXIT.sound;
}
