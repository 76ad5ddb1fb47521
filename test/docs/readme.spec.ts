import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { CODES } from '../../lib/common/sequence-error.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';
import { fencesOf } from '../support/readme.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const fences = fencesOf(readme);

/**
 * Each fence is a module of its own in test/docs/readme, where relative imports find the files of the section about
 * entities. `./app.module.js` is the reader's.
 */
const folder = join(root, 'test', 'docs', 'readme');
const sources = new Map([
  [join(folder, 'app.module.ts'), 'export class AppModule {}'],
  ...fences.map(
    ({ line, before, code }) =>
      [join(folder, `README line ${line}.ts`), `${before}\n${code}\nexport {};`] as const,
  ),
]);

const program = check();

function check(): ts.Program {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.readFile = (name) => sources.get(name) ?? readFile(name);
  host.getSourceFile = (name, target, ...rest) =>
    sources.has(name)
      ? ts.createSourceFile(name, sources.get(name)!, target)
      : getSourceFile(name, target, ...rest);
  return ts.createProgram([...sources.keys(), join(root, 'lib', 'index.ts')], options, host);
}

/** Rows of the table under a heading, cells without their backticks. */
function tableUnder(heading: string): string[][] {
  const section = readme.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
}

function thrownBy(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('The README', () => {
  it.each([...sources.keys()].map((name) => [basename(name, '.ts'), name]))('compiles: %s', (_, name) => {
    const file = program.getSourceFile(name)!;
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });

  it('names every option', () => {
    const known = thrownBy(() => resolveOptions({ unknown: 1 } as object))
      .split('known are: ')[1]!
      .split(', ');
    expect(
      tableUnder('Options')
        .map(([, option]) => option)
        .toSorted(),
    ).toEqual(known.toSorted());
  });

  it('names every error code, and whether it is retryable', () => {
    const rows = tableUnder('Errors').map(([, code, retryable]) => [code, retryable]);
    const expected = Object.entries(CODES).map(([code, { retryable }]) => [code, retryable ? 'yes' : 'no']);
    expect(rows.toSorted()).toEqual(expected.toSorted());
  });

  it('links to files and headings that exist', () => {
    const prose = readme.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`]*`/g, 'code');
    const linked = [...prose.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    expect(linked.length).toBeGreaterThan(5);
    for (const [, path, heading] of linked) {
      const text = path === '' ? readme : readIfText(join(root, path!));
      expect({ path, exists: text !== undefined }).toEqual({ path, exists: true });
      if (heading === undefined) continue;
      const anchors = [...text!.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
        title!
          .toLowerCase()
          .replaceAll(/[^a-z0-9 -]/g, '')
          .replaceAll(' ', '-'),
      );
      expect(anchors).toContain(heading);
    }
  });
});

function readIfText(path: string): string | undefined {
  if (ts.sys.directoryExists(path)) return '';
  return ts.sys.fileExists(path) ? readFileSync(path, 'utf8') : undefined;
}

describe('The packed files', () => {
  it.each(['README.md', 'RELIABILITY.md', 'ARCHITECTURE.md', 'CHANGELOG.md'])(
    'hold every file that %s links to',
    (document) => {
      const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
      const text = readFileSync(join(root, document), 'utf8');
      const packed = (path: string) =>
        [...files, 'README.md', 'LICENSE', 'package.json'].some(
          (each) => path === each || path.startsWith(`${each}/`),
        );
      const linked = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, path]) => path!);
      expect(linked.filter((path) => !packed(path))).toEqual([]);
    },
  );
});
