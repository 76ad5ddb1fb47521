import { claimCases } from './claims.js';
import { counterCases } from './counters.js';
import { ContractKit, type SequenceStoreEnvironment } from './kit.js';
import { mannerCases } from './manners.js';

export type { SequenceStoreEnvironment } from './kit.js';

/** What is used of a test framework; jest, vitest, mocha and node:test have it. */
export interface ContractRunner {
  describe(name: string, define: () => void): unknown;
  it(name: string, run: () => Promise<void>): unknown;
}

/**
 * The rules of {@link SequenceStore} as tests, for a store of your own. They draw under random names, so environments
 * may share one database; each case makes 2 to about 60 requests, one after the other where it can.
 *
 * Cases on `fence` and on reset (the method on the symbol `RESET_COUNTERS`) pass unseen for a store that has none.
 * Failures that are `retryable` are retried, everything else fails the case.
 *
 * @param name The name of the suite.
 * @param create Called for each case. The environment it gives opens stores over the same data.
 * @param runner Where `describe` and `it` come from. Default: `globalThis`.
 * @throws TypeError when there is no `describe` or `it`.
 *
 * @example
 * describeSequenceStore('MyStore', async () => {
 *   const database = await createTemporaryDatabase();
 *   return { open: () => new MyStore(database.url), close: () => database.drop() };
 * });
 */
export function describeSequenceStore(
  name: string,
  create: () => SequenceStoreEnvironment | Promise<SequenceStoreEnvironment>,
  { describe, it }: ContractRunner = globalThis as unknown as ContractRunner,
): void {
  if (typeof describe !== 'function' || typeof it !== 'function') {
    throw new TypeError('Expected describe and it, as globals or as the third argument');
  }
  describe(name, () => {
    for (const [title, run] of Object.entries({ ...claimCases, ...counterCases, ...mannerCases })) {
      it(title, async () => {
        const kit = new ContractKit(await create());
        try {
          await run(kit);
        } catch (error) {
          await kit.close().catch(() => {});
          throw error;
        }
        await kit.close();
      });
    }
  });
}
