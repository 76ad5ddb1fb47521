/**
 * Deletes one guard after the other in a copy of the library and runs the tests that must notice. Writes the table of
 * guards, mutants and the tests that catch them to docs/mutations.md; fails if a mutant survives.
 *
 *     npm run mutations [-- part of a guard's name]
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './mutants.js';
import { startTestServers } from './support/test-servers.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const wanted = process.argv[2] ?? '';
const servers = await startTestServers();
const copy = mkdtempSync(join(tmpdir(), 'essequence-mutants-'));
const rows: string[] = [];
let survivors = 0;

try {
  for (const part of ['lib', 'test', 'package.json', 'jest.config.js']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const { guard, file, find, replace, spec, tests } of MUTANTS) {
    if (!guard.includes(wanted)) continue;
    const path = join(copy, 'lib', file);
    const sound = readFileSync(path, 'utf8');
    const mutant = sound.replace(find, replace);
    if (mutant === sound) throw new Error(`The mutant of "${guard}" no longer fits ${file}.`);
    writeFileSync(path, mutant);
    const caught = failures(spec, tests);
    writeFileSync(path, sound);
    if (caught.length === 0) survivors++;
    const shown =
      caught.length === 0
        ? '**survives**'
        : `${caught[0]}${caught.length > 1 ? ` (+${caught.length - 1})` : ''}`;
    process.stdout.write(`${guard}: ${shown}\n`);
    const change = `\`${oneLine(find)}\` → \`${oneLine(replace) || 'nothing'}\``;
    rows.push(`| ${guard} | ${file}: ${change.replaceAll('|', '\\|')} | ${shown.replaceAll('|', '\\|')} |`);
  }
} finally {
  rmSync(copy, { recursive: true });
  await servers.stop();
}

if (wanted === '') {
  const head = '| guard | mutant | test that catches it |\n| --- | --- | --- |';
  const text = `# Guards and the tests that need them\n\nWritten by \`npm run mutations\`: each guard is taken out of a copy of the library, then the tests run.\n\n${head}\n${rows.join('\n')}\n`;
  writeFileSync(join(root, 'docs', 'mutations.md'), text);
}
process.stdout.write(`${rows.length} mutants, ${survivors} survive\n`);
process.exitCode = survivors === 0 ? 0 : 1;

/** Names of the tests that fail. */
function failures(spec: string, tests: string | undefined): string[] {
  const output = join(copy, 'result.json');
  const args = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', spec];
  const filter = tests === undefined ? [] : ['-t', tests];
  spawnSync(process.execPath, [...args, ...filter, '--json', `--outputFile=${output}`], {
    cwd: copy,
    env: { ...process.env, ...servers.env },
    stdio: 'ignore',
  });
  const result = JSON.parse(readFileSync(output, 'utf8')) as {
    testResults: { message: string; assertionResults: { status: string; fullName: string }[] }[];
  };
  return result.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
  );
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 90 ? `${line.slice(0, 90)} …` : line;
}
