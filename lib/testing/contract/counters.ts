import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { assertFails, type ContractCases, type ContractKit, MAX_ID, type StoreHandle } from './kit.js';
import { SequenceIdentityError } from '../../common/sequence-error.js';

/** Raising, inspecting, fencing and resetting a counter. */
export const counterCases: ContractCases = {
  'ensureAtLeast creates a missing counter without drawing an id': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.ensureAtLeast(name, 41);
    assert.equal(await store.last(name), 41);
    assert.deepEqual(await store.range(name, 2), [42, 43]);
  },

  'ensureAtLeast(0) creates a counter whose first id is still its start': async (kit) => {
    const [store, name, other] = [kit.open(), kit.name(), kit.name()];
    await store.ensureAtLeast(name, 0);
    assert.equal(await store.last(name), 0);
    assert.deepEqual(await store.range(name, 1), [1, 1]);
    await store.ensureAtLeast(other, 0, { start: 5 });
    assert.equal(await store.last(other), 4);
    assert.deepEqual(await store.range(other, 1, { start: 5 }), [5, 5]);
  },

  'ensureAtLeast creates a counter at the greatest of id, start - 1 and floor': async (kit) => {
    const store = kit.open();
    for (const [id, start, floor] of [
      [30, 11, 20],
      [10, 31, 20],
      [10, 21, 30],
    ] as const) {
      const name = kit.name();
      await store.ensureAtLeast(name, id, { start, floor });
      assert.equal(await store.last(name), 30);
    }
  },

  'ensureAtLeast raises a counter to a higher id for every instance': async (kit) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    await one.claim(name, 10);
    await other.ensureAtLeast(name, 50);
    assert.equal(await one.last(name), 50);
    assert.deepEqual(await one.range(name, 1), [51, 51]);
  },

  'ensureAtLeast with a lower or equal id changes nothing': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.claim(name, 10);
    for (const id of [0, 9, 10]) {
      await store.ensureAtLeast(name, id);
      assert.equal(await store.last(name), 10);
    }
    assert.deepEqual(await store.range(name, 1), [11, 11]);
  },

  'the greatest id wins among parallel calls of ensureAtLeast': async (kit) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    await one.claim(name, 1);
    await Promise.all([70, 90, 80, 60].map((id, index) => (index % 2 ? one : other).ensureAtLeast(name, id)));
    assert.equal(await one.last(name), 90);
  },

  'ensureAtLeast accepts ids above 2^32 and leaves room for one more claim': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.ensureAtLeast(name, 2 ** 32 + 7);
    assert.deepEqual(await store.range(name, 1), [2 ** 32 + 8, 2 ** 32 + 8]);
    await store.ensureAtLeast(name, MAX_ID - 1_000_000);
    assert.deepEqual(await store.range(name, 1_000_000), [MAX_ID - 999_999, MAX_ID]);
  },

  'ensureAtLeast refuses an invalid id and changes nothing': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    await store.claim(name, 10);
    for (const id of [-1, 10.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_ID + 1, '50' as never]) {
      await assert.rejects(async () => store.ensureAtLeast(name, id));
    }
    assert.equal(await store.last(name), 10);
  },

  'inspect returns undefined for a missing counter and does not create it': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    assert.equal(await store.inspect(name), undefined);
    assert.deepEqual(await store.range(name, 1, { start: 7 }), [7, 7]);
  },

  'inspect shows the highest id claimed by anybody and consumes nothing': async (kit) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    await one.claim(name, 10);
    assert.equal(await other.last(name), 10);
    await other.claim(name, 5);
    for (let time = 0; time < 3; time++) assert.equal(await one.last(name), 15);
    assert.deepEqual(await one.range(name, 1), [16, 16]);
  },

  'a fence jumps above what was claimed and begins a new epoch': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    if (!store.canFence) return;
    const before = await store.claim(name, 10);
    const epoch = randomUUID();
    const fenced = await store.fence(name, { jump: 500, epoch });
    assert.ok(fenced.last >= 510, `expected at least 510, got ${fenced.last}`);
    assert.equal(fenced.epoch, epoch);
    assert.notEqual(before.epoch, epoch);
    assert.deepEqual(await store.inspect(name), fenced);
    assert.deepEqual(await store.claim(name, 1), { first: fenced.last + 1, last: fenced.last + 1, epoch });
  },

  'a fence jumps above the values its caller knows': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    if (!store.canFence) return;
    await store.claim(name, 10);
    assert.ok((await store.fence(name, { jump: 5, above: 2e12 })).last >= 2e12 + 5);
    assert.ok((await store.fence(name, { jump: 5, floor: 4e12 })).last >= 4e12 + 5);
  },

  'fences of identical counters end at different values': async (kit) => {
    const store = kit.open();
    if (!store.canFence) return;
    const values = [];
    for (let copy = 0; copy < 3; copy++) {
      const name = kit.name();
      await store.claim(name, 10);
      values.push((await store.fence(name)).last);
    }
    assert.equal(new Set(values).size, 3);
  },

  'a fence repeated with the same epoch changes nothing': async (kit) => {
    const [store, name, epoch] = [kit.open(), kit.name(), randomUUID()];
    if (!store.canFence) return;
    await store.claim(name, 10);
    const fenced = await store.fence(name, { epoch });
    assert.deepEqual(await store.fence(name, { epoch }), fenced);
    const later = await store.fence(name);
    assert.deepEqual(await store.fence(name, { epoch }), later);
  },

  'a fence of a missing counter fails with MISSING and creates nothing': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    if (!store.canFence) return;
    await assertFails('MISSING', () => store.fence(name));
    assert.equal(await store.inspect(name), undefined);
  },

  'a fence that would pass 2^53 - 1 fails with EXHAUSTED and changes nothing': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    if (!store.canFence) return;
    await store.claim(name, 1, { start: MAX_ID - 100 });
    const before = await store.inspect(name);
    await assertFails('EXHAUSTED', () => store.fence(name, { jump: 1_000_000 }));
    assert.deepEqual(await store.inspect(name), before);
  },

  'other instances continue above a fence by themselves': async (kit) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    if (!one.canFence) return;
    await other.claim(name, 10);
    await one.claim(name, 10);
    for (let time = 0; time < 3; time++) {
      const fenced = await one.fence(name);
      const block = await other.claim(name, 10);
      assert.equal(block.first, fenced.last + 1);
      assert.equal(block.epoch, fenced.epoch);
    }
  },

  'a sequence begins at its start again after a reset, in a new epoch': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    if (!store.canReset) return;
    const { epoch } = await store.claim(name, 10, { start: 7 });
    await store.reset(name);
    assert.equal(await store.inspect(name), undefined);
    const block = await store.claim(name, 10, { start: 7 });
    assert.equal(block.first, 7);
    assert.ok(epoch === undefined || block.epoch !== epoch);
  },

  'a reset of one sequence leaves the others alone, and a reset of all resets them': async (kit) => {
    const [store, name, other] = [kit.open(), kit.name(), kit.name()];
    if (!store.canReset) return;
    await store.claim(name, 10);
    await store.claim(other, 10);
    await store.reset(name);
    assert.deepEqual(await store.range(name, 1), [1, 1]);
    assert.deepEqual(await store.range(other, 1), [11, 11]);
    await store.reset();
    assert.deepEqual(await store.range(name, 1), [1, 1]);
    assert.deepEqual(await store.range(other, 1), [1, 1]);
  },

  'a reset takes effect in every instance': async (kit) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    if (!one.canReset) return;
    await one.claim(name, 10);
    await other.claim(name, 10);
    await one.reset(name);
    assert.deepEqual(await one.range(name, 5), [1, 5]);
    await assertInNewLife(kit, other, name);
  },
};

/** To an instance that knew the old counter a reset may look like a loss. It may fail then, but not give old ids. */
async function assertInNewLife(kit: ContractKit, knowing: StoreHandle, name: string): Promise<void> {
  assert.deepEqual(await kit.open().range(name, 5), [6, 10]);
  try {
    assert.deepEqual(await knowing.range(name, 5), [11, 15]);
  } catch (error) {
    if (!(error instanceof SequenceIdentityError)) throw error;
  }
}
