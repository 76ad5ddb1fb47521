import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A server that speaks MongoDB's protocol: FerretDB over SQLite, built by Go (the first time takes two minutes). */
export class FerretServer {
  private constructor(
    readonly uri: string,
    private readonly process?: ChildProcess,
    private readonly folder?: string,
  ) {}

  /** The one at `uri`, or one of our own; undefined where there is no Go. */
  static async start(uri: string | undefined): Promise<FerretServer | undefined> {
    if (uri !== undefined) return new FerretServer(uri);
    const folder = mkdtempSync(join(tmpdir(), 'essequence-ferretdb-'));
    const program = join(folder, 'ferretdb');
    try {
      execFileSync('go', ['build', '-o', program, '.'], {
        cwd: fileURLToPath(new URL('.', import.meta.url)),
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    } catch (error) {
      rmSync(folder, { recursive: true });
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    // It ends with its standard input, also when this process is killed.
    const child = spawn(program, [folder], { stdio: ['pipe', 'pipe', 'ignore'] });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return new FerretServer(line, child, folder);
  }

  async stop(): Promise<void> {
    if (this.process === undefined) return;
    const ended = once(this.process, 'exit');
    this.process.stdin!.end();
    await ended;
    rmSync(this.folder!, { recursive: true });
  }
}
