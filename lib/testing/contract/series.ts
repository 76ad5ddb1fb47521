import assert from 'node:assert/strict';
import type { ContractCases, StoreHandle } from './kit.js';

/** Number series: the names of their counters, and the records of how they are defined. */
export const seriesCases: ContractCases = {
  'the counters of a number series are counters of their own, by names of up to 210 characters': async (
    kit,
  ) => {
    const store = kit.open();
    const series = kit.name();
    const names = [
      series,
      `${series}~~`,
      `${series}~~2026`,
      `${series}~a~2026`,
      `${series}~a~2026-03-01`,
      `${series}~A~2026`,
      `${series}~${'s'.repeat(64)}~2026-W53`,
      `${series}~${'s'.repeat(63)}t~2026-W53`,
      `${series.padEnd(128, 'n')}~${'s'.repeat(64)}~2026-03-01`,
    ];
    for (const [index, name] of names.entries()) {
      assert.deepEqual(await store.range(name, index + 1), [1, index + 1], name);
    }
    for (const [index, name] of names.entries()) assert.equal(await kit.open().last(name), index + 1, name);
  },

  'the record of a number series is written where there is none, and given where there is one': async (
    kit,
  ) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    if (!one.canRecord) return;
    const record = JSON.stringify({ formats: ['INV-{yyyy}-{n:6}', 'é"\\'] });
    assert.equal(await one.recordSeries(name, undefined, record), record);
    assert.equal(await other.recordSeries(name, undefined, 'another'), record);
    assert.equal(await one.recordSeries(name, undefined, 'another'), record);
    assert.equal(await one.recordSeries(kit.name(), undefined, 'another'), 'another');
  },

  'the record of a number series is replaced only where it is what is expected': async (kit) => {
    const [one, other, name] = [kit.open(), kit.open(), kit.name()];
    if (!one.canRecord) return;
    await one.recordSeries(name, undefined, 'first');
    assert.equal(await other.recordSeries(name, 'other', 'second'), 'first');
    assert.equal(await other.recordSeries(name, 'first', 'second'), 'second');
    assert.equal(await one.recordSeries(name, 'first', 'third'), 'second');
  },

  'a record that is expected and gone is written anew': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    if (!store.canRecord) return;
    assert.equal(await store.recordSeries(name, 'was there before', 'record'), 'record');
    assert.equal(await kit.open().recordSeries(name, undefined, 'another'), 'record');
  },

  'of records written at once one wins, and all are told which': async (kit) => {
    const stores = [kit.open(), kit.open(), kit.open()];
    if (!stores[0]!.canRecord) return;
    const name = kit.name();
    for (let expected: string | undefined, round = 0; round < 3; round++) {
      const write = (store: StoreHandle, index: number) =>
        store.recordSeries(name, expected, `${round} of ${index} after ${expected}`);
      const told = new Set(await Promise.all(stores.map(write)));
      assert.equal(told.size, 1, [...told].join(', '));
      expected = [...told][0];
    }
  },

  'the record of a number series is no counter': async (kit) => {
    const [store, name] = [kit.open(), kit.name()];
    if (!store.canRecord) return;
    await store.recordSeries(name, undefined, 'record');
    assert.equal(await store.inspect(name), undefined);
    assert.deepEqual(await store.range(name, 2), [1, 2]);
    assert.equal(await store.recordSeries(name, undefined, 'another'), 'record');
  },

  'a reset of a number series removes its counters and its record, and nothing else': async (kit) => {
    const [store, series] = [kit.open(), kit.name()];
    if (!store.canRecord || !store.canReset) return;
    const own = [`${series}~~`, `${series}~a~2026`, `${series}~b~2027`];
    const others = [series, `${series}2~a~2026`];
    for (const name of [...own, ...others]) await store.claim(name, 3);
    await store.recordSeries(series, undefined, 'record');
    await store.recordSeries(`${series}2`, undefined, 'record');
    await store.reset(`${series}~`);
    for (const name of own) assert.equal(await store.inspect(name), undefined, name);
    for (const name of own) assert.deepEqual(await store.range(name, 1), [1, 1], name);
    for (const name of others) assert.equal(await store.last(name), 3, name);
    assert.equal(await store.recordSeries(series, undefined, 'another'), 'another');
    assert.equal(await store.recordSeries(`${series}2`, undefined, 'another'), 'record');
  },

  'a reset of all counters removes the records of number series, one of a single counter does not': async (
    kit,
  ) => {
    const [store, name] = [kit.open(), kit.name()];
    if (!store.canRecord || !store.canReset) return;
    await store.claim(name, 1);
    await store.recordSeries(name, undefined, 'record');
    await store.reset(name);
    assert.equal(await store.recordSeries(name, undefined, 'another'), 'record');
    await store.reset();
    assert.equal(await store.recordSeries(name, undefined, 'another'), 'another');
  },
};
