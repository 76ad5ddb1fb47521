/**
 * One worker process: once its input says `go` it draws from every sequence of the plan, by every way to draw, and
 * writes down what it got. Its callers keep to one sequence each, or draw from many at once. Ended by SIGTERM (as an application is: closing), by SIGKILL, or with the process that started it.
 */
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlockSizeOption } from '../lib/core/block-size.js';
import type { ClaimMessage, RetryMessage, VerdictMessage } from '../lib/core/diagnostics.js';
import { SequenceError } from '../lib/common/sequence-error.js';
import { SequenceRegistry } from '../lib/core/sequence-registry.js';
import type { Sequence } from '../lib/core/sequence.js';
import { resolveOptions } from '../lib/nest/sequence-module.options.js';
import { append, HistoryWriter, now, type Range, type WorkerRecord } from './history.js';
import { RecordingStore } from './recording-store.js';
import { SeededRandom } from './seeded-random.js';
import { openStore, type StorePlan } from './store-plan.js';

export interface SequencePlan {
  blockSize: BlockSizeOption;
  /** Ids of a turn at most. */
  turn: number;
}

export interface WorkerPlan {
  file: string;
  worker: number;
  life: number;
  seed: number;
  store: StorePlan;
  sequences: Record<string, SequencePlan>;
  /** Callers per sequence, or of crowds; each waits for its answers before it calls again. */
  lanes: number;
  /** Each turn of a caller draws from many sequences at once, the first one from all. */
  crowds: boolean;
  /** Milliseconds without use until a sequence sleeps. */
  idleTime: number | undefined;
  /** Mean pause between two turns of a caller, in milliseconds; 0: none. */
  pause: number;
  timeout: number | undefined;
}

const plan = JSON.parse(process.argv[2]!) as WorkerPlan;
const history = new HistoryWriter<WorkerRecord>(plan.file);
const random = new SeededRandom(plan.seed);
history.write({ kind: 'start', worker: plan.worker, life: plan.life, pid: process.pid });

subscribe('nestjs-essequence:claim', (message) => {
  const { sequence, first, last } = message as ClaimMessage;
  history.write({ kind: 'claim', sequence, first, last });
});
subscribe('nestjs-essequence:retry', (message) => {
  const { sequence, error, delay } = message as RetryMessage;
  history.write({ kind: 'retry', sequence, code: codeOf(error), delay });
});
subscribe('nestjs-essequence:verdict', (message) => {
  const { sequence, error } = message as VerdictMessage;
  history.write({ kind: 'verdict', sequence, code: codeOf(error), message: error.message });
});
for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (thrown: unknown) => history.write({ kind: 'trouble', message: String(thrown) }));
}

const { store, close } = openStore(plan.store, (operations) =>
  history.write({ kind: 'together', operations }),
);
const { timeout, idleTime } = plan;
const registry = new SequenceRegistry(
  new RecordingStore(store, history),
  resolveOptions({ timeout, idleTime }),
);
const ended = new AbortController();

// The one that started it holds the other end, and a kill -9 there closes it.
process.stdin.on('end', () => process.exit(3));
process.once('SIGTERM', () => void end());
await once(process.stdin, 'data');

interface Source {
  sequence: Sequence;
  turn: number;
  isOnDemand: boolean;
}

const sources = Object.entries(plan.sequences).map(([name, { blockSize, turn }]): Source => ({
  sequence: registry.get(name, undefined, blockSize),
  turn,
  isOnDemand: blockSize === 'onDemand',
}));
const lanes: Promise<void>[] = [];
for (let lane = 0; lane < plan.lanes; lane++) {
  if (plan.crowds) lanes.push(repeatUntilEnded((first) => drawFromMany(first, lane)));
  else for (const source of sources) lanes.push(repeatUntilEnded(() => drawOnce(source, lane)));
}

async function repeatUntilEnded(draw: (first: boolean) => Promise<unknown>): Promise<void> {
  for (let first = true; !ended.signal.aborted; first = false) {
    await draw(first);
    await sleep(random.next() * 2 * plan.pause, undefined, { signal: ended.signal }).catch(() => undefined);
  }
}

/** From all of them, as a process does that starts, or from some: few more often than many. */
function drawFromMany(all: boolean, lane: number): Promise<unknown> {
  const count = all ? sources.length : Math.ceil(sources.length * random.next() ** 3);
  const drawn = random.shuffle(sources).slice(0, count);
  return Promise.all(drawn.map((source) => drawOnce(source, lane)));
}

async function drawOnce({ sequence, turn, isOnDemand }: Source, lane: number): Promise<void> {
  const { name } = sequence;
  // On demand one call at a time, so that it is known when it began and when it returned.
  const draw = isOnDemand ? drawByTake : random.pick([drawByNext, drawByTake, drawByTryNext]);
  const ranges: [number, number][] = [];
  const begun = now();
  try {
    await draw(sequence, random.integer(1, turn), ranges);
  } catch (error) {
    const [call, code] = [draw.name, codeOf(error)];
    // What its own end cuts off is no failed call.
    if (code !== 'CLOSED' || !ended.signal.aborted) {
      history.write({ kind: 'failed', sequence: name, lane, call, code, message: String(error) });
    }
  }
  if (ranges.length === 0) return;
  const drew = { kind: 'drew', sequence: name, lane, ranges: ranges as Range[] } as const;
  history.write(isOnDemand ? { ...drew, begun } : drew);
}

async function drawByNext(sequence: Sequence, count: number, ranges: [number, number][]): Promise<void> {
  for (let left = count; left > 0; left--) append(ranges, await sequence.next());
}

async function drawByTake(sequence: Sequence, count: number, ranges: [number, number][]): Promise<void> {
  for (const id of await sequence.take(count)) append(ranges, id);
}

async function drawByTryNext(sequence: Sequence, count: number, ranges: [number, number][]): Promise<void> {
  for (let left = count; left > 0; left--) {
    const id = sequence.tryNext();
    if (id === undefined) return;
    append(ranges, id);
  }
}

async function end(): Promise<void> {
  registry.stopPrefetching();
  ended.abort();
  await registry.close();
  await Promise.all(lanes);
  await close();
  const waiting = [...registry.names].reduce((sum, name) => sum + registry.core(name).allocator.waiting, 0);
  history.write({ kind: 'end', waiting });
  process.exit(0);
}

function codeOf(error: unknown): string {
  return error instanceof SequenceError ? error.code : error instanceof Error ? error.name : String(error);
}
