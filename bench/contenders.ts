import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a file of contenders exports as `contenders`: each runs in a process of its own. */
export type Contenders = Record<string, (argument: never) => Promise<unknown>>;

/** A contender at work; it may exchange messages with whoever started it. */
export interface Running<Result> {
  readonly pid: number;
  readonly result: Promise<Result>;
  send(message: string): void;
  /** The next message it sends. */
  heard<Message>(): Promise<Message>;
  kill(): Promise<void>;
}

/**
 * Starts one contender of a file in a fresh process, under the Node of `path`: neither the shapes that another contender showed the compiler nor
 * its garbage weigh on it.
 */
export function start<Result>(
  file: string,
  contender: string,
  argument: unknown = {},
  { flags = [], path = process.execPath }: { flags?: string[]; path?: string } = {},
): Running<Result> {
  const child = fork(
    fileURLToPath(new URL('./child.ts', import.meta.url)),
    [file, contender, JSON.stringify(argument)],
    {
      execPath: path,
      execArgv: ['--import', 'tsx', '--expose-gc', ...flags],
    },
  );
  const queue: unknown[] = [];
  const ears: ((message: unknown) => void)[] = [];
  const result = new Promise<Result>((resolve, reject) => {
    child.on('message', (message: { result?: Result; error?: string; said?: unknown }) => {
      if ('error' in message) reject(new Error(`${contender}: ${message.error}`));
      else if ('said' in message) {
        const ear = ears.shift();
        if (ear === undefined) queue.push(message.said);
        else ear(message.said);
      } else resolve(message.result as Result);
    });
    child.once('exit', (code, signal) => reject(new Error(`${contender} ended early (${signal ?? code})`)));
  });
  result.catch(() => {});
  return {
    pid: child.pid!,
    result,
    send: (message) => child.send(message),
    heard: <Message>() =>
      queue.length > 0
        ? Promise.resolve(queue.shift() as Message)
        : Promise.race([
            new Promise<Message>((resolve) => ears.push((message) => resolve(message as Message))),
            result as Promise<never>,
          ]),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Runs all contenders once per round, one after the other, so that a slow minute of the machine hits all alike. */
export async function alternate<Result>(
  contenders: Record<string, () => Promise<Result>>,
  rounds: number,
): Promise<Record<string, Result[]>> {
  const results: Record<string, Result[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) (results[name] ??= []).push(await run());
  }
  return results;
}

/** In a contender: tells something to whoever started it. */
export function say(said: unknown): void {
  process.send!({ said });
}

/** In a contender: the next message from whoever started it. */
export async function told(): Promise<string> {
  const [message] = (await once(process, 'message')) as [string];
  return message;
}
