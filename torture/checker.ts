import type { Range } from './history.js';
import { outOfTurn } from './real-time-order.js';
import type { Attempt, Fault, LifeOfSequence, RunHistory } from './run-history.js';

export interface Check {
  name: string;
  /** `unknown`: too little happened to tell. */
  outcome: 'holds' | 'violated' | 'unknown';
  said: string;
  /** A few of the violations. */
  samples: string[];
}

export interface Account {
  sequence: string;
  first: number;
  final: number;
  drawn: number;
  claimed: number;
  blocks: number;
  /** Ids the counter passed and nobody was given: answers that got lost. */
  lost: number;
  /** What was asked in attempts whose outcome nobody knows, twice: Elasticsearch may apply an update twice. */
  bound: number;
  /** Claimed ids not drawn: cached when a process ended. */
  unused: number;
}

export interface Result {
  verdict: 'valid' | 'invalid' | 'unknown';
  checks: Check[];
  accounts: Account[];
  /** Ids handed out more than once. */
  duplicates: number;
}

export const ON_DEMAND_CHECK = 'on demand, a call that began after another had returned got a higher id';
const SAMPLES = 5;
/** Milliseconds after a fault during which its effects still show. */
const AFTERMATH = 10_000;

/** Judges a run by its files alone. */
export function check(run: RunHistory): Result {
  const accounts = [...run.finals.keys()].map((sequence) => account(sequence, run));
  const unique = overlaps('no id was handed out twice', 'ids handed out twice', run, (part) =>
    [...part.lanes.values()].flat(),
  );
  const disjoint = overlaps('blocks are disjoint', 'ids in two blocks', run, (part) => part.claims);
  const checks = [
    unique.check,
    ascending(run),
    realTime(run),
    disjoint.check,
    ownClaims(run),
    accounting(accounts),
    quiet(run),
    falseAlarms(run),
    recovery(run),
    failedCalls(run),
    faultsSeen(run),
    enough(run, accounts),
  ];
  const has = (outcome: Check['outcome']) => checks.some((each) => each.outcome === outcome);
  const verdict = has('violated') ? 'invalid' : has('unknown') ? 'unknown' : 'valid';
  return { verdict, checks, accounts, duplicates: unique.count };
}

/** Sorts and sweeps, so tens of millions of ids cost as much as their ranges. */
function overlaps(
  name: string,
  what: string,
  run: RunHistory,
  rangesOf: (part: LifeOfSequence) => readonly Range[],
): { check: Check; count: number } {
  const bySequence = new Map<string, { range: Range; file: string }[]>();
  for (const part of run.parts) {
    let all = bySequence.get(part.sequence);
    if (all === undefined) bySequence.set(part.sequence, (all = []));
    for (const range of rangesOf(part)) all.push({ range, file: part.file });
  }
  const samples: string[] = [];
  let count = 0;
  for (const [sequence, all] of bySequence) {
    all.sort((one, other) => one.range[0] - other.range[0]);
    let highest: (typeof all)[number] | undefined;
    for (const each of all) {
      if (highest !== undefined && each.range[0] <= highest.range[1]) {
        const last = Math.min(each.range[1], highest.range[1]);
        count += last - each.range[0] + 1;
        samples.push(`${sequence} ${each.range[0]} to ${last}: ${highest.file} and ${each.file}`);
      }
      if (highest === undefined || each.range[1] > highest.range[1]) highest = each;
    }
  }
  return { check: found(name, count, `${count} ${what}`, samples), count };
}

function ascending({ parts }: RunHistory): Check {
  const samples: string[] = [];
  for (const { file, sequence, lanes } of parts) {
    for (const ranges of lanes.values()) {
      let before = 0;
      for (const [first, last] of ranges) {
        const sound = Number.isSafeInteger(first) && Number.isSafeInteger(last) && first <= last;
        if (!sound || first <= before)
          samples.push(`${file} ${sequence}: ${first} to ${last} after ${before}`);
        before = last;
      }
    }
  }
  return found(
    'ids ascend for every caller',
    samples.length,
    `${samples.length} ranges out of order`,
    samples,
  );
}

/** The stronger promise of sequences of which all processes claim on demand. */
function realTime({ plan, onDemand }: RunHistory): Check {
  const name = ON_DEMAND_CHECK;
  const planned = Object.keys(plan.sequences).filter((sequence) =>
    plan.sequences[sequence]!.every((size) => size === 'onDemand'),
  );
  const missing = planned.filter((sequence) => !onDemand.has(sequence));
  if (missing.length > 0) {
    return { name, outcome: 'unknown', said: 'nothing was drawn', samples: missing.slice(0, SAMPLES) };
  }
  const samples: string[] = [];
  let calls = 0;
  for (const [sequence, all] of onDemand) {
    calls += all.length;
    samples.push(...outOfTurn(all).map((said) => `${sequence}: ${said}`));
  }
  return found(name, samples.length, `${samples.length} of ${calls} calls out of turn`, samples);
}

/** No process hands out what it did not claim itself. */
function ownClaims({ parts }: RunHistory): Check {
  const samples: string[] = [];
  for (const { file, sequence, claims, lanes } of parts) {
    const blocks = claims.toSorted((one, other) => one[0] - other[0]);
    for (const [first, last] of [...lanes.values()].flat()) {
      let next = first;
      for (let index = lastAtOrBelow(blocks, first); index >= 0 && next <= last; index++) {
        const block = blocks[index];
        if (block === undefined || block[0] > next || block[1] < next) break;
        next = block[1] + 1;
      }
      if (next <= last) samples.push(`${file} ${sequence}: ${next} of ${first} to ${last}`);
    }
  }
  return found(
    'every id drawn was claimed by that very process',
    samples.length,
    `${samples.length} ranges not claimed`,
    samples,
  );
}

function lastAtOrBelow(blocks: readonly Range[], id: number): number {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocks[middle]![0] <= id) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function account(sequence: string, run: RunHistory): Account {
  const first = run.firsts.get(sequence) ?? 0;
  const final = run.finals.get(sequence)!;
  let [drawn, claimed, blocks, bound] = [0, 0, 0, 0];
  for (const part of run.parts.filter((each) => each.sequence === sequence)) {
    for (const [from, to] of [...part.lanes.values()].flat()) drawn += to - from + 1;
    for (const [from, to] of part.claims) claimed += to - from + 1;
    blocks += part.claims.length;
    const accepted = new Set(part.claims.map(([from]) => from));
    for (const attempt of part.attempts) bound += mayBeLost(attempt, accepted, run.faults);
  }
  const lost = final - first - claimed;
  return { sequence, first, final, drawn, claimed, blocks, lost, bound, unused: claimed - drawn };
}

function mayBeLost({ t, count, outcome }: Attempt, accepted: Set<number>, faults: readonly Fault[]): number {
  if (outcome === undefined) return 2 * count;
  if ('code' in outcome) {
    if (outcome.ambiguous) return 2 * count;
    // The coordinating node sends an update again when it lost the primary's node, and may meet its own first one.
    return outcome.code === 'CONFLICT' && faults.some((fault) => isDuring(t, fault)) ? count : 0;
  }
  return accepted.has(outcome[0]) ? 0 : 2 * count;
}

function isDuring(t: number, { from, to }: Fault): boolean {
  return t >= from - AFTERMATH && t <= (to ?? Infinity) + AFTERMATH;
}

function accounting(accounts: readonly Account[]): Check {
  const samples = accounts
    .filter(({ lost, bound, unused }) => lost < 0 || lost > bound || unused < 0)
    .map(
      ({ sequence, lost, bound, unused }) =>
        `${sequence}: ${lost} lost, at most ${bound} expected; ${unused} unused`,
    );
  const lost = accounts.reduce((sum, each) => sum + each.lost, 0);
  const bound = accounts.reduce((sum, each) => sum + each.bound, 0);
  const name = 'every id the counter passed is accounted for';
  if (accounts.length === 0) return { name, outcome: 'unknown', said: 'no final counter', samples };
  return found(name, samples.length, `${lost} ids lost, bound ${bound}`, samples);
}

function quiet({ troubles, lives }: RunHistory): Check {
  const samples = troubles.map(({ file, message }) => `${file}: ${message}`);
  for (const { file, waiting } of lives)
    if (waiting > 0) samples.push(`${file}: ${waiting} callers left waiting`);
  return found(
    'no unhandled rejection, nobody left waiting',
    samples.length,
    `${samples.length} cases`,
    samples,
  );
}

/** Nothing was restored, deleted or re-created in such a run: whoever says so is wrong. */
function falseAlarms({ verdicts }: RunHistory): Check {
  const samples = verdicts.map(({ file, code, message }) => `${file}: ${code} ${message}`);
  return found('no false verdict on the counter', samples.length, `${samples.length} verdicts`, samples);
}

function recovery({ plan, calm, draws }: RunHistory): Check {
  const name = `every worker drew ${plan.leastAfterHeal} ids after the last heal`;
  if (calm === undefined) return { name, outcome: 'unknown', said: 'the run never became calm', samples: [] };
  const ids = new Array<number>(plan.workers).fill(0);
  let slowest = 0;
  for (const [index, t] of draws.t.entries()) {
    const worker = draws.worker[index]!;
    if (t <= calm || ids[worker]! >= plan.leastAfterHeal) continue;
    ids[worker]! += draws.ids[index]!;
    slowest = Math.max(slowest, t - calm);
  }
  const samples = ids.flatMap((count, worker) =>
    count < plan.leastAfterHeal ? [`worker ${worker}: ${count} ids`] : [],
  );
  return found(name, samples.length, `the slowest after ${(slowest / 1_000).toFixed(1)} s`, samples);
}

function failedCalls({ plan, failed }: RunHistory): Check {
  const samples = failed.map(({ file, call, message }) => `${file} ${call}: ${message}`);
  const said = `${failed.length} failed calls`;
  const name = plan.failedCalls === 'none' ? 'no call failed' : 'calls failed only with typed errors';
  const violations = plan.failedCalls === 'none' ? failed.length : untyped(failed).length;
  return found(name, violations, said, violations > 0 ? samples : []);
}

function untyped(failed: RunHistory['failed']): RunHistory['failed'] {
  return failed.filter(({ code }) => !/^[A-Z_]+$/.test(code));
}

function faultsSeen({ faults }: RunHistory): Check {
  const unseen = faults.filter(({ seen, to }) => seen === undefined || to === undefined);
  const samples = unseen.map(
    ({ fault, target, seen }) => `${fault} of ${target}: ${seen ?? 'nobody noticed'}`,
  );
  return {
    name: 'every fault took effect and was healed',
    outcome: unseen.length > 0 ? 'unknown' : 'holds',
    said: `${faults.length - unseen.length} of ${faults.length} faults`,
    samples: samples.slice(0, SAMPLES),
  };
}

function enough({ plan, faults, together }: RunHistory, accounts: readonly Account[]): Check {
  const ids = accounts.reduce((sum, { drawn }) => sum + drawn, 0);
  const samples = ids < plan.leastIds ? [`${ids} ids, planned ${plan.leastIds}`] : [];
  if (together.requests < plan.leastTogether) {
    samples.push(`${together.requests} requests for many counters, planned ${plan.leastTogether}`);
  }
  for (const [kind, least] of Object.entries(plan.leastFaults)) {
    const seen = faults.filter(({ fault, seen }) => fault === kind && seen !== undefined).length;
    if (seen < least) samples.push(`${kind}: ${seen}, planned ${least}`);
  }
  return {
    name: 'enough happened',
    outcome: samples.length > 0 ? 'unknown' : 'holds',
    said: `${ids} ids, ${faults.length} faults`,
    samples: samples.slice(0, SAMPLES),
  };
}

function found(name: string, violations: number, said: string, samples: string[]): Check {
  return { name, outcome: violations > 0 ? 'violated' : 'holds', said, samples: samples.slice(0, SAMPLES) };
}
