import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { spawn as spawnInTerminal } from '@lydell/node-pty';
import { ProjectCopy } from './project-copy.js';

export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** A line of doctor, as `--json` shows it. */
export interface ShownFinding {
  status: string;
  code: string;
  what: string;
  why: string | null;
  remedy: string | null;
  sequences: string[];
}

export interface Refused {
  command: readonly string[];
  code: number;
  error: { code: string; message: string };
}

/** Commands that need a counter, and those that need its index or folder at least. */
const OF_ONE_COUNTER = [
  ['show', 'a'],
  ['fence', 'a', '--to', '5', '--yes'],
];
const OF_A_PLACE = [['list'], ['raise', 'a', '5', '--yes'], ...OF_ONE_COUNTER];

/** The command line as it is published: built, and run as a process of its own. */
export class CommandLine {
  private constructor(
    private readonly copy: ProjectCopy,
    private readonly file = join('dist', 'cli', 'main.js'),
  ) {}

  static async build(): Promise<CommandLine> {
    const copy = new ProjectCopy();
    await copy.npm('run', '--silent', 'build');
    return new CommandLine(copy);
  }

  /** The same for another file of the folder, such as an application that calls `runCli`. */
  running(file: string): CommandLine {
    return new CommandLine(this.copy, file);
  }

  get folder(): string {
    return this.copy.folder;
  }

  /** Without a terminal. `input`: what a pipe brings. */
  run(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Ended> {
    const child = spawn(process.execPath, [this.#main, ...args], {
      cwd: this.copy.folder,
      env: { ...cleanEnvironment(), ...env },
      stdio: 'pipe',
    });
    // Those that do not read end before it is written.
    child.stdin.on('error', () => {}).end(input);
    const text = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text.out += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (text.err += part));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? -1, ...text }));
    });
  }

  /** The one JSON document it prints. */
  async json(
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ code: number; data: any }> {
    const { code, out, err } = await this.run([...args, '--json'], env);
    try {
      return { code, data: JSON.parse(out) };
    } catch {
      throw new Error(`${args.join(' ')} printed no JSON document\n${out}\n${err}`);
    }
  }

  /** What doctor finds, and what of it is trouble. */
  async examine(
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ code: number; findings: ShownFinding[]; trouble: ShownFinding[] }> {
    const { code, data } = await this.json(['doctor', ...args], env);
    const findings = data.findings as ShownFinding[];
    return { code, findings, trouble: findings.filter(({ status }) => /error|warning/.test(status)) };
  }

  /** What the commands answer that need what is missing. */
  async withoutCounter(missing: 'place' | 'counter', place: readonly string[]): Promise<Refused[]> {
    const said: Refused[] = [];
    for (const command of missing === 'place' ? OF_A_PLACE : OF_ONE_COUNTER) {
      const { code, data } = await this.json([...command, ...place]);
      const error = data.error as Refused['error'];
      said.push({ command, code, error });
    }
    return said;
  }

  /** In a pseudo-terminal; `answer` is typed once the question is there. */
  inTerminal(
    args: readonly string[],
    answer: string,
    question = '[y/N]',
  ): Promise<{ code: number; seen: string }> {
    const terminal = spawnInTerminal(process.execPath, [this.#main, ...args], {
      cols: 500,
      cwd: this.copy.folder,
      env: cleanEnvironment(),
    });
    let seen = '';
    let answered = false;
    return new Promise((resolve) => {
      terminal.onData((part) => {
        seen += part;
        if (answered || !seen.includes(question)) return;
        answered = true;
        terminal.write(answer);
      });
      terminal.onExit(({ exitCode }) => resolve({ code: exitCode, seen }));
    });
  }

  remove(): void {
    this.copy.remove();
  }

  get #main(): string {
    return join(this.copy.folder, this.file);
  }
}

/** Without what the person who runs the tests may have set. */
function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(ESSEQUENCE_|NODE_OPTIONS$)/.test(entry[0]),
  );
  return Object.fromEntries(kept);
}
