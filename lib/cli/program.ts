import { Command, CommanderError } from 'commander';
import { readFileSync } from 'node:fs';
import { addCommands } from './add-commands.js';
import { EXIT, type ExitCode } from './exit.js';
import type { Setting } from './setting.js';

/** Runs one command and says how it ended. Nothing of it ends the process. */
export async function runProgram<Options>(
  argv: readonly string[],
  setting: Setting<Options>,
): Promise<ExitCode> {
  const { terminal } = setting;
  let exit: ExitCode = EXIT.sound;
  const program = new Command(setting.name)
    .description('Shows, repairs and examines the counters of nestjs-essequence.')
    .version(version(), '--version')
    .helpCommand(true)
    .showHelpAfterError('(--help shows how it is used)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.out.write(text),
      writeErr: (text) => void terminal.err.write(text),
    });
  addCommands(program, setting, (code) => (exit = code));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.sound : EXIT.usage;
    throw error;
  }
}

/** Beside both `lib` and `dist`. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
