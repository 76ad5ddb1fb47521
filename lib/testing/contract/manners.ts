import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { assertDisjoint, type ContractCases, failure, MAX_ID, type StoreHandle } from './kit.js';
import { SequenceError } from '../../common/sequence-error.js';
import type { Block } from '../../store/sequence-store.js';

/** These have a special meaning in a path, a log line or an object. */
const BAD_TEXTS = ['', ' ', 'a b', '.', '..', '../a', 'a/b', '-a', '_a', '__proto__', 'a\0', 'a\n', 'ä'];
const BAD_NAMES: readonly unknown[] = [...BAD_TEXTS, 'a'.repeat(129), undefined, null, 7, {}, ['a']];

const BAD_COUNTS: readonly unknown[] = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1_000_001, '10'];

/** How a store treats its caller: arguments, errors, abort signals, time and close. */
export const mannerCases: ContractCases = {
  'an invalid name throws a TypeError': async (kit) => {
    const store = kit.open();
    for (const name of BAD_NAMES) {
      for (const call of calls(store, name as string)) {
        const error = await failure(() => call(new AbortController().signal));
        assert.ok(
          error instanceof TypeError,
          `expected a TypeError for ${JSON.stringify(name)}, got ${String(error)}`,
        );
      }
    }
  },

  'an invalid count is refused and claims nothing': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    for (const count of BAD_COUNTS) {
      await assert.rejects(async () => store.store.claim(claim(name, count as number)));
    }
    assert.equal(await store.inspect(name), undefined);
  },

  'errors say what happened, to which sequence, and whether to retry': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.claim(name, 1, { start: MAX_ID });
    const error = await failure(() => store.claim(name, 1));
    assert.ok(error instanceof SequenceError);
    const { code, sequence, retryable, ambiguous, dropsCache } = error;
    assert.deepEqual(
      { code, sequence, retryable, ambiguous, dropsCache },
      { code: 'EXHAUSTED', sequence: name, retryable: false, ambiguous: false, dropsCache: false },
    );
    assert.ok(error.message.includes(name));
  },

  'a call with an aborted signal rejects with its reason and changes nothing': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    const reason = new Error('given up');
    for (const call of calls(store, name)) {
      assert.equal(await failure(() => call(AbortSignal.abort(reason))), reason);
    }
    assert.equal(await store.inspect(name), undefined);
  },

  'aborting a claim does not break later claims': async (kit) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    const blocks: Block[] = [await one.claim(name, 10)];
    for (let time = 0; time < 3; time++) {
      const controller = new AbortController();
      const aborted = one.store.claim({ ...claim(name, 10), signal: controller.signal });
      controller.abort(new Error('given up'));
      const [outcome] = await Promise.allSettled([aborted]);
      if (outcome.status === 'fulfilled') blocks.push(outcome.value);
      blocks.push(await one.claim(name, 10), await other.claim(name, 10));
    }
    assertDisjoint(blocks);
  },

  'aborting after the answer changes nothing': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    const controller = new AbortController();
    await store.claim(name, 1);
    await store.store.inspect({ name, signal: controller.signal });
    controller.abort(new Error('too late'));
    assert.deepEqual(await store.range(name, 1), [2, 2]);
  },

  'no call settles before the next macrotask': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.claim(name, 1);
    for (const call of calls(store, name)) {
      let settled = false;
      const pending = call(new AbortController().signal).finally(() => {
        settled = true;
      });
      for (let microtask = 0; microtask < 100; microtask++) await undefined;
      const atOnce = settled;
      await Promise.allSettled([pending]);
      assert.ok(
        !atOnce,
        'the call settled within microtasks: a loop of such calls keeps timers and answers from running',
      );
    }
  },

  'closing twice is harmless, and closing one instance leaves others open': async (kit) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    await one.claim(name, 10);
    await other.claim(name, 10);
    await one.store.close?.();
    await one.store.close?.();
    assert.deepEqual(await other.range(name, 10), [21, 30]);
    assert.deepEqual(await kit.open().range(name, 10), [31, 40]);
  },

  'an instance that was never used can be closed': async (kit) => {
    const store = kit.open();
    await store.store.close?.();
    await store.store.close?.();
  },
};

function claim(name: string, count: number) {
  return { name, count, start: 1, signal: new AbortController().signal };
}

/** Every method that takes a name. */
function calls({ store }: StoreHandle, name: string): ((signal: AbortSignal) => Promise<unknown>)[] {
  return [
    (signal) => store.claim({ name, count: 1, start: 1, signal }),
    (signal) => store.ensureAtLeast({ name, id: 10, start: 1, signal }),
    (signal) => store.inspect({ name, signal }),
    ...(store.fence === undefined
      ? []
      : [
          (signal: AbortSignal) =>
            store.fence?.({ name, jump: 1, epoch: randomUUID(), signal }) ?? Promise.resolve(),
        ]),
  ];
}
