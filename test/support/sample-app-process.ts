import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Answer {
  status: number;
  headers: Headers;
  body: any;
}

/** The compiled sample app as a process of its own. */
export class SampleApp {
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  output = '';
  errors = '';
  url = '';
  readonly #process: ChildProcess;

  private constructor(project: string, env: Record<string, string>) {
    const { NODE_OPTIONS: _, ELASTICSEARCH_NODE: __, ...inherited } = process.env;
    this.#process = spawn(process.execPath, [join(project, 'dist-app', 'main.js')], {
      cwd: project,
      env: { ...inherited, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process.stdout!.on('data', (text: Buffer) => (this.output += String(text)));
    this.#process.stderr!.on('data', (text: Buffer) => (this.errors += String(text)));
    this.ended = once(this.#process, 'close') as typeof this.ended;
  }

  /** Resolves when it listens. */
  static async start(project: string, env: Record<string, string>): Promise<SampleApp> {
    const app = new SampleApp(project, env);
    const listening = new Promise<boolean>((resolve) => {
      app.#process.stdout!.on('data', () => /^curl .*\n/m.test(app.output) && resolve(true));
      void app.ended.then(() => resolve(false));
    });
    if (await listening) {
      app.url = /http:\/\/localhost:\d+/.exec(app.output)![0];
      return app;
    }
    throw new Error(`The sample app did not start:\n${app.output}${app.errors}`);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.#process.kill(signal);
    await this.ended;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  get(path: string): Promise<Answer> {
    return this.#call(path, {});
  }

  /** A text is sent as it is. */
  post(path: string, body: unknown): Promise<Answer> {
    return this.#call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async #call(path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(this.url + path, init);
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
}
