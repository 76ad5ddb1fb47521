import { check } from './checker.js';
import { ControlStage } from './control-stage.js';
import { CONTROLS } from './negative-controls.js';
import { readRun } from './run-history.js';
import type { TortureCluster } from './torture-cluster.js';

export interface ControlResult {
  name: string;
  guard: string;
  duplicates: number;
  sample: string;
  said: string;
}

/** Plays every negative control and lets the checker of the torture runs judge it; it must find duplicates in each. */
export async function runControls(cluster: TortureCluster, scriptedUrl: string): Promise<ControlResult[]> {
  const results: ControlResult[] = [];
  for (const { name, guard, play } of CONTROLS) {
    const stage = new ControlStage(cluster, scriptedUrl, name.replaceAll(/[^a-z0-9]+/gi, '-'));
    const said = (await play(stage)) ?? '';
    const { duplicates, verdict, checks } = check(readRun(stage.folder));
    const sample = checks[0]?.samples[0] ?? '';
    process.stdout.write(
      `${verdict === 'invalid' && duplicates > 0 ? 'found   ' : 'MISSED  '} ${name}: ${duplicates}\n`,
    );
    results.push({ name, guard, duplicates: verdict === 'invalid' ? duplicates : 0, sample, said });
  }
  process.stdout.write(
    `${results.filter(({ duplicates }) => duplicates > 0).length} of ${results.length} found\n`,
  );
  return results;
}

export const allFound = (results: readonly ControlResult[]): boolean =>
  results.every(({ duplicates }) => duplicates > 0);
