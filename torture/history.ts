import { closeSync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { join } from 'node:path';
import type { BlockSizeOption } from '../lib/core/block-size.js';

/** Both ends included. */
export type Range = readonly [first: number, last: number];

/** Bytes that are read of a history at once. */
const PIECE = 1 << 20;

/** What the run was meant to be; the first line of `nemesis.jsonl`. */
export interface Plan {
  name: string;
  seed: number;
  server: string;
  strategy: 'script' | 'cas';
  workers: number;
  /** Each sequence and the size of its blocks, by the parity of the worker. */
  sequences: Record<string, readonly [even: BlockSizeOption, odd: BlockSizeOption]>;
  /** Fewer ids than this prove nothing. */
  leastIds: number;
  /** Fewer requests for many counters prove nothing about those. */
  leastTogether: number;
  /** Fewer faults of a kind than this prove nothing. */
  leastFaults: Record<string, number>;
  /** Fewer ids than this, of any worker, after the last heal are no recovery. */
  leastAfterHeal: number;
  /** Failed calls are part of a run with faults; a run that is to have none says so. */
  failedCalls: 'expected' | 'none';
  machine: string;
  versions: Record<string, string>;
}

/** What the run and its nemesis did. `t` of every record: milliseconds on the machine's monotonic clock. */
export type NemesisRecord =
  | { t: number; kind: 'plan'; plan: Plan }
  | { t: number; kind: 'first'; sequence: string; value: number }
  | { t: number; kind: 'fault'; id: number; fault: string; target: string }
  /** Proof from outside the nemesis that the fault took effect: the cluster, a socket, an exit code. */
  | { t: number; kind: 'seen'; id: number; how: string }
  | { t: number; kind: 'healed'; id: number }
  /** No fault follows. */
  | { t: number; kind: 'calm' }
  | { t: number; kind: 'final'; sequence: string; value: number };

/** What one life of a worker process saw; its file is `worker-<number>-<life>.jsonl`. */
export type WorkerRecord =
  | { t: number; kind: 'start'; worker: number; life: number; pid: number }
  /** Before the request of an attempt is sent: a process killed in between leaves an attempt without an outcome. */
  | { t: number; kind: 'asked'; sequence: string; attempt: number; count: number }
  | { t: number; kind: 'answered'; sequence: string; attempt: number; first: number; last: number }
  | { t: number; kind: 'refused'; sequence: string; attempt: number; code: string; ambiguous: boolean }
  /** A request for many counters is sent. */
  | { t: number; kind: 'together'; operations: number }
  /** From the library's diagnostics channels: what it accepted, repeated, gave up. */
  | { t: number; kind: 'claim'; sequence: string; first: number; last: number }
  | { t: number; kind: 'retry'; sequence: string; code: string; delay: number }
  | { t: number; kind: 'verdict'; sequence: string; code: string; message: string }
  /** Ids a caller got, in the order it got them. They count as used once this line is written. */
  | {
      t: number;
      kind: 'drew';
      sequence: string;
      lane: number;
      ranges: Range[];
      /** Of one call on demand: when it began. It had returned before this record was written. */
      begun?: number;
    }
  | { t: number; kind: 'failed'; sequence: string; lane: number; call: string; code: string; message: string }
  /** An unhandled rejection or exception. */
  | { t: number; kind: 'trouble'; message: string }
  | { t: number; kind: 'end'; waiting: number };

/** Milliseconds on the monotonic clock that all processes of a machine share. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

type Untimed<Timed> = Timed extends { t: number } ? Omit<Timed, 't'> : never;

/** One line per record, with the operating system before `write` returns: a kill -9 of this process loses none. */
export class HistoryWriter<Kind extends { t: number }> {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  write(record: Untimed<Kind>): void {
    writeSync(this.#file, `${JSON.stringify({ t: now(), ...record })}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Appends an id to the ranges drawn so far; a run of consecutive ids stays one range. */
export function append(ranges: [number, number][], id: number): void {
  const last = ranges.at(-1);
  if (last !== undefined && last[1] + 1 === id) last[1] = id;
  else ranges.push([id, id]);
}

export const NEMESIS_FILE = 'nemesis.jsonl';

export function workerFile(worker: number, life: number): string {
  return `worker-${worker}-${life}.jsonl`;
}

export function workerFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^worker-.*\.jsonl$/.test(name))
    .toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true }));
}

/** A last line without its end was never written, as far as its writer is concerned. */
export function* readHistory<Kind>(folder: string, file: string): Generator<Kind> {
  const input = openSync(join(folder, file), 'r');
  // In pieces: a file of a long run is longer than a string may be.
  const buffer = Buffer.alloc(PIECE);
  const decoder = new StringDecoder('utf8');
  let text = '';
  try {
    for (let length; (length = readSync(input, buffer)) > 0;) {
      text += decoder.write(buffer.subarray(0, length));
      let start = 0;
      for (let end; (end = text.indexOf('\n', start)) >= 0; start = end + 1) {
        yield JSON.parse(text.slice(start, end)) as Kind;
      }
      text = text.slice(start);
    }
  } finally {
    closeSync(input);
  }
}
