import {
  NEMESIS_FILE,
  type NemesisRecord,
  type Plan,
  type Range,
  readHistory,
  workerFiles,
  type WorkerRecord,
} from './history.js';
import type { TimedCall } from './real-time-order.js';

export interface Fault {
  id: number;
  fault: string;
  target: string;
  from: number;
  /** Undefined: never healed. */
  to: number | undefined;
  /** Undefined: nobody noticed it. */
  seen: string | undefined;
}

export interface Attempt {
  t: number;
  count: number;
  /** Undefined: the process ended, or was killed, before it knew. */
  outcome: { code: string; ambiguous: boolean } | Range | undefined;
}

/** What one life of a worker did to one sequence. */
export interface LifeOfSequence {
  file: string;
  worker: number;
  life: number;
  sequence: string;
  attempts: Attempt[];
  /** Blocks the library accepted, in that order. */
  claims: Range[];
  /** Drawn ids by caller, in the order drawn. */
  lanes: Map<number, Range[]>;
}

export interface RunHistory {
  plan: Plan;
  /** The calls on demand, by sequence. */
  onDemand: Map<string, TimedCall[]>;
  firsts: Map<string, number>;
  finals: Map<string, number>;
  faults: Fault[];
  calm: number | undefined;
  lives: { file: string; worker: number; life: number; from: number; closed: boolean; waiting: number }[];
  parts: LifeOfSequence[];
  failed: { t: number; file: string; call: string; code: string; message: string }[];
  verdicts: { t: number; file: string; sequence: string; code: string; message: string }[];
  troubles: { file: string; message: string }[];
  retries: Record<string, number>;
  /** Requests for many counters, and what they carried. */
  together: { requests: number; operations: number };
  /** Ids drawn: when, of which sequence, how many, by which worker. */
  draws: { t: number[]; sequence: string[]; ids: number[]; worker: number[] };
}

/** Everything the files of a run say. Nothing else is known here. */
export function readRun(folder: string): RunHistory {
  const run: RunHistory = {
    plan: undefined as never,
    onDemand: new Map(),
    firsts: new Map(),
    finals: new Map(),
    faults: [],
    calm: undefined,
    lives: [],
    parts: [],
    failed: [],
    verdicts: [],
    troubles: [],
    retries: {},
    together: { requests: 0, operations: 0 },
    draws: { t: [], sequence: [], ids: [], worker: [] },
  };
  readNemesis(folder, run);
  for (const file of workerFiles(folder)) readLife(folder, file, run);
  return run;
}

function readNemesis(folder: string, run: RunHistory): void {
  const byId = new Map<number, Fault>();
  for (const record of readHistory<NemesisRecord>(folder, NEMESIS_FILE)) {
    switch (record.kind) {
      case 'plan':
        run.plan = record.plan;
        break;
      case 'first':
        run.firsts.set(record.sequence, record.value);
        break;
      case 'final':
        run.finals.set(record.sequence, record.value);
        break;
      case 'fault': {
        const { id, fault, target, t: from } = record;
        const made: Fault = { id, fault, target, from, to: undefined, seen: undefined };
        byId.set(id, made);
        run.faults.push(made);
        break;
      }
      case 'seen':
        byId.get(record.id)!.seen = record.how;
        break;
      case 'healed':
        byId.get(record.id)!.to = record.t;
        break;
      case 'calm':
        run.calm = record.t;
    }
  }
  if (run.plan === undefined) throw new Error(`${NEMESIS_FILE} has no plan`);
}

function readLife(folder: string, file: string, run: RunHistory): void {
  const parts = new Map<string, LifeOfSequence>();
  const attempts = new Map<number, Attempt>();
  const life = { file, worker: -1, life: -1, from: 0, closed: false, waiting: 0 };
  run.lives.push(life);
  const part = (sequence: string): LifeOfSequence => {
    let found = parts.get(sequence);
    if (found === undefined) {
      const { worker, life: number } = life;
      found = { file, worker, life: number, sequence, attempts: [], claims: [], lanes: new Map() };
      parts.set(sequence, found);
      run.parts.push(found);
    }
    return found;
  };
  for (const record of readHistory<WorkerRecord>(folder, file)) {
    switch (record.kind) {
      case 'start':
        Object.assign(life, { worker: record.worker, life: record.life, from: record.t });
        break;
      case 'asked': {
        const attempt: Attempt = { t: record.t, count: record.count, outcome: undefined };
        attempts.set(record.attempt, attempt);
        part(record.sequence).attempts.push(attempt);
        break;
      }
      case 'answered':
        attempts.get(record.attempt)!.outcome = [record.first, record.last];
        attempts.delete(record.attempt);
        break;
      case 'refused':
        attempts.get(record.attempt)!.outcome = { code: record.code, ambiguous: record.ambiguous };
        attempts.delete(record.attempt);
        break;
      case 'claim':
        part(record.sequence).claims.push([record.first, record.last]);
        break;
      case 'drew':
        readDraw(record, part(record.sequence), run);
        break;
      case 'failed':
        run.failed.push({ ...record, file });
        break;
      case 'retry':
        run.retries[record.code] = (run.retries[record.code] ?? 0) + 1;
        break;
      case 'verdict':
        run.verdicts.push({ ...record, file });
        break;
      case 'together':
        run.together.requests++;
        run.together.operations += record.operations;
        break;
      case 'trouble':
        run.troubles.push({ file, message: record.message });
        break;
      case 'end':
        Object.assign(life, { closed: true, waiting: record.waiting });
    }
  }
}

function readDraw(
  { t, sequence, lane, ranges, begun }: Extract<WorkerRecord, { kind: 'drew' }>,
  part: LifeOfSequence,
  { draws, onDemand }: RunHistory,
): void {
  if (begun !== undefined) {
    const calls = onDemand.get(sequence) ?? [];
    onDemand.set(sequence, calls);
    calls.push({ begun, ended: t, first: ranges[0]![0], last: ranges.at(-1)![1], by: part.file });
  }
  let drawn = part.lanes.get(lane);
  if (drawn === undefined) part.lanes.set(lane, (drawn = []));
  let ids = 0;
  for (const range of ranges) {
    drawn.push(range);
    ids += range[1] - range[0] + 1;
  }
  draws.t.push(t);
  draws.sequence.push(sequence);
  draws.ids.push(ids);
  draws.worker.push(part.worker);
}
