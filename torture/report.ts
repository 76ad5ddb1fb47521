import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Result } from './checker.js';
import { groupsOf } from './groups.js';
import { plot } from './plot.js';
import type { RunHistory } from './run-history.js';

const FIGURES = ['first', 'final', 'drawn', 'claimed', 'blocks', 'lost', 'bound', 'unused'] as const;

const number = (value: number): string => value.toLocaleString('en');

/** `<name>.md` and `<name>.svg`. */
export async function writeReport(folder: string, run: RunHistory, result: Result): Promise<void> {
  writeFileSync(join(folder, `${run.plan.name}.svg`), plot(run));
  const path = join(folder, `${run.plan.name}.md`);
  const text = await format(markdown(run, result), { ...(await resolveConfig(path)), filepath: path });
  writeFileSync(path, text);
}

function markdown(run: RunHistory, result: Result): string {
  const { plan, together } = run;
  const { accounts } = result;
  const groups = groupsOf(plan);
  const sum = (key: 'drawn' | 'claimed' | 'lost' | 'bound' | 'blocks' | 'unused') =>
    accounts.reduce((total, each) => total + each[key], 0);
  const attempts = run.parts.flatMap((part) => part.attempts);
  const outcomes = count(attempts, ({ outcome }) =>
    outcome === undefined
      ? 'none: the process was killed'
      : 'code' in outcome
        ? `${outcome.code}${outcome.ambiguous ? ', may have been applied' : ''}`
        : 'answered',
  );
  const begin = Math.min(...run.lives.map(({ from }) => from));
  const minutes = ((run.draws.t.reduce((latest, t) => Math.max(latest, t), begin) - begin) / 60_000).toFixed(
    1,
  );
  const faults = count(run.faults, ({ fault }) => fault);
  return `# Torture run ${plan.name}: ${result.verdict}

Seed ${plan.seed}, ${minutes} minutes, ${plan.workers} worker processes (${run.lives.length} lives), ${plan.server}, strategy
\`${plan.strategy}\`. Machine: ${plan.machine}. Versions: ${Object.entries(plan.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}.

- ids drawn: **${number(sum('drawn'))}**
- handed out twice: **${number(result.duplicates)}**
- faults: **${run.faults.length}**, of which took effect for certain: ${run.faults.filter(({ seen }) => seen).length}
- ids lost: **${number(sum('lost'))}**, bound ${number(sum('bound'))}
- blocks claimed: ${number(sum('blocks'))}; claimed and not drawn (cached when a process ended): ${number(sum('unused'))}
- requests for many counters: ${number(together.requests)}, with ${number(together.operations)} operations
- calls that failed, all with a typed error: ${number(run.failed.length)}

![ids per second and faults over time](${plan.name}.svg)

${table(
  ['check', 'outcome', 'found'],
  result.checks.map(({ name, outcome, said }) => [name, outcome, said]),
)}

## Faults

${table(
  ['fault', 'made', 'noticed', 'noticed how, for example'],
  Object.entries(faults).map(([kind, made]) => {
    const seen = run.faults.filter(({ fault, seen }) => fault === kind && seen !== undefined);
    return [kind, number(made), number(seen.length), seen[0]?.seen ?? ''];
  }),
)}

## Sequences

Lost: final - first - claimed, the ids of answers that never arrived. Bound: twice what was asked in attempts that may
have been applied, and once what was asked in lost races during a fault.

${table(
  ['sequence', 'block sizes', 'first', 'final', 'drawn', 'claimed', 'blocks', 'lost', 'bound', 'unused'],
  [...groups].map(([label, { sizes, sequences }]) => [
    label,
    sizes,
    ...FIGURES.map((figure) =>
      number(accounts.reduce((total, each) => total + (sequences.has(each.sequence) ? each[figure] : 0), 0)),
    ),
  ]),
)}

## Claim attempts and failed calls

${table(
  ['outcome of an attempt', 'attempts'],
  Object.entries(outcomes).map(([outcome, times]) => [outcome, number(times)]),
)}

${table(
  ['failed call', 'code', 'calls'],
  Object.entries(count(run.failed, ({ call, code }) => `${call} ${code}`)).map(([what, times]) => [
    ...what.split(' '),
    number(times),
  ]),
)}
`;
}

function count<Item>(items: readonly Item[], key: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
