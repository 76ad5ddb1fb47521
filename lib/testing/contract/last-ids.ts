import assert from 'node:assert/strict';
import { assertDisjoint, assertExhausted, assertFails, type ContractCases, MAX_ID } from './kit.js';

/** How far a counter counts: to 2^53 - 1, or to the last id that the claim names. A claim beyond it changes nothing. */
export const lastIdCases: ContractCases = {
  'ids pass 2^31 and 2^32 without wrapping around': async (kit) => {
    const store = kit.open();
    for (const edge of [2 ** 31, 2 ** 32]) {
      const name = kit.name();
      assert.deepEqual(await store.range(name, 4, { start: edge - 6 }), [edge - 6, edge - 3]);
      assert.deepEqual(await store.range(name, 4), [edge - 2, edge + 1]);
      assert.deepEqual(await store.range(name, 1), [edge + 2, edge + 2]);
      assert.equal(await store.last(name), edge + 2);
    }
  },

  'the last id is exactly 2^53 - 1': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    assert.deepEqual(await store.range(name, 9, { start: MAX_ID - 9 }), [MAX_ID - 9, MAX_ID - 1]);
    assert.deepEqual(await store.range(name, 1), [MAX_ID, MAX_ID]);
    await assertFails('EXHAUSTED', () => store.claim(name, 1));
    assert.equal(await store.last(name), MAX_ID);
  },

  'a claim that would pass 2^53 - 1 fails with EXHAUSTED and changes nothing': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.claim(name, 2, { start: MAX_ID - 4 });
    await assertFails('EXHAUSTED', () => store.claim(name, 4));
    await assertFails('EXHAUSTED', () => store.claim(name, 1_000_000));
    assert.deepEqual(await store.range(name, 3), [MAX_ID - 2, MAX_ID]);
  },

  'a first claim that would pass 2^53 - 1 fails with EXHAUSTED and creates nothing': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await assertFails('EXHAUSTED', () => store.claim(name, 3, { start: MAX_ID - 1 }));
    assert.equal(await store.inspect(name), undefined);
    await assertFails('EXHAUSTED', () => store.claim(name, 1, { floor: MAX_ID }));
    assert.equal(await store.inspect(name), undefined);
  },

  'a claim that would pass the last id of its counter fails with EXHAUSTED, says what is left, and moves nothing':
    async (kit) => {
      const [one, other, name, max] = [kit.open(), kit.open(), kit.name(), 10];
      assert.deepEqual(await one.range(name, 7, { max }), [1, 7]);
      await assertExhausted(3, () => other.claim(name, 4, { max }));
      await assertExhausted(3, () => one.claim(name, 1_000_000, { max }));
      assert.equal(await one.last(name), 7);
      assert.deepEqual(await other.range(name, 3, { max }), [8, 10]);
      await assertExhausted(0, () => one.claim(name, 1, { max }));
      assert.equal(await other.last(name), 10);
    },

  'a first claim that would pass the last id of its counter creates nothing': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await assertExhausted(9, () => store.claim(name, 10, { max: 9 }));
    await assertExhausted(2, () => store.claim(name, 3, { start: 8, max: 9 }));
    assert.equal(await store.inspect(name), undefined);
    assert.deepEqual(await store.range(name, 2, { start: 8, max: 9 }), [8, 9]);
  },

  'a claim that is refused is not raised to its floor either': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await assertExhausted(0, () => store.claim(name, 1, { floor: 100, max: 10 }));
    assert.equal(await store.inspect(name), undefined);
    await store.claim(name, 2, { max: 10 });
    await assertExhausted(4, () => store.claim(name, 5, { floor: 6, max: 10 }));
    await assertExhausted(0, () => store.claim(name, 1, { floor: 100, max: 10 }));
    assert.equal(await store.last(name), 2);
    assert.deepEqual(await store.range(name, 4, { floor: 6, max: 10 }), [7, 10]);
  },

  'a counter that stands beyond the last id gives none, and goes on where the last one is raised': async (
    kit,
  ) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.claim(name, 20);
    await assertExhausted(0, () => store.claim(name, 1, { max: 10 }));
    assert.deepEqual(await store.range(name, 5, { max: 25 }), [21, 25]);
    assert.deepEqual(await store.range(name, 1), [26, 26]);
  },

  'of claims that race for the last ids none passes the last one': async (kit) => {
    const [name, max] = [kit.name(), 7];
    const stores = [kit.open(), kit.open(), kit.open()];
    const claims = [1, 2, 3].flatMap((count) => stores.map((store) => store.claim(name, count, { max })));
    const settled = await Promise.allSettled(claims);
    const blocks = settled.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value] : []));
    assertDisjoint(blocks);
    const taken = blocks.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    assert.equal(await stores[0]!.last(name), taken);
    assert.ok(taken <= max, `${taken} ids were given, but the last one is ${max}`);
    for (const claim of settled) {
      if (claim.status === 'fulfilled') continue;
      await assertFails('EXHAUSTED', () => Promise.reject(claim.reason));
    }
    if (taken < max) await stores[1]!.claim(name, max - taken, { max });
    await assertExhausted(0, () => stores[2]!.claim(name, 1, { max }));
  },
};
