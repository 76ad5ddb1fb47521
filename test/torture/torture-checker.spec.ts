import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, ON_DEMAND_CHECK, type Result } from '../../torture/checker.js';
import { HistoryWriter, NEMESIS_FILE, type NemesisRecord, type Plan } from '../../torture/history.js';
import type { Range, WorkerRecord } from '../../torture/history.js';
import { readRun } from '../../torture/run-history.js';

const PLAN: Plan = {
  name: 'test',
  seed: 1,
  server: 'none',
  strategy: 'cas',
  workers: 2,
  sequences: {},
  leastIds: 20,
  leastTogether: 0,
  leastFaults: { kill: 1 },
  failedCalls: 'none',
  leastAfterHeal: 1,
  machine: 'none',
  versions: {},
};

let folder: string;
let nemesis: HistoryWriter<NemesisRecord>;
let workers: HistoryWriter<WorkerRecord>[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'essequence-checker-'));
  nemesis = new HistoryWriter(join(folder, NEMESIS_FILE));
  workers = [0, 1].map((worker) => new HistoryWriter(join(folder, `worker-${worker}-1.jsonl`)));
});
afterEach(() => {
  for (const writer of [nemesis, ...workers]) writer.close();
  rmSync(folder, { recursive: true });
});

/** A run in which two workers claim and use 1..10 and 11..20, after a fault that was seen and healed. */
function run(changes: { plan?: Partial<Plan>; drew?: Range[]; claims?: Range[]; final?: number } = {}): void {
  const { plan, drew = [[11, 20]], claims = [[11, 20]], final = 20 } = changes;
  const sequence = 'orders';
  nemesis.write({ kind: 'plan', plan: { ...PLAN, ...plan } });
  nemesis.write({ kind: 'first', sequence, value: 0 });
  nemesis.write({ kind: 'fault', id: 1, fault: 'kill', target: 'node' });
  nemesis.write({ kind: 'seen', id: 1, how: 'gone' });
  nemesis.write({ kind: 'healed', id: 1 });
  nemesis.write({ kind: 'calm' });
  for (const [worker, history] of workers.entries()) {
    history.write({ kind: 'start', worker, life: 1, pid: 1 });
    for (const [first, last] of worker === 0 ? ([[1, 10]] as Range[]) : claims) {
      history.write({ kind: 'claim', sequence, first, last });
    }
    history.write({ kind: 'drew', sequence, lane: 0, ranges: worker === 0 ? [[1, 10]] : drew });
  }
  nemesis.write({ kind: 'final', sequence, value: final });
}

function judge(): Result & { not: string[] } {
  const result = check(readRun(folder));
  return {
    ...result,
    not: result.checks.flatMap(({ name, outcome }) => (outcome === 'holds' ? [] : [name])),
  };
}

describe('The checker of the torture runs', () => {
  it('finds a sound run valid', () => {
    run();
    expect(judge()).toMatchObject({ verdict: 'valid', duplicates: 0, not: [] });
  });

  it('finds ids handed out by two workers, inside larger ranges too', () => {
    run({ drew: [[5, 7], [9, 20]], claims: [[5, 20]] }); // prettier-ignore
    expect(judge()).toMatchObject({ verdict: 'invalid', duplicates: 5 });
  });

  it('finds ids one caller got twice or in falling order', () => {
    run({ drew: [[11, 15], [15, 20]] }); // prettier-ignore
    expect(judge()).toMatchObject({ verdict: 'invalid', duplicates: 1 });
    expect(judge().not).toContain('ids ascend for every caller');
  });

  it.each([
    ['every id drawn was claimed by that very process', { claims: [[11, 15]] as Range[] }],
    ['every id drawn was claimed by that very process', { drew: [[21, 30]] as Range[], final: 30 }],
    ['blocks are disjoint', { claims: [[10, 20]] as Range[] }],
    ['every id the counter passed is accounted for', { final: 21 }],
    ['every id the counter passed is accounted for', { final: 19 }],
  ])('finds that not: %s (%j)', (name, changes) => {
    run(changes);
    const { verdict, not } = judge();
    expect(verdict).toBe('invalid');
    expect(not).toContain(name);
  });

  it.each([
    ['without an outcome', [], 30],
    ['that may have been applied', [{ kind: 'refused', code: 'UNAVAILABLE', ambiguous: true }], 30],
    ['given up, whatever it answered', [{ kind: 'answered', first: 21, last: 30 }], 30],
    ['applied twice', [{ kind: 'refused', code: 'UNAVAILABLE', ambiguous: true }], 40],
  ])('lets ids be lost by an attempt %s', (_, outcome, final) => {
    run({ final });
    const [history] = workers as [HistoryWriter<WorkerRecord>];
    history.write({ kind: 'asked', sequence: 'orders', attempt: 1, count: 10 });
    for (const record of outcome) {
      history.write({ sequence: 'orders', attempt: 1, ...record } as WorkerRecord);
    }
    expect(judge()).toMatchObject({ verdict: 'valid', accounts: [{ lost: final - 20, bound: 20 }] });
  });

  it('lets no id be lost by an attempt that was refused for certain', () => {
    run({ final: 30 });
    const [history] = workers as [HistoryWriter<WorkerRecord>];
    history.write({ kind: 'asked', sequence: 'orders', attempt: 1, count: 10 });
    history.write({ kind: 'refused', sequence: 'orders', attempt: 1, code: 'UNAVAILABLE', ambiguous: false });
    expect(judge().verdict).toBe('invalid');
  });

  it.each([
    [{ kind: 'failed', sequence: 'orders', lane: 0, call: 'next', code: 'TIMEOUT', message: '' }],
    [{ kind: 'verdict', sequence: 'orders', code: 'REGRESSED', message: '' }],
    [{ kind: 'trouble', message: 'unhandled' }],
    [{ kind: 'end', waiting: 1 }],
  ])('finds %j', (record) => {
    run();
    workers[0]!.write(record as WorkerRecord);
    expect(judge().verdict).toBe('invalid');
  });

  it('does not know what a run with too few ids, too few faults or an unseen one proves', () => {
    run({ plan: { leastIds: 21 } });
    expect(judge()).toMatchObject({ verdict: 'unknown', not: ['enough happened'] });
    nemesis.write({ kind: 'plan', plan: { ...PLAN, leastFaults: { kill: 2 } } });
    expect(judge()).toMatchObject({ verdict: 'unknown', not: ['enough happened'] });
    nemesis.write({ kind: 'plan', plan: { ...PLAN, leastTogether: 2 } });
    workers[0]!.write({ kind: 'together', operations: 7 });
    expect(judge()).toMatchObject({ verdict: 'unknown', not: ['enough happened'] });
    workers[1]!.write({ kind: 'together', operations: 2 });
    expect(judge().verdict).toBe('valid');
    nemesis.write({ kind: 'plan', plan: PLAN });
    expect(judge().verdict).toBe('valid');
    nemesis.write({ kind: 'fault', id: 2, fault: 'pause', target: 'node' });
    nemesis.write({ kind: 'healed', id: 2 });
    expect(judge()).toMatchObject({ verdict: 'unknown', not: ['every fault took effect and was healed'] });
  });

  it('finds a worker that drew nothing after the last heal', () => {
    run();
    nemesis.write({ kind: 'calm' });
    expect(judge()).toMatchObject({
      verdict: 'invalid',
      not: ['every worker drew 1 ids after the last heal'],
    });
  });

  it.each([
    ['that began after it and got a higher id', { begun: 2, t: 3 }, { begun: 4, t: 5 }, 'holds'],
    ['that began before it had returned', { begun: 4, t: 7 }, { begun: 6, t: 8 }, 'holds'],
    [
      'that began after it had returned and got a lower id',
      { begun: 6, t: 7 },
      { begun: 2, t: 3 },
      'violated',
    ],
  ])('on demand looks for a call of another process %s', (_, lower, higher, outcome) => {
    run({ plan: { sequences: { orders: ['onDemand', 'onDemand'] } } });
    const draw = (worker: number, id: number, times: object) =>
      appendFileSync(
        join(folder, `worker-${worker}-1.jsonl`),
        `${JSON.stringify({ kind: 'drew', sequence: 'orders', lane: 1, ranges: [[id, id]], ...times })}\n`,
      );
    draw(0, 5, lower);
    draw(1, 15, higher);
    const found = judge().checks.find(({ name }) => name === ON_DEMAND_CHECK);
    expect(found).toMatchObject({ outcome });
  });

  it('does not know what a run proves in which nothing was drawn on demand', () => {
    run({ plan: { sequences: { orders: ['onDemand', 'onDemand'], shipments: ['onDemand', 10] } } });
    expect(judge()).toMatchObject({ verdict: 'unknown', not: [ON_DEMAND_CHECK] });
  });

  it('leaves out a line that a kill cut short', () => {
    run();
    appendFileSync(
      join(folder, 'worker-0-1.jsonl'),
      '{"t":1,"kind":"drew","sequence":"orders","ranges":[[11,',
    );
    expect(judge().verdict).toBe('valid');
  });
});
