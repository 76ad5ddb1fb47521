/**
 * Deletes one guard after the other in a copy of the library and runs the tests that must notice. Writes the table of
 * guards, mutants and the tests that catch them to docs/mutations.md; fails if a mutant survives, or if the tests fail
 * without one.
 *
 *     npm run mutations [-- part of a guard's name]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutant.js';
import { MUTANTS } from './mutants.js';
import { ServerGuard, signalGroup } from '../support/server-guard.js';
import { startTestServers } from '../support/test-servers.js';

/** Side by side: most of the time is spent waiting for servers and for time-outs. */
const LANES = 3;
/** Milliseconds of a test: a mutant that makes callers wait for ever should not take the usual minute for each. */
const TEST_TIMEOUT = 40_000;
/** Milliseconds of a run: a mutant may leave a loop without an end. */
const RUN_TIMEOUT = 150_000;

/** A project to change. Its guard ends what runs there and removes it, however this process ends. */
interface Copy {
  folder: string;
  guard: ServerGuard;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const wanted = process.argv[2] ?? '';
const mutants = MUTANTS.filter(({ guard }) => guard.includes(wanted));
const servers = await startTestServers();
const copies: Copy[] = [];
const caught = new Map<Mutant, string[]>();

try {
  const specs = new Map(mutants.map(({ spec, tests }) => [`${spec} ${tests}`, { spec, tests }]));
  await inLanes([...specs.values()], async (copy, { spec, tests }) => {
    const failed = await failures(copy, spec, tests);
    if (failed.length > 0) throw new Error(`Without any mutant ${spec} fails: ${failed.join(', ')}`);
  });
  await inLanes(mutants, async (copy, mutant) => {
    const { guard, file, find, replace, spec, tests } = mutant;
    const path = join(copy.folder, 'lib', file);
    const sound = readFileSync(path, 'utf8');
    const changed = sound.replace(find, replace);
    if (changed === sound) throw new Error(`The mutant of "${guard}" no longer fits ${file}.`);
    writeFileSync(path, changed);
    const failed = await failures(copy, spec, tests);
    writeFileSync(path, sound);
    caught.set(mutant, failed);
    process.stdout.write(`${guard}: ${shown(failed)}\n`);
  });
} finally {
  await Promise.all(copies.map(({ guard }) => guard.close()));
  await servers.stop();
}

const survivors = mutants.filter((mutant) => caught.get(mutant)?.length === 0).length;
if (wanted === '') {
  const head = '| guard | mutant | test that catches it |\n| --- | --- | --- |';
  const rows = mutants.map((mutant) => {
    const { guard, file, find, replace } = mutant;
    const change = `\`${oneLine(find)}\` → \`${oneLine(replace) || 'nothing'}\``;
    const cells = [guard, `${file}: ${change}`, shown(caught.get(mutant) ?? [])];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  const text = `# Guards and the tests that need them\n\nWritten by \`npm run mutations\`: each guard is taken out of a copy of the library, then the tests run.\nA star marks a rule that an attack on an earlier draft found missing, "(+2)" that two more tests catch the mutant, and\n"does not come to its end" that the tests ran for over ${RUN_TIMEOUT / 1_000} s and were ended.\n\n${head}\n${rows.join('\n')}\n`;
  writeFileSync(join(root, 'docs', 'mutations.md'), text);
}
process.stdout.write(`${mutants.length} mutants, ${survivors} survive\n`);
process.exitCode = survivors === 0 ? 0 : 1;

/** Works through the items in order, each lane in a copy of its own. */
async function inLanes<Item>(
  items: readonly Item[],
  work: (copy: Copy, item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const lane = async (copy: Copy) => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(copy, item);
  };
  while (copies.length < LANES) copies.push(copyProject());
  await Promise.all(copies.map(lane));
}

function copyProject(): Copy {
  const folder = mkdtempSync(join(tmpdir(), 'essequence-mutants-'));
  const guard = new ServerGuard(folder);
  for (const part of ['lib', 'test', 'torture', 'package.json', 'tsconfig.json', 'jest.config.js']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, guard };
}

/** Names of the tests that fail. */
async function failures({ folder, guard }: Copy, spec: string, tests: string | undefined): Promise<string[]> {
  const output = join(folder, 'result.json');
  const args = ['node_modules/jest/bin/jest.js', spec];
  const filter = tests === undefined ? [] : ['-t', tests];
  const limits = [`--testTimeout=${TEST_TIMEOUT}`, '--runInBand'];
  const jest = spawn(process.execPath, [...args, ...filter, ...limits, '--json', `--outputFile=${output}`], {
    cwd: folder,
    env: { ...process.env, ...servers.env },
    stdio: 'ignore',
    // A group of its own: the spec runs in a child of jest, which may be what does not end.
    detached: true,
  });
  const group = jest.pid!;
  guard.add(group);
  const timer = setTimeout(() => signalGroup(group, 'SIGKILL'), RUN_TIMEOUT);
  const [, signal] = (await once(jest, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  guard.remove(group);
  if (signal !== null) return [`${spec} does not come to its end`];
  const result = JSON.parse(readFileSync(output, 'utf8')) as {
    testResults: { message: string; assertionResults: { status: string; fullName: string }[] }[];
  };
  rmSync(output);
  return result.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
  );
}

function shown([first, ...others]: readonly string[]): string {
  if (first === undefined) return '**survives**';
  return `${first}${others.length > 0 ? ` (+${others.length})` : ''}`;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 90 ? `${line.slice(0, 90)} …` : line;
}
