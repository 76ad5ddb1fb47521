import { check } from './checker.js';
import { ControlStage } from './control-stage.js';
import { CONTROLS } from './negative-controls.js';
import { readRun } from './run-history.js';
import type { TortureCluster } from './torture-cluster.js';

export interface ControlResult {
  name: string;
  guard: string;
  /** Whether the check that has to notice did. */
  found: boolean;
  duplicates: number;
  sample: string;
  said: string;
}

/** Plays every negative control and lets the checker of the torture runs judge it; it must notice each. */
export async function runControls(cluster: TortureCluster, scriptedUrl: string): Promise<ControlResult[]> {
  const results: ControlResult[] = [];
  for (const { name, guard, check: noticing, play } of CONTROLS) {
    const stage = new ControlStage(cluster, scriptedUrl, name.replaceAll(/[^a-z0-9]+/gi, '-'));
    const said = (await play(stage)) ?? '';
    const { duplicates, verdict, checks } = check(readRun(stage.folder));
    const judged = noticing === undefined ? checks[0] : checks.find((each) => each.name === noticing);
    const found = verdict === 'invalid' && judged?.outcome === 'violated';
    const sample = judged?.samples[0] ?? '';
    process.stdout.write(`${found ? 'found   ' : 'MISSED  '} ${name}: ${judged?.said}\n`);
    results.push({ name, guard, found, duplicates, sample, said });
  }
  process.stdout.write(`${results.filter(({ found }) => found).length} of ${results.length} found\n`);
  return results;
}

export const allFound = (results: readonly ControlResult[]): boolean => results.every(({ found }) => found);
