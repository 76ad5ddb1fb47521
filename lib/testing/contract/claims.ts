import assert from 'node:assert/strict';
import { assertDisjoint, type ContractCases } from './kit.js';
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
