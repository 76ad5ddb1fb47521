/**
 * Installs the packed package into new applications, beside every range of its peers, as npm does for a user: without
 * force, and with nothing that the application did not ask for. Then compiles and runs them. Takes minutes and needs a
 * package registry, so it is not part of `npm test`.
 *
 *     npm run matrix [-- part of a row's name]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import ts from 'typescript';
import { ProjectCopy, run } from '../support/project-copy.js';

interface Row {
  name: string;
  install: string[];
  /** What each application prints, as JSON. */
  apps: Partial<Record<'shutdown' | 'typeorm' | 'default-store', unknown>>;
  /** Packages that npm must not have brought along. */
  without?: string[];
}

const nest11 = ['@nestjs/common@11', '@nestjs/core@11', 'rxjs@7'];
const nest12 = ['@nestjs/common@12', '@nestjs/core@12', 'rxjs@7'];
const clients = ['@elastic/elasticsearch', '@nestjs/elasticsearch', '@opensearch-project/opensearch'];
const shutdown = { first: 1, finished: 2 };
const typeorm = [
  [1, 'Ada', 1],
  [2, 'Grace', 2],
  [3, 'Alan', 3],
];

const rows: readonly Row[] = [
  {
    name: 'Nest 11.0.0, reflect-metadata 0.1.14, TypeORM 0.3.20',
    install: [
      '@nestjs/common@11.0.0',
      '@nestjs/core@11.0.0',
      'rxjs@7.8.0',
      'reflect-metadata@0.1.14',
      'typeorm@0.3.20',
      'sql.js@1',
    ],
    apps: { shutdown, typeorm, 'default-store': 'NO_CLIENT' },
    without: clients,
  },
  {
    name: 'Nest 11, reflect-metadata 0.1, the last TypeORM 0.3',
    install: [...nest11, 'reflect-metadata@0.1', 'typeorm@0.3', 'sql.js@1'],
    apps: { shutdown, typeorm },
    without: clients,
  },
  {
    name: 'Nest 12, reflect-metadata 0.1.12',
    install: [...nest12, 'reflect-metadata@0.1.12'],
    apps: { shutdown },
    without: clients,
  },
  {
    name: 'Nest 12, reflect-metadata 0.2, TypeORM 1.0.0',
    install: [...nest12, 'reflect-metadata@0.2', 'typeorm@1.0.0', 'sql.js@1'],
    apps: { shutdown, typeorm },
    without: clients,
  },
  {
    name: 'Nest 12, the last TypeORM',
    install: [...nest12, 'reflect-metadata@0.2', 'typeorm@1', 'sql.js@1'],
    apps: { typeorm },
    without: clients,
  },
  {
    name: "Nest 11, the README's line",
    install: [...nest11, 'reflect-metadata@0.2', '@nestjs/elasticsearch@11', '@elastic/elasticsearch'],
    apps: { shutdown, 'default-store': 'started' },
  },
  {
    name: "Nest 12, the README's line",
    install: [...nest12, 'reflect-metadata@0.2', '@nestjs/elasticsearch', '@elastic/elasticsearch'],
    apps: { shutdown, 'default-store': 'started' },
  },
  {
    name: 'Nest 12, OpenSearch alone',
    install: [...nest12, 'reflect-metadata@0.2', '@opensearch-project/opensearch'],
    apps: { shutdown, 'default-store': 'NO_CLIENT' },
    without: ['@elastic/elasticsearch', '@nestjs/elasticsearch'],
  },
];

const wanted = process.argv[2] ?? '';
const project = new ProjectCopy();
let failures = 0;
try {
  const packed = await project.npm('pack', '--silent', '--pack-destination', project.folder);
  const tarball = join(project.folder, packed.trim().split('\n').at(-1)!);
  for (const row of rows.filter(({ name }) => name.includes(wanted))) {
    const faults = await faultsOf(row, tarball).catch((error: Error) => [error.message]);
    failures += faults.length;
    console.log([`${faults.length === 0 ? 'passes' : 'FAILS'}  ${row.name}`, ...faults].join('\n  '));
  }
} finally {
  project.remove();
}
process.exitCode = failures === 0 ? 0 : 1;

async function faultsOf({ install, apps, without = [] }: Row, tarball: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'essequence-matrix-'));
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    await run('npm', ['install', '--no-audit', '--no-fund', tarball, ...install], folder);
    const faults = without
      .filter((name) => existsSync(join(folder, 'node_modules', name)))
      .map((name) => `${name} was installed though nothing asked for it`);
    for (const [app, expected] of Object.entries(apps)) {
      writeFileSync(join(folder, `${app}.js`), compiled(app));
      const printed = await run(process.execPath, [`${app}.js`], folder);
      const given: unknown = JSON.parse(printed.trim().split('\n').at(-1)!);
      if (!isDeepStrictEqual(given, expected)) faults.push(`${app} printed ${printed.trim()}`);
    }
    return faults;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compiled(app: string): string {
  const source = readFileSync(new URL(`apps/${app}.ts`, import.meta.url), 'utf8');
  return ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      verbatimModuleSyntax: true,
    },
  }).outputText;
}
