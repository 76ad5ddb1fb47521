/**
 * Installs the packed package into new applications, beside every range of its peers and on several versions of Node, as
 * npm does for a user: without force, and with nothing that the application did not ask for. Then compiles and runs them.
 * Takes minutes and needs a package registry, so it is not part of `npm test`. Rows that pass go into `result.json`, from
 * which `npm run docs:fill` writes the table of the page "Versions".
 *
 *     npm run matrix [-- part of a row's name]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import ts from 'typescript';
import { SERVER_VARIABLES } from '../support/declared-servers.js';
import { nodeBinary } from '../support/node-binary.js';
import { ProjectCopy, run } from '../support/project-copy.js';
import { startTestServers } from '../support/test-servers.js';
import { readResult, type ResultRow, writeResult } from './result.js';
import { type Row, ROWS } from './rows.js';

const wanted = process.argv[2] ?? '';
const rows = ROWS.filter(({ name }) => name.includes(wanted));
const servers = await startTestServers([...new Set(rows.flatMap(({ server }) => server ?? []))]);
const project = new ProjectCopy();
const passed: ResultRow[] = [];
const AT_ONCE = 2;
try {
  const packed = await project.npm('pack', '--silent', '--pack-destination', project.folder);
  const tarball = join(project.folder, packed.trim().split('\n').at(-1)!);
  const waiting = rows.values();
  const work = async () => {
    for (const row of waiting) await report(row, tarball);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
} finally {
  project.remove();
  await servers.stop();
}
if (passed.length < rows.length) process.exitCode = 1;
const before = readResult().rows.filter(({ name }) => !passed.some((each) => each.name === name));
writeResult({
  rows: ROWS.flatMap(({ name }) => [...passed, ...before].find((each) => each.name === name) ?? []),
});
console.log(`${passed.length} of ${rows.length} rows pass`);

async function report(row: Row, tarball: string): Promise<void> {
  const { faults, result } = await tried(row, tarball).catch((error: Error) => ({
    faults: [error.message],
    result: undefined,
  }));
  if (result !== undefined) passed.push(result);
  console.log([`${faults.length === 0 ? 'passes' : 'FAILS'}  ${row.name}`, ...faults].join('\n  '));
}

async function tried(row: Row, tarball: string): Promise<{ faults: string[]; result?: ResultRow }> {
  const folder = mkdtempSync(join(tmpdir(), 'essequence-matrix-'));
  try {
    const node = row.node === undefined ? undefined : await nodeBinary(row.node);
    const type = row.modules === 'CommonJS' ? 'commonjs' : 'module';
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type }));
    await run('npm', ['install', '--no-audit', '--no-fund', tarball, ...row.install], folder);
    const faults = (row.without ?? [])
      .filter((name) => existsSync(join(folder, 'node_modules', name)))
      .map((name) => `${name} was installed though nothing asked for it`);
    const env = row.server && { SERVER: servers.env[SERVER_VARIABLES[row.server]] };
    for (const [app, expected] of Object.entries(row.apps)) {
      writeFileSync(join(folder, `${app}.js`), compiled(app, row));
      const printed = await run(node?.path ?? process.execPath, [`${app}.js`], folder, env);
      const given: unknown = JSON.parse(printed.trim().split('\n').at(-1)!);
      if (!isDeepStrictEqual(given, expected)) faults.push(`${app} printed ${printed.trim()}`);
    }
    if (faults.length > 0) return { faults };
    const installed = Object.fromEntries(
      row.install.map((each) => {
        const name = each.replace(/(?<=.)@.*/, '');
        const manifest = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8');
        return [name, (JSON.parse(manifest) as { version: string }).version];
      }),
    );
    return {
      faults,
      result: {
        name: row.name,
        modules: row.modules,
        node: node?.version ?? process.versions.node,
        installed,
        apps: Object.keys(row.apps),
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compiled(app: string, { modules }: Row): string {
  const source = readFileSync(new URL(`apps/${app}.ts`, import.meta.url), 'utf8');
  return ts.transpileModule(source, {
    compilerOptions: {
      module: modules === 'CommonJS' ? ts.ModuleKind.CommonJS : ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      esModuleInterop: true,
    },
  }).outputText;
}
