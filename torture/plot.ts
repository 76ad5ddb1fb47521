import { groupsOf } from './groups.js';
import type { RunHistory } from './run-history.js';

const WIDTH = 1_000;
const LEFT = 70;
const PANEL = 110;
const GAP = 34;
const FAULT_ROW = 16;
/** Seconds between two marks of the time axis. */
const STEPS = [5, 10, 30, 60, 120, 300, 600, 1_800];

/** Ids per second of each sequence over time, with a bar for each fault from its begin to its heal. */
export function plot(run: RunHistory): string {
  const begin = Math.min(...run.lives.map(({ from }) => from));
  const end = run.draws.t.reduce((latest, t) => Math.max(latest, t), run.calm ?? 0);
  const seconds = Math.max(1, Math.ceil((end - begin) / 1_000));
  const bucket = Math.max(1, Math.ceil(seconds / 450));
  const x = (t: number) => LEFT + ((WIDTH - LEFT - 20) * (t - begin)) / (seconds * 1_000);
  const kinds = [...new Set(run.faults.map(({ fault }) => fault))].toSorted();
  const body: string[] = [];
  let top = 50;
  for (const [label, { sequences }] of groupsOf(run.plan)) {
    const rates = new Array<number>(Math.ceil(seconds / bucket) + 1).fill(0);
    for (const [index, t] of run.draws.t.entries()) {
      if (!sequences.has(run.draws.sequence[index]!)) continue;
      rates[Math.floor((t - begin) / 1_000 / bucket)]! += run.draws.ids[index]! / bucket;
    }
    body.push(...panel(`${label}, ids/s`, rates, top, (index) => x(begin + index * bucket * 1_000)));
    top += PANEL + GAP;
  }
  for (const { fault, from, to = end } of run.faults) {
    const row = top + FAULT_ROW * kinds.indexOf(fault);
    const width = Math.max(2, x(to) - x(from));
    body.push(
      `<rect x="${x(from).toFixed(1)}" y="${row}" width="${width.toFixed(1)}" height="${FAULT_ROW - 4}" class="fault"/>`,
    );
  }
  for (const [index, kind] of kinds.entries()) {
    body.push(`<text x="4" y="${top + FAULT_ROW * index + 10}" class="kind">${escape(kind)}</text>`);
  }
  top += FAULT_ROW * kinds.length + 20;
  const step = STEPS.find((each) => seconds / each <= 10) ?? 3_600;
  for (let second = 0; second <= seconds; second += step) {
    const label = step < 60 ? `${second} s` : `${second / 60} min`;
    body.push(
      `<text x="${x(begin + second * 1_000).toFixed(1)}" y="${top}" text-anchor="middle">${label}</text>`,
    );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + 12}" font-family="sans-serif" font-size="12">
<style>.area { fill: #4878a8; } .axis { stroke: #999; } .fault { fill: #c44e52; } .kind { font-size: 10px; }</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="20" font-size="15">${escape(`${run.plan.name}, seed ${run.plan.seed}, ${run.plan.server}`)}</text>
${body.join('\n')}
</svg>
`;
}

function panel(title: string, rates: readonly number[], top: number, x: (index: number) => number): string[] {
  const highest = Math.max(1, ...rates);
  const bottom = top + PANEL;
  const points = rates.map((rate, index) => {
    const y = (bottom - (PANEL * rate) / highest).toFixed(1);
    return `L${x(index).toFixed(1)},${y}H${x(index + 1).toFixed(1)}`;
  });
  return [
    `<text x="${LEFT}" y="${top - 6}">${escape(title)}</text>`,
    `<path d="M${LEFT},${bottom}${points.join('')}V${bottom}Z" class="area"/>`,
    `<line x1="${LEFT}" y1="${bottom}" x2="${WIDTH - 20}" y2="${bottom}" class="axis"/>`,
    `<text x="${LEFT - 6}" y="${top + 10}" text-anchor="end">${Math.round(highest).toLocaleString('en')}</text>`,
    `<text x="${LEFT - 6}" y="${bottom}" text-anchor="end">0</text>`,
  ];
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
