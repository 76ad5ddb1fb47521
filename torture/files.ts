/**
 * The store that keeps counters in files, at length: `npm run torture:files [-- --seed N]`. Prints one line a trial, and
 * fails if an id was given twice.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { explore } from '../test/support/files-explorer.js';
import { FilesModel, type Scenario } from '../test/support/files-model.js';
import { build } from './files/build.js';
import { slowFsync } from './files/slow-fsync.js';
import { canMount, type Ground, harassed, powerLosses, together } from './files/trials.js';
import type { Ledger } from './files/workers.js';
import { SeededRandom } from './seeded-random.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', default: '' },
    /** Paths of other Nodes, separated by commas. */
    nodes: { type: 'string', default: '' },
  },
});
const chance = new SeededRandom(Number(values.seed));
const ground: Ground = {
  build: build(),
  folder: mkdtempSync(join(tmpdir(), 'essequence-files-')),
  random: () => chance.next(),
};
const slow = slowFsync(ground.folder);
const slowed = (microseconds: number) => ({
  env: { LD_PRELOAD: slow!, FSYNC_DELAY_US: String(microseconds) },
});

const EXPLORED: Scenario[] = [
  { attempts: [4, 1, 1], kept: 0, begun: true },
  { attempts: [2, 2, 2], kept: 0, begun: true },
  { attempts: [2, 2, 1], kept: 0 },
  { attempts: [6, 3], kept: 1, begun: true },
  { attempts: [2, 1, 1], kept: 0, begun: true, powerLosses: 1 },
  { attempts: [3, 2], kept: 0, begun: true, powerLosses: 2 },
  { attempts: [2, 1, 1], kept: 0, begun: true, copies: 1, moves: 1 },
  { attempts: [2, 1, 1], kept: 0, begun: true, stuck: 2 },
];

const trials: Record<string, () => Promise<Ledger | string | undefined>> = {
  explorer: async () => {
    let total = 0;
    for (const scenario of EXPLORED) {
      const { states, complete, violation, story } = explore(new FilesModel(scenario));
      if (!complete) throw new Error(`${JSON.stringify(scenario)}: ${violation}\n${story?.join('\n')}`);
      total += states;
    }
    return `${total} states, no value twice`;
  },
  'one process': () => together(ground, 1, { milliseconds: 10_000 }),
  'three processes': () => together(ground, 3, { milliseconds: 20_000 }),
  'three processes, fsync of 50 ms': async () =>
    slow && together(ground, 3, { milliseconds: 20_000 }, slowed(50_000)),
  'three pid namespaces': () =>
    together(ground, 3, { milliseconds: 10_000 }, { inside: ['unshare', '--fork', '--pid', '--mount-proc'] }),
  '140 processes at once': () => together(ground, 140, { claims: 3 }),
  '100 times three processes that read and copy their files': async () => {
    let last: Ledger | undefined;
    for (let trial = 0; trial < 100; trial++) {
      const ledger = await together(ground, 3, { claims: 30, copies: true });
      if (ledger.twice.length + ledger.errors.length > 0) return ledger;
      last = ledger;
    }
    return `100 trials of ${last!.claims} claims, no id twice`;
  },
  '200 times kill -9 and 200 times SIGSTOP, fsync of 20 ms': async () =>
    slow && harassed(ground, { kills: 200, stops: 200, run: slowed(20_000) }),
  '50 power losses': async () => {
    if (!canMount(ground)) return undefined;
    const { ledger, lost } = await powerLosses(ground, 50);
    if (lost.length > 0) throw new Error(lost.join('\n'));
    return ledger;
  },
  ...Object.fromEntries(
    values.nodes
      .split(',')
      .filter((node) => node !== '')
      .map((node) => [
        `three processes on Node ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`,
        () => together(ground, 3, { milliseconds: 5_000 }, { node }),
      ]),
  ),
};

process.stdout.write(`seed ${values.seed}\n`);
try {
  for (const [name, trial] of Object.entries(trials)) {
    if (!name.includes(values.only)) continue;
    const result = await trial();
    process.stdout.write(`${name}: ${shown(result)}\n`);
  }
} finally {
  rmSync(ground.folder, { recursive: true, force: true });
  rmSync(ground.build, { recursive: true, force: true });
}

function shown(result: Ledger | string | undefined): string {
  if (result === undefined) return 'SKIPPED: it cannot be done here';
  if (typeof result === 'string') return result;
  const { claims, twice, errors, longestWait, longestPause } = result;
  if (twice.length + errors.length > 0) process.exitCode = 1;
  return (
    `${claims} claims, ${twice.length} ids twice, ${errors.length} errors, longest wait ${longestWait.toFixed(0)} ms, ` +
    `longest pause of the event loop ${longestPause.toFixed(1)} ms${[...twice, ...errors].slice(0, 3).map((line) => `\n  ${line}`)}`
  );
}
