import { SequenceError } from '../common/sequence-error.js';
import { CliError, EXIT, type ExitCode } from './exit.js';
import type { Terminal } from './terminal.js';

/** Where a command puts its result: as text for people, or as one JSON document. */
export class Output {
  constructor(
    private readonly terminal: Terminal,
    readonly json: boolean,
  ) {}

  /** A line for people. */
  line(text: string): void {
    if (!this.json) this.terminal.out.write(`${text}\n`);
  }

  /** The same facts for scripts; once a command. */
  data(value: unknown): void {
    if (this.json) this.terminal.out.write(`${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** How the command ends after an error. No message shows credentials: the library's do not, and ours do not. */
  failure(error: unknown): ExitCode {
    const { code, message, exit } = described(error);
    if (this.json) this.data({ error: { code, message } });
    else this.terminal.err.write(`${message}\n`);
    return exit;
  }
}

function described(error: unknown): { code: string; message: string; exit: ExitCode } {
  if (error instanceof CliError) return error;
  if (error instanceof SequenceError) {
    // A certificate that is not trusted is REJECTED, and nobody was reached.
    const unanswered = error.cause instanceof Error && error.cause.name === 'ConnectionError';
    const unreachable = error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT' || unanswered;
    return {
      code: error.code,
      message: error.message,
      exit: unreachable ? EXIT.unreachable : EXIT.trouble,
    };
  }
  // What the library says of bad names and numbers.
  if (error instanceof TypeError || error instanceof RangeError) {
    return { code: 'USAGE', message: error.message, exit: EXIT.usage };
  }
  throw error;
}

/** Columns as wide as their widest value; the last one as it is. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((value, column) => (column === row.length - 1 ? value : value.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
