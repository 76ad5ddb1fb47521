import type { INestApplicationContext } from '@nestjs/common';
import { assertName } from '../common/arguments.js';
import { isResettable, RESET_COUNTERS } from './resettable-store.js';
import { SequenceError } from '../common/sequence-error.js';
import { NumberSeries } from '../series/number-series.js';
import { counterPrefix } from '../series/scope.js';
import { SeriesRegistry } from '../series/series-registry.js';

/**
 * Makes a sequence, a number series with all of its counters, or all sequences of the store start again at their `start`. Calls made before the reset
 * still get ids of the old counter. Calls made after it get ids of the new one, even when the reset is not awaited.
 * A reset of a number series, and one of all sequences, also removes what the store keeps of the definition.
 * Every handle continues to work: injected handles, handles from `get`, and observables.
 *
 * The reset waits for claims that are under way. It waits for a claim that the store does not answer for up to the
 * module's `timeout`.
 *
 * @param context The testing module, the application, or any other application context.
 * @param which The name of a sequence, or a number series. Default: all sequences of the store.
 * @throws SequenceError `REJECTED` when the store has no method on the symbol `RESET_COUNTERS`, as is the case for
 * every store meant for production; `CLOSED` when the context has been closed.
 * @throws TypeError when the context has no SequenceModule, or when the name is invalid.
 *
 * @example
 * afterEach(() => resetSequences(app));
 */
export async function resetSequences(
  context: INestApplicationContext,
  which?: string | NumberSeries<boolean>,
): Promise<void> {
  const series = which instanceof NumberSeries ? (which as NumberSeries) : undefined;
  if (which !== undefined && series === undefined) assertName(which);
  const name = series === undefined ? (which as string | undefined) : counterPrefix(series.name);
  const registry = registryOf(context);
  const { store } = registry.sequences;
  if (!isResettable(store)) {
    throw new SequenceError(
      'REJECTED',
      `${store.constructor.name} has no method on the symbol RESET_COUNTERS, so it cannot be reset. Nothing was changed. ` +
        'Use temporaryMemoryStore(), temporaryFileStore() or temporaryElasticsearchStore(client) in tests.',
      { sequence: series?.name ?? name },
    );
  }
  await registry.startAnew(() => store[RESET_COUNTERS](name), series ?? name);
}

function registryOf(context: INestApplicationContext): SeriesRegistry {
  try {
    return context.get(SeriesRegistry, { strict: false });
  } catch (cause) {
    throw new TypeError('Expected a Nest application or a testing module that imports SequenceModule', {
      cause,
    });
  }
}
