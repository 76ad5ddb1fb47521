import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSequenceStore } from '../../../lib/store/files/file-sequence-store.js';
import { build } from '../../../torture/files/build.js';
import { slowFsync } from '../../../torture/files/slow-fsync.js';
import {
  canMount,
  fresh,
  type Ground,
  harassed,
  powerLosses,
  together,
} from '../../../torture/files/trials.js';
import { Ledger, startWorker } from '../../../torture/files/workers.js';
import { claimIds } from '../../support/claim-ids.js';
import { SeededRandom } from '../../../torture/seeded-random.js';

/** Short ones; `npm run torture:files` runs them at length. */
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const UNSHARE = ['unshare', '--fork', '--pid', '--mount-proc'];

describe(`Processes on one folder, seed ${SEED}`, () => {
  const chance = new SeededRandom(SEED);
  const ground: Ground = { build: '', folder: '', random: () => chance.next() };
  let slow: string | undefined;

  beforeAll(() => {
    ground.folder = mkdtempSync(join(tmpdir(), 'essequence-files-trials-'));
    ground.build = build();
    slow = slowFsync(ground.folder);
  });

  afterAll(() => {
    rmSync(ground.folder, { recursive: true, force: true });
    rmSync(ground.build, { recursive: true, force: true });
  });

  function expectSound(ledger: Ledger, claims: number): void {
    expect({ twice: ledger.twice, errors: ledger.errors }).toEqual({ twice: [], errors: [] });
    expect(ledger.claims).toBeGreaterThanOrEqual(claims);
  }

  it('never get an id twice', async () => {
    const ledger = await together(ground, 3, { claims: 60 });
    expectSound(ledger, 180);
  });

  it('start two dozen at once, and each gets ids', async () => {
    expectSound(await together(ground, 24, { claims: 1 }), 24);
  });

  it('may each have process ids of their own, as containers do', async () => {
    if (spawnSync(UNSHARE[0]!, [...UNSHARE.slice(1), 'true']).status !== 0)
      return skip('unshare is not allowed here');
    expectSound(await together(ground, 3, { claims: 40 }, { inside: UNSHARE }), 120);
  });

  it('may read and copy their own files all the time', async () => {
    expectSound(await together(ground, 3, { claims: 40, copies: true }), 120);
  });

  it('may be tests of jest and of vitest that run beside each other', async () => {
    const [path, output] = [fresh(ground), join(ground.folder, 'ids')];
    const vitest = spawn(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/store/files/files.vitest.config.ts'],
      { env: { ...process.env, NODE_OPTIONS: '', FILES_PATH: path, FILES_IDS: output }, stdio: 'ignore' },
    );
    const ended = once(vitest, 'exit');
    const [store, ids] = [new FileSequenceStore({ path }), [] as number[]];
    const claimed = () =>
      existsSync(output) ? readFileSync(output, 'utf8').trim().split('\n').map(Number) : [];
    // Until the other one has begun, and then as long as it goes on.
    while (vitest.exitCode === null && claimed().length < 30) await claimIds(store, 1, (id) => ids.push(id));
    await store.close();
    expect(await ended).toEqual([0, null]);
    const all = [...ids, ...claimed()];
    expect(new Set(all).size).toBe(all.length);
    expect(claimed()[0]).toBeLessThan(Math.max(...ids));
  });

  it('may be killed and stopped at any moment, where a sync takes long', async () => {
    if (slow === undefined) return skip('there is no C compiler here');
    const run = { env: { LD_PRELOAD: slow, FSYNC_DELAY_US: '20000' } };
    expectSound(await harassed(ground, { kills: 8, stops: 8, run }), 20);
  });

  it('find what they claimed on the disk after a power loss', async () => {
    if (!canMount(ground)) return skip('no file system can be mounted here');
    const { ledger, lost } = await powerLosses(ground, 2);
    expect(lost).toEqual([]);
    expectSound(ledger, 12);
  });

  it('are refused where the file system makes no hard links (a double: link is made to fail as on FAT)', async () => {
    if (slow === undefined) return skip('there is no C compiler here');
    const ledger = new Ledger();
    const work = { path: fresh(ground), names: ['orders'], claims: 1 };
    await startWorker(ground.build, work, ledger, { env: { LD_PRELOAD: slow, NO_HARD_LINKS: '1' } }).ended;
    expect(ledger.errors).toEqual([expect.stringMatching(/makes no hard links \(EPERM/)]);
  });
});

/** Loudly: what is not tried must not look as if it had passed. */
function skip(why: string): void {
  process.stderr.write(`Skipped: ${expect.getState().currentTestName}: ${why}\n`);
}
