import type { Test, TestRunnerOptions, TestWatcher } from 'jest-runner';
import jestRunner from 'jest-runner';
import vm from 'node:vm';
import { declaredServers, SERVER_NAMES, SERVER_VARIABLES } from './declared-servers.js';
import { startTestServers } from './test-servers.js';

// Its types are those of its CommonJS build, what is loaded is the other one: there the default export is the class.
const TestRunner = jestRunner as unknown as typeof jestRunner.default;

/** Of the processes that run specs: for ES modules in jest, and for what a rejection nobody handles shall do. */
const FLAGS = ['--experimental-vm-modules', '--no-warnings', '--unhandled-rejections=strict'];

/**
 * What a plain `npx jest some.spec.ts` needs besides jest. Node takes the flag for ES modules only when a process
 * starts, so specs run in workers even when there is a single one; and only here, unlike in jest's globalSetup, is it
 * known which specs will run and so which servers they need.
 *
 * NO_SERVERS=1: as on a machine without Java. REQUIRE_SERVERS=1: a missing server fails the run.
 */
export class SpecRunner extends TestRunner {
  override async runTests(tests: Test[], watcher: TestWatcher, options: TestRunnerOptions): Promise<void> {
    process.execArgv.push(...FLAGS.filter((flag) => !process.execArgv.includes(flag)));
    // In the same process, as --runInBand asks: possible where Node itself was started with the flag.
    const serial = options.serial && 'SourceTextModule' in vm;

    if (process.env['NO_SERVERS'] === '1') {
      for (const variable of Object.values(SERVER_VARIABLES)) delete process.env[variable];
      return super.runTests(tests, watcher, { ...options, serial });
    }
    const declared = new Set(tests.flatMap(({ path }) => declaredServers(path)));
    const servers = await startTestServers(SERVER_NAMES.filter((name) => declared.has(name)));
    try {
      if (servers.missing.length > 0 && process.env['REQUIRE_SERVERS'] === '1') {
        throw new Error(
          `REQUIRE_SERVERS=1: no test is run without its servers.\n${servers.missing.join('\n')}`,
        );
      }
      Object.assign(process.env, servers.env);
      await super.runTests(tests, watcher, { ...options, serial });
      for (const line of servers.missing) process.stderr.write(`${line}\n`);
    } finally {
      // While jest watches, the next run finds their URLs in the environment. They end with this process.
      if (!watcher.isWatchMode()) await servers.stop();
    }
  }
}
