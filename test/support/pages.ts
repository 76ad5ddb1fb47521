import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CODES } from '../../lib/common/error-codes.js';
import { readResult } from '../matrix/result.js';
import type { App } from '../matrix/rows.js';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The API reference, whose links VitePress checks, and the site's own files. */
const NO_PAGES = /^docs\/(api|\.vitepress)\//;

/** Every document that people read, as paths from the root. */
export const PAGES: string[] = [
  'README.md',
  'RELIABILITY.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'sample-app/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => `docs/${name}`)
    .filter((name) => name.endsWith('.md') && !NO_PAGES.test(name)),
].toSorted();

export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

export interface Fence {
  /** Where it begins, for messages. */
  line: number;
  language: string;
  /** `<!-- with: ... -->` above a fence: what its code takes for granted, hidden from readers. */
  before: string;
  /** `<!-- run: name -->` above a fence: a test runs it. */
  run: string | undefined;
  /** `<!-- file: path -->` above a fence: it shows this file, which is compiled and run where it lies. */
  file: string | undefined;
  code: string;
}

/** The fenced blocks of a markdown text. */
export function fencesOf(markdown: string): Fence[] {
  return [
    ...markdown.matchAll(/(?:<!-- (with|run|file)(?:: (.*?))? -->\n+)?^```(\w*)[^\n]*\n(.*?)^```$/gms),
  ].map(({ 0: whole, 1: kind, 2: text = '', 3: language = '', 4: code = '', index }) => ({
    line: markdown.slice(0, index + whole.indexOf('```')).split('\n').length,
    language,
    before: kind === 'with' ? text : '',
    run: kind === 'run' ? text : undefined,
    file: kind === 'file' ? text : undefined,
    code,
  }));
}

/** The fence that a page marks with `<!-- run: name -->`. */
export function runnable(page: string, name: string): string {
  const found = fencesOf(read(page)).find(({ run }) => run === name);
  if (found === undefined) throw new Error(`${page} has no block marked <!-- run: ${name} -->`);
  return found.code;
}

/** A page with all that has its source elsewhere: the files that its fences show, and its generated tables. */
export function filled(markdown: string): string {
  return markdown
    .replaceAll(
      /(<!-- file: (.*?) -->\n+```\w*\n).*?^```$/gms,
      (_, opening: string, path: string) => `${opening}${read(path)}\`\`\``,
    )
    .replaceAll(
      /(<!-- table: codes -->\n).*?(<!-- end -->)/gs,
      (_, opening: string, end: string) => `${opening}\n${tableOfCodes()}\n${end}`,
    )
    .replaceAll(
      /(<!-- table: matrix -->\n).*?(<!-- end -->)/gs,
      (_, opening: string, end: string) => `${opening}\n${tableOfMatrix()}\n${end}`,
    )
    .replaceAll(
      /(<!-- table: figures -->\n).*?(<!-- end -->)/gs,
      (_, opening: string, end: string) => `${opening}\n${tableOfFigures()}\n${end}`,
    );
}

/** A row for each application of the matrix, with what npm installed for it. */
function tableOfMatrix(): string {
  const titles: Record<string, string> = { '@nestjs/common': 'NestJS' };
  const unsaid = ['@nestjs/core', 'rxjs', 'sql.js'];
  const rows = readResult().rows.map(({ node, modules, installed, apps }) => [
    node,
    modules,
    Object.entries(installed)
      .filter(([name]) => !unsaid.includes(name))
      .map(([name, version]) => `${titles[name] ?? name} ${version}`)
      .join(', '),
    apps.map((app) => TRIED[app as App]).join(', '),
  ]);
  return table([['Node', 'Compiled to', 'Installed', 'Tried'], ...rows]);
}

const TRIED: Record<App, string> = {
  shutdown: 'ids in memory',
  files: 'ids in files',
  typeorm: 'TypeORM',
  'default-store': 'the default store',
  client: 'ids over a server',
};

/** What README says of the speed, and the row of the benchmarks that it is taken from. */
const FIGURES: readonly [said: string, row: string][] = [
  ['ids a second out of memory, by `tryNext()`', 'tryNext(), ids/s'],
  [
    'ids a second by `await next()`, over Elasticsearch 9',
    'Elasticsearch 9.5.3, compare-and-set claims, ids/s',
  ],
  [
    'requests to Elasticsearch for a million ids',
    'Elasticsearch 9.5.3, compare-and-set claims, requests per million ids once warm',
  ],
  ['time that 99.9 % of the calls stay below, at 20,000 ids a second', 'p99.9 of next(), adaptive'],
  [
    'calls that waited while Elasticsearch was away for 30 seconds, with `reserveTime: 40_000`',
    'calls that waited for a claim, of 264,093 in 5 outages',
  ],
];

function tableOfFigures(): string {
  const benchmarks = read('docs/benchmarks.md').split('\n');
  const rows = FIGURES.map(([said, row]) => {
    const found = benchmarks.find((line) => line.startsWith(`| ${row} |`));
    if (found === undefined) throw new Error(`docs/benchmarks.md has no row "${row}"`);
    // The median, without the least and the most or what follows it.
    return [said, /^[\d.,]+( [a-zµ]+| M)?/.exec(found.split('|')[3]!.trim())![0]];
  });
  return table([['What', 'Measured'], ...rows]);
}

function tableOfCodes(): string {
  const rows = Object.entries(CODES).map(([code, { retryable, meaning, remedy }]) => [
    `\`${code}\``,
    retryable ? 'yes' : 'no',
    sentence(meaning),
    sentence(remedy),
  ]);
  return table([['Code', 'Retryable', 'What happened', 'What to do'], ...rows]);
}

function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`,
  );
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
