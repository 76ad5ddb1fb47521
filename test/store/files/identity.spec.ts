import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type Block, FileSequenceStore, SequenceError } from '../../../lib/index.js';

const { signal } = new AbortController();

/** A counter, and a name of the same shard, and one of another. */
const ORDERS = 'orders';
const SAME_SHARD = 'name-41';
const OTHER_SHARD = 'shipments';

describe('A folder of counters', () => {
  let folder: string;
  let path: string;
  const opened: FileSequenceStore[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'essequence-files-'));
    path = join(folder, 'data');
  });

  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    await rm(folder, { recursive: true });
  });

  /** As another process would. */
  function open(at = path): FileSequenceStore {
    const store = new FileSequenceStore({ path: at });
    opened.push(store);
    return store;
  }

  async function claim(store: FileSequenceStore, name = ORDERS, count = 10): Promise<Block> {
    for (;;) {
      try {
        return await store.claim({ name, count, start: 1, signal });
      } catch (error) {
        if (!(error instanceof SequenceError && error.code === 'CONFLICT')) throw error;
      }
    }
  }

  function fence(store: FileSequenceStore, name = ORDERS) {
    return store.fence({ name, jump: 100, epoch: crypto.randomUUID(), signal });
  }

  async function copy(): Promise<string> {
    await cp(path, join(folder, 'copy'), { recursive: true });
    return join(folder, 'copy');
  }

  /** The copy takes the folder's place. */
  async function replaceBy(copied: string): Promise<void> {
    await rename(path, join(folder, `former-${crypto.randomUUID()}`));
    await rename(copied, path);
  }

  /** What the copy does not have goes, as `rsync --delete` does it: the folders stay the same. */
  async function mirror(copied: string): Promise<void> {
    for (const shard of await readdir(path)) {
      const kept = await readdir(join(copied, shard));
      for (const file of await readdir(join(path, shard))) {
        if (!kept.includes(file)) await rm(join(path, shard, file));
      }
    }
    await cp(copied, path, { recursive: true });
  }

  it('was replaced by an older copy: no record of a series is written there, until a counter is fenced', async () => {
    const store = open();
    await claim(store);
    const copied = await copy();
    await replaceBy(copied);
    const record = () =>
      store.recordSeries!({ name: SAME_SHARD, expected: undefined, record: 'record', signal });
    await expect(record()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED', sequence: SAME_SHARD });
    await fence(store);
    expect(await record()).toBe('record');
  });

  it('was replaced by an older copy: nobody who knew it goes on, though its value is above what one saw', async () => {
    const [one, other] = [open(), open()];
    await claim(one);
    await claim(other, ORDERS, 90);
    const copied = await copy();
    expect(await claim(other, ORDERS, 20)).toMatchObject({ first: 101, last: 120 });
    await replaceBy(copied);
    for (let time = 0; time < 2; time++) {
      await expect(claim(one)).rejects.toMatchObject({
        code: 'IDENTITY_CHANGED',
        dropsCache: true,
        sequence: ORDERS,
      });
      await expect(claim(other)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
      await expect(one.ensureAtLeast({ name: ORDERS, id: 500, start: 1, signal })).rejects.toMatchObject({
        code: 'IDENTITY_CHANGED',
      });
    }
    expect(await one.inspect({ name: ORDERS, signal })).toMatchObject({ last: 100 });
  });

  it('refuses names that are new to this process as well, once it is another folder', async () => {
    const [one, other] = [open(), open()];
    await claim(one);
    await claim(other, SAME_SHARD);
    await claim(other, OTHER_SHARD);
    const copied = await copy();
    await claim(other, OTHER_SHARD);
    await replaceBy(copied);
    for (const name of [SAME_SHARD, OTHER_SHARD, 'never-used']) {
      await expect(claim(one, name)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    }
  });

  it('goes on above everything where it was fenced after the copy took its place, in all processes', async () => {
    const [one, other] = [open(), open()];
    await claim(one);
    await claim(other, ORDERS, 90);
    await replaceBy(await copy());
    await expect(claim(one)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    const { last, epoch } = await fence(open());
    expect(await claim(one)).toMatchObject({ first: last + 1, epoch });
    expect(await claim(other)).toMatchObject({ first: last + 11, epoch });
    expect(await claim(one, OTHER_SHARD)).toMatchObject({ first: 1 });
  });

  it('is not taken for fenced because of a fence that is part of the copy', async () => {
    const [idle, busy] = [open(), open()];
    await claim(idle);
    await fence(busy);
    const copied = await copy();
    await claim(busy, ORDERS, 1_000);
    await replaceBy(copied);
    await expect(claim(idle)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
  });

  it('follows a fence in the folder that stayed the same', async () => {
    const [idle, busy] = [open(), open()];
    await claim(idle);
    const { last } = await fence(busy);
    expect(await claim(idle)).toMatchObject({ first: last + 1 });
  });

  it('went back by a mirror with deletion: refused until fenced, also when its generations have risen again', async () => {
    const store = open();
    await claim(store, SAME_SHARD);
    await claim(store);
    const copied = await copy();
    for (let time = 0; time < 8; time++) await claim(store, SAME_SHARD);
    await mirror(copied);
    await expect(claim(store)).rejects.toMatchObject({ code: 'REGRESSED', dropsCache: true });
    const stranger = open();
    for (let time = 0; time < 20; time++) await claim(stranger);
    await expect(claim(store)).rejects.toMatchObject({ code: 'REGRESSED' });
    await expect(claim(store, 'name-77')).rejects.toMatchObject({ code: 'REGRESSED' });
    const { last } = await fence(stranger);
    expect(await claim(store)).toMatchObject({ first: last + 1 });
    await expect(claim(store, SAME_SHARD)).rejects.toMatchObject({ code: 'REGRESSED' });
  });

  it('went back, and the fence in the copy does not count', async () => {
    const [idle, busy] = [open(), open()];
    await claim(idle);
    await claim(idle, SAME_SHARD);
    await fence(busy);
    const copied = await copy();
    for (let time = 0; time < 6; time++) await claim(idle, SAME_SHARD);
    await claim(busy);
    await mirror(copied);
    await expect(claim(idle)).rejects.toMatchObject({ code: 'REGRESSED' });
  });

  it('keeps what the copy does not have when the copy is put over it', async () => {
    const store = open();
    await claim(store);
    const copied = await copy();
    for (let time = 0; time < 9; time++) await claim(store);
    await cp(copied, path, { recursive: true });
    expect(await claim(store)).toMatchObject({ first: 101 });
    expect(await claim(open())).toMatchObject({ first: 111 });
  });

  it('is gone: VANISHED for every name, and not made again', async () => {
    const store = open();
    await claim(store);
    await rm(path, { recursive: true });
    for (const name of [ORDERS, ORDERS, SAME_SHARD, OTHER_SHARD]) {
      await expect(claim(store, name)).rejects.toMatchObject({ code: 'VANISHED', dropsCache: true });
      await expect(fence(store, name)).rejects.toMatchObject({ code: 'MISSING' });
      expect(await store.inspect({ name, signal })).toBeUndefined();
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('lacks a shard that this process used: VANISHED', async () => {
    const store = open();
    await claim(store);
    const [shard] = (await readdir(path)).filter((name) => name !== 'tmp');
    await rm(join(path, shard!), { recursive: true });
    await expect(claim(store)).rejects.toMatchObject({ code: 'VANISHED' });
    await expect(claim(store, SAME_SHARD)).rejects.toMatchObject({ code: 'VANISHED' });
    expect(await claim(store, OTHER_SHARD)).toMatchObject({ first: 1 });
  });

  it('was made anew by another process: IDENTITY_CHANGED, and no name is begun in it', async () => {
    const store = open();
    await claim(store);
    await rm(path, { recursive: true });
    const stranger = open();
    await claim(stranger);
    await expect(claim(store)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    await expect(claim(store, OTHER_SHARD)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    expect(await claim(stranger)).toMatchObject({ first: 11 });
  });

  it('is vouched for by counters of our own only, not by one that was first met and fenced in it', async () => {
    const store = open();
    await claim(store);
    await rm(path, { recursive: true });
    await claim(open(), OTHER_SHARD);
    const { last } = await fence(store, OTHER_SHARD);
    expect(await claim(store, OTHER_SHARD)).toMatchObject({ first: last + 1 });
    await expect(claim(store, 'never-used')).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    await expect(claim(store)).rejects.toMatchObject({ code: 'VANISHED' });
  });

  it('that was only looked into may be made again', async () => {
    const store = open();
    await store.open();
    await store.inspect({ name: ORDERS, signal });
    await rm(path, { recursive: true });
    expect(await claim(store)).toMatchObject({ first: 1 });
  });

  it('is the same one by whatever path', async () => {
    await mkdir(path);
    await symlink(path, join(folder, 'link'));
    const paths = [
      path,
      `${path}/`,
      join(folder, 'link'),
      `${folder}/x/../data//`,
      relative(process.cwd(), path),
    ];
    const stores = [...paths, ...paths].map((at) => open(at));
    for (const [index, store] of stores.entries()) {
      expect(await claim(store)).toMatchObject({ first: index * 10 + 1 });
    }
  });

  it('copied by a tool that missed the files of a busy shard is CORRUPT, and begins nowhere at 1 again', async () => {
    await claim(open());
    const copied = await copy();
    const [shard] = (await readdir(copied)).filter((name) => name !== 'tmp');
    for (const file of await readdir(join(copied, shard!))) await rm(join(copied, shard!, file));
    const store = open(copied);
    for (const call of [claim(store), fence(store), store.inspect({ name: ORDERS, signal })]) {
      await expect(call).rejects.toMatchObject({ code: 'CORRUPT', sequence: ORDERS });
    }
    expect(await readdir(join(copied, shard!))).toEqual([]);
  });
});
