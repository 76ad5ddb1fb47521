/**
 * The test runner: starts the real servers, runs jest with the arguments given, stops the servers, and ends with one
 * line that counts. `--no-servers` starts none; REQUIRE_SERVERS=1 fails the run when one is missing.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestServers, type TestServers } from './test-servers.js';
import { untilEnded } from './until-ended.js';

interface JestResult {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const args = process.argv.slice(2);
const jestArgs = args.filter((arg) => arg !== '--no-servers');

let interrupted = false;
let jest: ChildProcess | undefined;
void endEarly();

const servers: TestServers =
  jestArgs.length < args.length
    ? { env: {}, missing: [], stop: () => Promise.resolve() }
    : await startTestServers();

if (servers.missing.length > 0 && process.env['REQUIRE_SERVERS'] === '1') {
  await servers.stop();
  process.stderr.write('REQUIRE_SERVERS=1: no test is run without all servers.\n');
  report(undefined, 1);
}
const folder = mkdtempSync(join(tmpdir(), 'essequence-jest-'));
const output = join(folder, 'result.json');
const code = await runJest(output, servers.env);
const result = readResult(output);
rmSync(folder, { recursive: true });
await servers.stop();
report(result, code);

/** Until jest runs there is nothing to wait for: the servers end with this process. */
async function endEarly(): Promise<void> {
  await untilEnded();
  if (!jest) process.exit(1);
  interrupted = true;
  jest.kill();
}

function runJest(output: string, env: Record<string, string>): Promise<number> {
  const flags = ['--experimental-vm-modules', '--no-warnings', '--unhandled-rejections=strict'];
  const script = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  return new Promise((resolve, reject) => {
    jest = spawn(process.execPath, [...flags, script, '--json', `--outputFile=${output}`, ...jestArgs], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: 'inherit',
    });
    jest.once('error', reject);
    jest.once('exit', (code) => resolve(code ?? 1));
  });
}

function readResult(file: string): JestResult | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestResult;
  } catch {
    return undefined; // jest ended before it could write: a bad argument, a signal.
  }
}

function report(result: JestResult | undefined, code: number): never {
  // After jest's own output, which would carry it out of sight.
  for (const line of servers.missing) process.stderr.write(`${line}\n`);
  const passed = result?.numPassedTests ?? 0;
  const failed = (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0);
  const skipped = (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0);
  const bad = failed > 0 || passed === 0 || interrupted;
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  process.exit(code || (bad ? 1 : 0));
}
