import type { INestApplicationContext } from '@nestjs/common';
import { assertName } from '../common/arguments.js';
import { isResettable, RESET_COUNTERS } from './resettable-store.js';
import { SequenceError } from '../common/sequence-error.js';
import { SequenceRegistry } from '../core/sequence-registry.js';

/**
 * Lets the sequence `name`, or all sequences of the store, start again at their `start`. Calls made before get their
 * ids of the old life; calls made after it, awaited or not, begin the new one. All handles go on: injected ones, those
 * of `get`, observables.
 *
 * It waits for claims under way, one that the store does not answer for up to the module's `timeout`.
 *
 * @param context The testing module, the application, or any other context of it.
 * @throws SequenceError `REJECTED` when the store has no method on the symbol `RESET_COUNTERS`: those meant for
 * production have none; `CLOSED` when the context was closed. TypeError when there is no SequenceModule in the context,
 * and for a bad name.
 *
 * @example
 * afterEach(() => resetSequences(app));
 */
export async function resetSequences(context: INestApplicationContext, name?: string): Promise<void> {
  if (name !== undefined) assertName(name);
  const registry = registryOf(context);
  const { store } = registry;
  if (!isResettable(store)) {
    throw new SequenceError(
      'REJECTED',
      `${store.constructor.name} has no method on the symbol RESET_COUNTERS, so it cannot be reset. Nothing was changed. ` +
        'In tests use temporaryMemoryStore(), temporaryLmdbStore() or temporaryElasticsearchStore(client) instead.',
      { sequence: name },
    );
  }
  await registry.startAnew(() => store[RESET_COUNTERS](name), name);
}

function registryOf(context: INestApplicationContext): SequenceRegistry {
  try {
    return context.get(SequenceRegistry, { strict: false });
  } catch (cause) {
    throw new TypeError('Expected a Nest application or testing module that imports SequenceModule', {
      cause,
    });
  }
}
