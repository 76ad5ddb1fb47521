import type { AbortListeners } from '../common/abort.js';
import { MAX_COUNT } from '../common/arguments.js';
import { assertCallOptions, type CallOptions } from '../core/call-options.js';
import type { Sequence } from '../core/sequence.js';
import { entitiesOf, findDraws } from './find-draws.js';
import type { IdSource } from './id-source.js';
import { writeAll } from './write-ids.js';

/**
 * Fills the empty `@SequenceId` properties of an entity or of an array of them: one `take` per sequence name, all or
 * nothing. What can be checked before the first id is drawn is checked there, and the rest before the first write.
 *
 * `prototypeOf` returns the prototype whose `@SequenceId` properties an entity has. By default that is its own.
 */
export async function assignIds<T extends object>(
  given: T,
  source: IdSource,
  options?: CallOptions,
  prototypeOf: (entity: object) => object | null = Object.getPrototypeOf,
): Promise<T> {
  if (options !== undefined) {
    assertCallOptions(options);
    options.signal?.throwIfAborted();
  }
  const found = findDraws(entitiesOf(given), source, prototypeOf);
  for (const [name, { targets }] of found) {
    const { length } = targets;
    if (length > MAX_COUNT) {
      throw new RangeError(
        `Expected at most ${MAX_COUNT} ids of sequence "${name}" in one assign, got ${length}; assign in parts`,
      );
    }
  }
  const all = [...found.values()];
  const draws = all.map(({ counted, targets }) => ({ sequence: counted.open(), count: targets.length }));
  const ids = await drawAll(draws, source.abortListeners, options);
  const writes = all.flatMap(({ targets }, draw) =>
    targets.map((target, index) => ({ ...target, value: target.valueOf(ids[draw]![index]!) })),
  );
  writeAll(writes);
  return given;
}

/** When one draw fails, the others leave their lines. Ids that they have not been given yet stay for other callers. */
async function drawAll(
  draws: readonly { sequence: Pick<Sequence, 'take'>; count: number }[],
  abortListeners: AbortListeners,
  options: CallOptions | undefined,
): Promise<number[][]> {
  const [first] = draws;
  if (first !== undefined && draws.length === 1) return [await first.sequence.take(first.count, options)];
  const failure = new AbortController();
  const given = options?.signal;
  // Not AbortSignal.any: a given signal that lives long would keep an entry for each call.
  const release =
    given === undefined ? undefined : abortListeners.add(given, () => failure.abort(given.reason));
  try {
    return await Promise.all(
      draws.map(({ sequence, count }) => sequence.take(count, { ...options, signal: failure.signal })),
    );
  } catch (error) {
    failure.abort(error);
    throw error;
  } finally {
    release?.();
  }
}
