import { afterAll, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ProjectCopy, run } from '../support/project-copy.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const copy = new ProjectCopy();
afterAll(() => copy.remove());

it('Two copies of the package in one process recognise stores, errors and the tokens of sequences of each other', async () => {
  await copy.npm('run', '--silent', 'build');
  const script = join(root, 'test', 'package', 'two-copies-process.ts');
  const entry = pathToFileURL(join(copy.folder, 'dist', 'index.js')).href;
  expect(JSON.parse(await run(process.execPath, ['--import', 'tsx', script, entry], root))).toEqual({
    apart: true,
    drawn: ['S-1', 1, 2],
    errors: [true, true, false, false],
    stores: [true, true, false, true],
  });
}, 120_000);
