import { afterAll, expect, it } from '@jest/globals';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { ProjectCopy, run } from '../support/project-copy.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const copy = new ProjectCopy();
afterAll(() => copy.remove());

it('Two copies of the package in one process recognise stores, errors and the tokens of sequences of each other', async () => {
  const script = join(root, 'test', 'package', 'two-copies-process.ts');
  const entry = pathToFileURL(join(built(copy.folder), 'index.js')).href;
  expect(JSON.parse(await run(process.execPath, ['--import', 'tsx', script, entry], root))).toEqual({
    apart: true,
    drawn: ['S-1', 1, 2],
    errors: [true, true, false, false],
    stores: [true, true, false, true],
  });
});

/** The library without its types: a real build takes ten times as long. */
function built(folder: string): string {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  for (const name of readdirSync(join(folder, 'lib'), { recursive: true, encoding: 'utf8' })) {
    if (!/\.c?ts$/.test(name)) continue;
    const source = readFileSync(join(folder, 'lib', name), 'utf8');
    const path = join(folder, 'dist', name.replace(/ts$/, 'js'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      ts.transpileModule(source, {
        compilerOptions: {
          ...options,
          module: name.endsWith('.cts') ? ts.ModuleKind.CommonJS : ts.ModuleKind.ES2022,
        },
      }).outputText,
    );
  }
  return join(folder, 'dist');
}
