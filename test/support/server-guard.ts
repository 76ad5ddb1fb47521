import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/**
 * Each line it reads replaces the list of process groups. The input ends when the owner ends, however it ends: the
 * groups of the last line die and the folder goes. Dying servers may still write, hence the second try.
 */
const WATCH = `
groups=
while read -r line; do groups=$line; done
[ -z "$groups" ] || kill -s KILL -- $groups
for attempt in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$1" && break; sleep 0.5; done`;

/** Ends servers and removes their folder when their owner is gone, a kill -9 included, which leaves no time to clean up. */
export class ServerGuard {
  readonly #watcher: ChildProcess;
  readonly #input: Socket;
  readonly #ended: Promise<void>;
  readonly #groups = new Set<number>();
  readonly #killAll = (): void => {
    for (const group of this.#groups) signalGroup(group, 'SIGKILL');
  };

  constructor(folder: string) {
    this.#watcher = spawn('sh', ['-c', WATCH, 'sh', folder], {
      cwd: '/',
      // Out of the owner's group: a signal to that one (Ctrl-C, a runner's timeout) must not end its watcher.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#watcher.unref();
    this.#input = this.#watcher.stdin as Socket;
    this.#input.unref();
    this.#input.on('error', () => undefined); // Without its watcher the owner still ends its servers.
    this.#ended = new Promise((resolve) => this.#watcher.once('exit', () => resolve()));
    process.once('exit', this.#killAll);
  }

  add(group: number): void {
    this.#groups.add(group);
    this.#tell();
  }

  remove(group: number): void {
    this.#groups.delete(group);
    this.#tell();
  }

  /** Ends what is left and lets the watcher remove the folder; resolves when it has. */
  async close(): Promise<void> {
    process.removeListener('exit', this.#killAll);
    this.#killAll();
    this.#watcher.ref();
    this.#input.end();
    await this.#ended;
  }

  #tell(): void {
    this.#input.write(`${[...this.#groups].map((group) => -group).join(' ')}\n`);
  }
}

/** Nothing to do when the group has ended. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Ended.
  }
}

/**
 * Whether anything of the group still runs. What was killed stays in its group until its parent reaps it, and a
 * container's first process may do so late or never.
 */
export function groupRuns(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && runsIn(name, group));
}

function runsIn(pid: string, group: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // From the third field on: the second, a name in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, , its] = fields;
    const threads = Number(fields[17]);
    // A dead main thread is a zombie too while others still hold the ports and the locks on the data.
    return Number(its) === group && !(state === 'Z' && threads <= 1);
  } catch {
    return false;
  }
}
