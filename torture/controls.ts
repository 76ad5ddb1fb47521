/** `npm run torture:controls`: naive ways to claim, on real servers; the checker must notice every one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { allFound, type ControlResult, runControls } from './run-controls.js';
import { startScriptedServer } from './scripted-server.js';
import { TortureCluster } from './torture-cluster.js';

const { values } = parseArgs({ options: { report: { type: 'string' } } });
const [cluster, scripted] = await Promise.all([
  TortureCluster.start('elasticsearch-9', 1),
  startScriptedServer(),
]);
let code = 1;
try {
  const results = await runControls(cluster, scripted.url);
  if (values.report !== undefined) await report(values.report, results);
  code = allFound(results) ? 0 : 1;
} finally {
  await Promise.all([cluster.stop(), scripted.stop()]);
}
process.exit(code);

async function report(folder: string, results: readonly ControlResult[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'negative-controls.md');
  const rows = results.map(
    ({ name, guard, duplicates, sample, said }) =>
      `| ${name} | ${duplicates} | ${sample} | ${guard}${said === '' ? '' : `; ${said}`} |`,
  );
  const text = `# Negative controls

Naive ways to claim ids, each without one guard of this library, on real servers, judged by the checker of the torture
runs. It notices ${results.filter(({ found }) => found).length} of ${results.length}.

| naive way | ids handed out twice | for example | the guard it lacks |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}
