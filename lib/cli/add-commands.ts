import { type Command, InvalidArgumentError } from 'commander';
import { createIndex, indexTemplate } from './commands/create-index.js';
import { doctor } from './commands/doctor.js';
import { fence, fenceAll } from './commands/fence.js';
import { type FenceOptions, fenceOf } from './commands/fence-options.js';
import { list } from './commands/list.js';
import { raise } from './commands/raise.js';
import { show } from './commands/show.js';
import type { ExitCode } from './exit.js';
import { Output } from './output.js';
import type { Setting } from './setting.js';
import type { Target } from './target.js';
import type { Terminal } from './terminal.js';

interface Common {
  json?: boolean;
  yes?: boolean;
  timeout: number;
}

type Work<Options> = (
  target: Target,
  options: Options & Common,
  io: { terminal: Terminal; output: Output; signal: AbortSignal },
) => Promise<ExitCode>;

const IN_USE = `
Ids at or below <id> that processes have cached already may still be handed out.
Raise before the first draw, or with all other processes stopped.`;

/** The commands with their options and help. `done` is told how the one that ran has ended. */
export function addCommands<Options>(
  program: Command,
  setting: Setting<Options>,
  done: (exit: ExitCode) => void,
): void {
  const { terminal, name } = setting;
  const add = (usageText: string, summary: string, examples: readonly string[]): Command =>
    setting
      .place(program.command(usageText).description(summary))
      .option('--json', 'print one JSON document', false)
      .option('--timeout <ms>', 'how long to wait for the store', integer(1, 3_600_000), 5_000)
      .addHelpText('after', ['', 'Examples:', ...examples.map((text) => `  ${name} ${text}`)].join('\n'));
  const run = async (options: Options & Common, work: Work<Options>): Promise<void> => {
    const output = new Output(terminal, options.json === true);
    let target: Target | undefined;
    try {
      target = await setting.open(options);
      const signal = new AbortController().signal;
      done(await work(target, options, { terminal, output, signal }));
    } catch (error) {
      done(output.failure(error));
    } finally {
      await target?.close();
    }
  };

  add('list', 'Lists all sequences with the highest id claimed by anybody.', [
    'list',
    'list --prefix invoices --json',
  ])
    .option('--prefix <text>', 'only names that begin so', '')
    .action((options: Options & Common & { prefix: string }) =>
      run(options, (target, _, { output, signal }) => list(target, options, output, signal)),
    );

  add('show', 'Shows one sequence. Ends with 1 if there is none, or no process should claim from it.', [
    'show orders',
  ])
    .argument('<name>', 'the sequence')
    .action((sequence: string, options: Options & Common) =>
      run(options, (target, _, { output, signal }) => show(target, sequence, output, signal)),
    );

  add('raise', 'Raises a sequence so that all further ids lie above <id>; creates it if there is none.', [
    'raise orders 5000',
    'raise orders 5000 --yes --json',
  ])
    .argument('<name>', 'the sequence')
    .argument('<id>', 'an id that is in use', integer(0, Number.MAX_SAFE_INTEGER))
    .option('--yes', 'do not ask', false)
    .addHelpText('after', IN_USE)
    .action((sequence: string, id: number, options: Options & Common) =>
      run(options, (target, { yes }, { terminal: io, output, signal }) =>
        raise(target, { name: sequence, id, yes: yes === true }, io, output, signal),
      ),
    );

  add(
    'fence',
    'Repairs a sequence after a restore, a copy or a loss: moves it past all ids in use and gives it a new identity.',
    ['fence orders --above 120000', 'fence invoices~acme~2026 --to 512', 'fence --file restored.csv --yes'],
  )
    .argument('[name]', 'the sequence')
    .option(
      '--above <id>',
      'the highest id known to be in use; the jump comes on top',
      integer(0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--jump <count>',
      'how far to jump; more than was handed out since the copy was taken (default: 1000000000)',
      integer(0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--to <id>',
      'exactly this value, for numbers that must not jump',
      integer(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--file <csv>', 'fence every sequence of the file, lines of name,to')
    .option('--yes', 'do not ask', false)
    .action((sequence: string | undefined, options: Options & Common & FenceOptions) => {
      return run(options, (target, { yes }, io) => {
        const asked = fenceOf(sequence, options);
        const all = { ...io, yes: yes === true };
        return 'rows' in asked
          ? fenceAll(target, asked.rows, all)
          : fence(target, asked.name, asked.goal, all);
      });
    });

  add('create-index', 'Creates the alias and its index with the settings that the promise depends on.', [
    'create-index --yes',
  ])
    .option('--yes', 'do not ask', false)
    .action((options: Options & Common) =>
      run(options, (target, { yes }, { terminal: io, output, signal }) =>
        createIndex(target, { yes: yes === true }, io, output, signal),
      ),
    );

  const { alias } = setting;
  if (alias !== undefined) {
    add('index-template', 'Prints what create-index sends, for Terraform and the like. Sends nothing.', [
      'index-template --index essequences',
    ]).action((options: Options & Common) => {
      const output = new Output(terminal, options.json === true);
      try {
        done(indexTemplate(terminal, alias(options)));
      } catch (error) {
        done(output.failure(error));
      }
    });
  }

  add('doctor', 'Examines everything that unique ids depend on, and says what to do. Changes nothing.', [
    'doctor',
    'doctor --strict --json',
  ])
    .option('--strict', 'end with 1 also for warnings', false)
    .option('--claim', 'also time a write: one counter is written back unchanged, no id is taken', false)
    .action((options: Options & Common & { strict: boolean; claim: boolean }) =>
      run(options, (target, _, { output, signal }) => doctor(target, options, output, signal)),
    );
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected an integer from ${min} to ${max}.`);
  };
}
