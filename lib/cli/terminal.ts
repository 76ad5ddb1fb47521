import { createInterface } from 'node:readline';
import { CliError, EXIT } from './exit.js';

/** Where the command line reads and writes. Results go to `out`, everything else to `err`: a pipe gets results alone. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { isTTY?: boolean | undefined };
  readonly out: { write(text: string): unknown };
  readonly err: NodeJS.WritableStream;
}

/**
 * Asks before something is written. Without a terminal there is nobody to ask: then only `yes` lets it go on.
 *
 * @throws CliError NOT_CONFIRMED
 */
export async function confirm(terminal: Terminal, intent: string, yes: boolean): Promise<void> {
  if (yes) {
    terminal.err.write(`${intent}\n`);
    return;
  }
  if (terminal.input.isTTY !== true) {
    throw new CliError(
      'NOT_CONFIRMED',
      `${intent} There is no terminal to ask at, so nothing was changed. Say --yes to go on without a question.`,
      EXIT.trouble,
    );
  }
  const answer = await ask(terminal, `${intent} Go on? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new CliError('NOT_CONFIRMED', 'Nothing was changed.', EXIT.trouble);
  }
}

function ask({ input, err }: Terminal, question: string): Promise<string> {
  const lines = createInterface({ input, output: err });
  return new Promise((resolve) => {
    // Ctrl-C and Ctrl-D end the input without an answer.
    lines.once('close', () => resolve(''));
    lines.once('SIGINT', () => lines.close());
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}
