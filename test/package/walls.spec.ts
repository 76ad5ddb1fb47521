import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../support/project-copy.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The folders of lib from the top down: an import may only go down this list. */
const FOLDERS = ['testing', 'nest', 'entity', 'series', 'core', 'store', 'common'];

/** Each file with the one import that it has. */
const UPWARD: Record<string, string> = {
  ...Object.fromEntries(
    FOLDERS.flatMap((folder, index) =>
      FOLDERS.slice(0, index).map((upper) => [`lib/${folder}/to-${upper}.ts`, `../${upper}/any.js`]),
    ),
  ),
  ...Object.fromEntries(FOLDERS.map((folder) => [`lib/${folder}/to-entry.ts`, '../index.js'])),
  'lib/store/elasticsearch/to-core.ts': '../../core/any.js',
  'lib/store/to-one-store.ts': './elasticsearch/any.js',
  'lib/nest/to-integration.ts': '../integrations/typeorm/any.js',
  'lib/nest/to-cli.ts': '../cli/any.js',
  'lib/integrations/typeorm/to-testing.ts': '../../testing/any.js',
  'lib/integrations/typeorm/to-other.ts': '../terminus/any.js',
  'lib/cli/to-testing.ts': '../testing/any.js',
  'lib/core/to-nest-package.ts': '@nestjs/common',
  'lib/entity/to-client.ts': '@elastic/elasticsearch',
};

const DOWNWARD: Record<string, string> = {
  'lib/testing/stores/down.ts': '../../nest/any.js',
  'lib/integrations/typeorm/down.ts': '../../nest/any.js',
  'lib/nest/down.ts': '../entity/any.js',
  'lib/entity/down.ts': '../core/any.js',
  'lib/core/down.ts': '../store/any.js',
  'lib/store/elasticsearch/down.ts': '../sequence-store.js',
  'lib/store/down.ts': '../common/any.js',
};

describe('The walls between the folders of lib', () => {
  let folder: string;
  let refused: Set<string>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'essequence-walls-'));
    cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    for (const [file, target] of Object.entries({ ...UPWARD, ...DOWNWARD })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `import { any } from '${target}';\nany();\n`);
    }
    const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
    const printed = await run(process.execPath, [oxlint, '--format=json'], folder).catch((error: Error) =>
      error.message.split('\n').slice(1).join('\n'),
    );
    const { diagnostics } = JSON.parse(printed) as { diagnostics: { code: string; filename: string }[] };
    refused = new Set(
      diagnostics
        .filter(({ code }) => code.includes('no-restricted-imports'))
        .map(({ filename }) => filename.replaceAll('\\', '/')),
    );
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.entries(UPWARD))('%s may not import %s', (file) => {
    expect([...refused]).toContain(file);
  });

  it.each(Object.entries(DOWNWARD))('%s may import %s', (file) => {
    expect([...refused]).not.toContain(file);
  });
});
