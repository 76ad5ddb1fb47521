/** `tsx torture/check.ts <folder> [--report <folder>]`: judges a run by its files. 0: valid, 1: invalid, 2: unknown. */
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { check } from './checker.js';
import { writeReport } from './report.js';
import { readRun } from './run-history.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { report: { type: 'string' } },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('Expected the folder of a run');
const run = readRun(folder);
const result = check(run);
for (const { name, outcome, said, samples } of result.checks) {
  process.stdout.write(`${outcome.padEnd(8)} ${name}: ${said}\n`);
  for (const sample of samples) process.stdout.write(`           ${sample}\n`);
}
process.stdout.write(`${run.plan.name}: ${result.verdict}\n`);
if (values.report !== undefined) {
  mkdirSync(values.report, { recursive: true });
  await writeReport(values.report, run, result);
}
process.exitCode = { valid: 0, invalid: 1, unknown: 2 }[result.verdict];
