import type { Command } from 'commander';
import type { Target } from './target.js';
import type { Terminal } from './terminal.js';

/** What the program is run for. */
export interface Setting<Options> {
  terminal: Terminal;
  /** How the user calls it, for the help. */
  name: string;
  /** Adds the options that say where the counters are. */
  place(command: Command): Command;
  open(options: Options & { timeout: number }): Promise<Target>;
  /** The alias that `index-template` is for. Undefined: the command is not there. */
  alias?(options: Options): string;
}
