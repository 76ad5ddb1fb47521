import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from './machine.js';
import { markdown, type Measured } from './report.js';
import type { Row } from './row.js';
import { draw } from './plot.js';
import { Servers } from './servers.js';
import { files } from './files.js';
import { fleet } from './fleet.js';
import { fleetStart } from './fleet-start.js';
import { generators } from './generators.js';
import { idleNames } from './idle-names.js';
import { law } from './law.js';
import { manyNames } from './many-names.js';
import { names as nameCount } from './names.js';
import { onDemand } from './on-demand.js';
import { outage } from './outage.js';
import { peers } from './peers.js';
import { processes } from './processes.js';
import { steady } from './steady.js';
import { series } from './series.js';
import { seriesYears } from './series-years.js';
import { rollingNames } from './rolling-names.js';
import { saturation } from './saturation.js';
import { testingModule } from './testing-module.js';
import { hotPath } from './hot-path.js';
import { tryNext } from './try-next.js';
import { variants } from './variants.js';

const ROWS: Record<string, Row> = {
  hotPath,
  tryNext,
  saturation,
  steady,
  outage,
  processes,
  names: nameCount,
  manyNames,
  idleNames,
  rollingNames,
  files,
  peers,
  generators,
  fleet,
  fleetStart,
  law,
  variants,
  testingModule,
  series,
  onDemand,
  seriesYears,
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(ROWS).join() },
    quick: { type: 'boolean', default: false },
    hour: { type: 'boolean', default: false },
  },
});
const names = values.only.split(',').filter((name) => name !== '');
const unknown = names.filter((name) => !(name in ROWS));
if (unknown.length > 0) {
  process.stderr.write(`Unknown: ${unknown.join()}. There are: ${Object.keys(ROWS).join()}\n`);
  process.exit(2);
}

// Kept between runs, so that one row can be measured again; each says when it was.
const folder = join(tmpdir(), `essequence-bench${values.quick ? '-quick' : ''}`);
await mkdir(folder, { recursive: true });
const docs = new URL('../docs/', import.meta.url);
const servers = new Servers();
const effort = { quick: values.quick, hour: values.hour, rounds: values.quick ? 3 : 5, servers };
for (const name of names) {
  const row = ROWS[name]!;
  process.stdout.write(`\n${row.title}\n`);
  const begun = new Date();
  const result = await row.run(effort).catch((error: Error) => ({
    figures: [],
    notes: [`FAILED: ${error.stack ?? error.message}`],
  }));
  const measured: Measured = {
    title: row.title,
    at: begun.toISOString(),
    seconds: Math.round((Date.now() - begun.getTime()) / 1_000),
    machine: machine(),
    result,
  };
  for (const { what, target, measured, met } of result.figures) {
    const verdict = met === undefined ? '' : met ? '  met' : '  MISSED';
    process.stdout.write(`  ${what}: ${measured}${target === '' ? '' : ` [${target}]`}${verdict}\n`);
  }
  for (const note of result.notes ?? []) process.stdout.write(`  ${note}\n`);
  process.stdout.write(`  (${measured.seconds} s)\n`);
  await writeFile(join(folder, `${name}.json`), JSON.stringify(measured));
}
await servers.stop();

const all: Measured[] = [];
for (const name of Object.keys(ROWS)) {
  const text = await readFile(join(folder, `${name}.json`), 'utf8').catch(() => undefined);
  if (text !== undefined) all.push(JSON.parse(text) as Measured);
}
if (values.quick) process.stdout.write('\nA quick run leaves docs/ as they are.\n');
else {
  await mkdir(new URL('plots/', docs), { recursive: true });
  await writeFile(new URL('benchmarks.md', docs), markdown(all));
  for (const plot of all.flatMap(({ result }) => result.plots ?? [])) {
    await writeFile(new URL(plot.file, docs), draw(plot));
  }
  process.stdout.write('\nWritten: docs/benchmarks.md and its plots.\n');
}
process.exit();
