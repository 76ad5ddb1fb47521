import { claimCases } from './claims.js';
import { counterCases } from './counters.js';
import { ContractKit, type SequenceStoreEnvironment } from './kit.js';
import { lastIdCases } from './last-ids.js';
import { mannerCases } from './manners.js';
import { seriesCases } from './series.js';

export type { SequenceStoreEnvironment } from './kit.js';

/** The part of a test framework that the contract uses. jest, vitest, mocha and node:test have it. */
export interface ContractRunner {
  describe(name: string, define: () => void): unknown;
  it(name: string, run: () => Promise<void>): unknown;
}

/**
 * Tests your own store against the rules of `SequenceStore`. The cases use random names, so environments may
 * share one database. Each case makes 2 to about 60 requests, one after another where possible.
 *
 * A store without `fence` or `recordSeries`, or without a method on the symbol `RESET_COUNTERS`, passes the cases about it without being
 * called. When an attempt fails with a `retryable` error the case tries again. Any other error fails the case.
 *
 * @param name The title of the suite.
 * @param create Called once for each case. The environment it returns opens stores over the same data.
 * @param runner The object with `describe` and `it`. Default: `globalThis`.
 * @throws TypeError when `describe` or `it` is missing.
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
    throw new TypeError('Expected describe and it, either as globals or in the third argument');
  }
  describe(name, () => {
    for (const [title, run] of Object.entries({
      ...claimCases,
      ...lastIdCases,
      ...counterCases,
      ...seriesCases,
      ...mannerCases,
    })) {
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
