import assert from 'node:assert/strict';
import { assertDisjoint, assertExhausted, assertFails, type ContractCases, MAX_ID } from './kit.js';
import type { Block } from '../../store/sequence-store.js';

/** What a claim returns, from one instance and from several. */
export const claimCases: ContractCases = {
  'the first id is the start of the sequence': async (kit) => {
    const store = kit.open();
    assert.deepEqual(await store.range(kit.name(), 10), [1, 10]);
    assert.deepEqual(await store.range(kit.name(), 10, { start: 1_000 }), [1_000, 1_009]);
  },

  'the start has no effect on a sequence that already exists': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.claim(name, 10);
    assert.deepEqual(await store.range(name, 1, { start: 500 }), [11, 11]);
    assert.deepEqual(await kit.open().range(name, 1, { start: 700 }), [12, 12]);
  },

  'claims of different sizes follow one another without a gap': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    let next = 1;
    for (const count of [1, 10, 3, 1, 1_000, 2]) {
      assert.deepEqual(await store.range(name, count), [next, next + count - 1]);
      next += count;
    }
  },

  'a claim may ask for 1,000,000 ids': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    assert.deepEqual(await store.range(name, 1_000_000), [1, 1_000_000]);
    assert.deepEqual(await store.range(name, 1), [1_000_001, 1_000_001]);
  },

  'two instances with different sizes each continue where the other stopped': async (kit) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    assert.deepEqual(await one.range(name, 10), [1, 10]);
    assert.deepEqual(await other.range(name, 3), [11, 13]);
    assert.deepEqual(await other.range(name, 1), [14, 14]);
    assert.deepEqual(await one.range(name, 10), [15, 24]);
    assert.deepEqual(await other.range(name, 3), [25, 27]);
  },

  'an instance opened later continues above what was claimed before': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.claim(name, 10);
    await store.store.close?.();
    assert.deepEqual(await kit.open().range(name, 10), [11, 20]);
  },

  'parallel claims of one instance never overlap': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.claim(name, 1);
    const blocks = await Promise.all([1, 2, 3, 4, 5, 6].map((count) => store.claim(name, count)));
    assertDisjoint([{ first: 1, last: 1 }, ...blocks]);
    await assertStored(await store.last(name), blocks);
  },

  'parallel claims of two instances never overlap, and ascend in each of them': async (kit) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    const [ones, others] = await Promise.all(
      [one, other].map(async (store, index) => {
        const blocks: Block[] = [];
        for (let count = 1; count <= 6; count++) blocks.push(await store.claim(name, count + index));
        return blocks;
      }),
    );
    assert.ok(ones && others);
    for (const blocks of [ones, others]) {
      assert.deepEqual(
        blocks,
        blocks.toSorted((before, after) => before.first - after.first),
      );
    }
    assertDisjoint([...ones, ...others]);
    await assertStored(await one.last(name), [...ones, ...others]);
  },

  'parallel first claims create one counter': async (kit) => {
    const [name, stores] = [kit.name(), [kit.open(), kit.open(), kit.open()]];
    const blocks = await Promise.all(stores.map((store) => store.claim(name, 5, { start: 100 })));
    assertDisjoint(blocks);
    assert.equal(Math.min(...blocks.map(({ first }) => first)), 100);
    assert.equal(new Set(blocks.map(({ epoch }) => epoch)).size, 1);
  },

  'sequences with similar names count separately': async (kit) => {
    const store = kit.open();
    const name = kit.name('Alike.a:b-c_d');
    const names = [
      name,
      name.toLowerCase(),
      name.slice(0, -1),
      `${name}.a`,
      `${name}:1`,
      `${name}-1`,
      `${name}_1`,
    ];
    for (const [index, alike] of names.entries()) await store.claim(alike, index + 1);
    for (const [index, alike] of names.entries())
      assert.deepEqual((await store.range(alike, 1))[0], index + 2);
  },

  'names that are special in JavaScript or in a path are ordinary names': async (kit) => {
    const store = kit.open();
    for (const name of ['constructor', 'toString', 'hasOwnProperty', 'a.b', '0', 'null', '9'.repeat(128)]) {
      const last = (await store.last(name)) ?? 0;
      assert.deepEqual(await store.range(name, 2), [last + 1, last + 2]);
      assert.equal(await store.last(name), last + 2);
    }
  },

  'parallel claims of many sequences do not mix': async (kit) => {
    const store = kit.open();
    const names = Array.from({ length: 10 }, () => kit.name());
    const ranges = await Promise.all(names.map((name, index) => store.range(name, index + 1)));
    assert.deepEqual(
      ranges,
      names.map((_, index) => [1, index + 1]),
    );
  },

  'the first claim lies above the floor': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    assert.deepEqual(await store.range(name, 2, { floor: 41 }), [42, 43]);
    assert.deepEqual(await store.range(kit.name(), 2, { start: 100, floor: 41 }), [100, 101]);
    assert.deepEqual(await store.range(kit.name(), 2, { floor: 0 }), [1, 2]);
  },

  'a floor raises an existing counter and never lowers it': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.claim(name, 10);
    assert.deepEqual(await kit.open().range(name, 2, { floor: 41 }), [42, 43]);
    assert.deepEqual(await kit.open().range(name, 2, { floor: 5 }), [44, 45]);
  },

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

  'every claim of every instance has the same epoch': async (kit) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    const { epoch } = await one.claim(name, 1);
    assert.equal((await one.claim(name, 1)).epoch, epoch);
    assert.equal((await other.claim(name, 1)).epoch, epoch);
    await other.ensureAtLeast(name, 100);
    assert.equal((await one.claim(name, 1)).epoch, epoch);
    assert.equal((await one.inspect(name))?.epoch, epoch);
  },
};

/** A lost update shows in the stored value, even when no id has been handed out twice yet. */
async function assertStored(last: number | undefined, blocks: readonly Block[]): Promise<void> {
  const highest = Math.max(...blocks.map((block) => block.last));
  assert.ok(
    last !== undefined && last >= highest,
    `the counter stands at ${last}, but ${highest} was handed out`,
  );
}
