import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupRuns, signalGroup, type ServerGuard } from './server-guard.js';
import { serverUser } from './server-user.js';

const POLL = 100;
const LOG_TAIL = 4_000;

export interface Credentials {
  username: string;
  password: string;
}

export interface NodeCommand {
  command: string;
  args: string[];
  env: Record<string, string>;
}

export interface NodePlace {
  name: string;
  /** Holds all that the node writes; its working directory. */
  folder: string;
  httpPort: number;
  transportPort: number;
}

/** One server process, or rather one process group: Elasticsearch's launcher JVM starts the JVM that serves. */
export class ServerNode {
  readonly name: string;
  readonly httpPort: number;
  readonly transportPort: number;
  readonly url: string;
  readonly #log: string;
  #group: number | undefined;

  constructor(
    readonly place: NodePlace,
    private readonly command: NodeCommand,
    private readonly guard: ServerGuard,
    private readonly auth?: Credentials,
    /** Over https, whose certificate this authority signed. */
    private readonly ca?: string,
  ) {
    this.name = place.name;
    this.httpPort = place.httpPort;
    this.transportPort = place.transportPort;
    this.url = `${ca === undefined ? 'http' : 'https'}://127.0.0.1:${place.httpPort}`;
    this.#log = join(place.folder, 'output.log');
    this.start();
  }

  /** Process id of the group's leader; undefined once the group has ended. */
  get pid(): number | undefined {
    return this.alive() ? this.#group : undefined;
  }

  alive(): boolean {
    if (this.#group !== undefined && !groupRuns(this.#group)) this.#forget();
    return this.#group !== undefined;
  }

  /** Signals the whole group and, unless the signal only pauses or resumes, waits until all of it has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.alive() || this.#group === undefined) return;
    signalGroup(this.#group, signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    const deadline = Date.now() + 60_000;
    while (this.alive()) {
      if (Date.now() > deadline) throw new Error(`${this.name} is still there a minute after ${signal}`);
      await sleep(POLL / 5);
    }
  }

  start(): void {
    if (this.alive()) throw new Error(`${this.name} is running already`);
    const output = openSync(this.#log, 'a');
    const child = spawn(this.command.command, this.command.args, {
      ...serverUser,
      cwd: this.place.folder,
      // Nothing of the user's environment: JAVA_OPTS and the like would reach the server.
      env: { PATH: process.env['PATH'], HOME: this.place.folder, ...this.command.env },
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    child.once('error', () => this.#forget());
    child.once('exit', () => this.alive());
    child.unref();
    this.#group = child.pid;
    if (child.pid !== undefined) this.guard.add(child.pid);
  }

  /** Same data, same ports. */
  async restart(): Promise<void> {
    await this.kill();
    this.start();
    await this.waitUntilReady();
  }

  /** Until the node knows a master that sees at least so many nodes, and every index can be used. */
  async waitUntilReady({ nodes = 1, timeout = 180_000 } = {}): Promise<void> {
    const deadline = Date.now() + timeout;
    let seen = 'no answer';
    while (Date.now() < deadline) {
      if (!this.alive()) throw new Error(`${this.name} has ended\n${this.log()}`);
      try {
        const { status, text } = await this.#get(
          `/_cluster/health?wait_for_nodes=>=${nodes}&wait_for_status=yellow&timeout=1s&master_timeout=1s`,
        );
        if (status === 200) return;
        seen = `${status} ${text}`;
      } catch (error) {
        seen = String(error);
      }
      await sleep(POLL);
    }
    throw new Error(`${this.name} was not ready after ${timeout} ms, last seen: ${seen}\n${this.log()}`);
  }

  /** The end of what the server printed. */
  log(): string {
    return readFileSync(this.#log, 'utf8').slice(-LOG_TAIL);
  }

  #get(path: string): Promise<{ status: number | undefined; text: string }> {
    const headers: Record<string, string> = {};
    if (this.auth) {
      headers['authorization'] = `Basic ${btoa(`${this.auth.username}:${this.auth.password}`)}`;
    }
    const options = { headers, signal: AbortSignal.timeout(5_000), agent: false as const, ca: this.ca };
    return new Promise((resolve, reject) => {
      const { get } = this.ca === undefined ? http : https;
      const request = get(`${this.url}${path}`, options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('error', reject).once('end', () => resolve({ status: response.statusCode, text }));
      });
      request.once('error', reject);
    });
  }

  #forget(): void {
    if (this.#group !== undefined) this.guard.remove(this.#group);
    this.#group = undefined;
  }
}
