import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { open } from 'lmdb';
import { LmdbSequenceStore } from 'nestjs-essequence/lmdb';
import { LmdbCounters } from '../../../lib/store/lmdb/lmdb-counters.js';
import { RESET_COUNTERS } from '../../../lib/testing/resettable-store.js';
import { ResettableCounterStore } from '../../../lib/testing/resettable-store.js';
import { describeSequenceStore } from '../../../lib/testing/contract/describe-sequence-store.js';
import type { Block } from '../../../lib/store/sequence-store.js';

const { signal } = new AbortController();

async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'essequence-lmdb-'));
}

describeSequenceStore('LmdbSequenceStore', async () => {
  const folder = await temporaryFolder();
  return {
    open: () => new LmdbSequenceStore({ path: join(folder, 'data') }),
    close: () => rm(folder, { recursive: true }),
  };
});

describeSequenceStore('LmdbSequenceStore with a reset for tests', async () => {
  const folder = await temporaryFolder();
  return {
    open: () => new ResettableCounterStore(new LmdbCounters(join(folder, 'data'))),
    close: () => rm(folder, { recursive: true }),
  };
});

// Tests that start processes take seconds on a busy machine.
jest.setTimeout(60_000);

describe('LmdbSequenceStore', () => {
  let folder: string;
  let path: string;
  const opened: LmdbSequenceStore[] = [];
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder, 'data');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const store of opened.splice(0)) await store.close();
    await rm(folder, { recursive: true });
  });

  function openStore(at = path): LmdbSequenceStore {
    const store = new LmdbSequenceStore({ path: at });
    opened.push(store);
    return store;
  }

  function claim(store: LmdbSequenceStore, name = 'orders', count = 10): Promise<Block> {
    return store.claim({ name, count, start: 1, signal });
  }

  function fence(store: LmdbSequenceStore, name = 'orders', epoch: string = crypto.randomUUID()) {
    return store.fence({ name, jump: 100, epoch, signal });
  }

  /** What it writes to stderr shows in the output of the tests, unless the test wants it for itself. */
  function start(
    args: readonly string[],
    options: { uid?: number; shell?: string; ownStderr?: boolean } = {},
  ): ChildProcess {
    const command = [
      process.execPath,
      '--import',
      'tsx',
      join('test', 'store', 'lmdb', 'lmdb-process.ts'),
      ...args,
    ];
    const environment = { ...process.env, NODE_OPTIONS: '' };
    const child = options.shell
      ? spawn('sh', ['-c', `${options.shell}; exec "$@"`, 'sh', ...command], { env: environment })
      : spawn(command[0] as string, command.slice(1), { env: environment, uid: options.uid });
    if (!options.ownStderr) child.stderr?.pipe(process.stderr);
    children.push(child);
    return child;
  }

  async function* lines<Line>(child: ChildProcess): AsyncGenerator<Line> {
    if (child.stdout === null) throw new Error('no stdout');
    for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as Line;
  }

  /** Reads or writes values behind the stores' back. */
  async function raw<Result>(use: (database: ReturnType<typeof openRaw>) => Promise<Result> | Result) {
    const database = openRaw();
    try {
      return await use(database);
    } finally {
      await database.close();
    }
  }

  function openRaw() {
    return open<string, string>({
      path,
      noSubdir: false,
      overlappingSync: false,
      useVersions: true,
      encoding: 'string',
    });
  }

  describe('with a path', () => {
    it('opens and creates nothing when constructed', async () => {
      const store = openStore();
      expect(await readdir(folder)).toEqual([]);
      await store.close();
      expect(await readdir(folder)).toEqual([]);
    });

    it('creates the folder with all its parents at the first use', async () => {
      path = join(folder, 'deep', 'er.v1', 'data.d');
      await claim(openStore());
      expect((await readdir(path)).toSorted()).toEqual(['data.mdb', 'lock.mdb']);
    });

    it('refuses other options and paths that are none', () => {
      expect(() => new LmdbSequenceStore({ path, noSync: true } as never)).toThrow(
        'Unknown key "noSync" in the options of LmdbSequenceStore; known are: path',
      );
      for (const bad of ['', 7, undefined]) {
        expect(() => new LmdbSequenceStore({ path: bad as string })).toThrow(TypeError);
      }
      expect(() => new LmdbSequenceStore(undefined as never)).toThrow(TypeError);
    });

    it('has no method that lowers a counter', () => {
      expect(RESET_COUNTERS in openStore()).toBe(false);
      expect(Reflect.ownKeys(openStore())).toEqual([]);
      expect(Reflect.ownKeys(LmdbSequenceStore.prototype)).toEqual(['constructor']);
    });

    it('stores name, iid, epoch and former epochs', async () => {
      const store = openStore();
      const { epoch: first } = await claim(store);
      const { last, epoch } = await fence(store);
      expect(JSON.parse((await raw((database) => database.get('orders'))) ?? '')).toEqual({
        name: 'orders',
        iid: last,
        epoch,
        epochs: [first],
      });
    });
  });

  describe('in one process', () => {
    it('shares a folder between stores, whichever closes first', async () => {
      const [one, other] = [openStore(), openStore()];
      expect(await claim(one)).toMatchObject({ first: 1 });
      expect(await claim(other)).toMatchObject({ first: 11 });
      await one.close();
      expect(await claim(other)).toMatchObject({ first: 21 });
      const third = openStore();
      expect(await claim(third)).toMatchObject({ first: 31 });
      await other.close();
      expect(await claim(third)).toMatchObject({ first: 41 });
    });

    it('shows at once what another store has claimed', async () => {
      const [one, other] = [openStore(), openStore()];
      for (let last = 10; last <= 2_000; last += 10) {
        await one.inspect({ name: 'orders', signal });
        await claim(other);
        expect(await one.inspect({ name: 'orders', signal })).toMatchObject({ last });
      }
    });

    it('opens a folder while another store writes to it', async () => {
      const busy = openStore();
      await claim(busy);
      const blocks: Block[] = [];
      for (let time = 0; time < 30; time++) {
        const running = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => claim(busy, name));
        const late = openStore();
        blocks.push(await claim(late));
        await Promise.all([...running, late.close()]);
      }
      expect(blocks.map(({ first }) => first)).toEqual(blocks.map((_, index) => 11 + index * 10));
    });

    it('claims for thousands of names at once', async () => {
      const store = openStore();
      const names = Array.from({ length: 5_000 }, (_, index) => `orders:${index}`);
      const claims = names.map((name) => claim(store, name, 1));
      const late = openStore();
      await claim(late);
      expect(new Set((await Promise.all(claims)).map(({ first }) => first))).toEqual(new Set([1]));
      expect(
        (await Promise.all(names.map((name) => claim(late, name, 1)))).every(({ first }) => first === 2),
      ).toBe(true);
    });

    it('is CLOSED after a close, and a new store goes on', async () => {
      const store = openStore();
      const running = claim(store);
      await store.close();
      expect(await running).toMatchObject({ first: 1, last: 10 });
      await expect(claim(store)).rejects.toMatchObject({ code: 'CLOSED', sequence: 'orders' });
      expect(await claim(openStore())).toMatchObject({ first: 11 });
    });
  });

  describe('over several processes', () => {
    it('never gives an id twice to processes that claim at once, and loses none', async () => {
      const claimers = [start(['claim', path, '3', '400']), start(['claim', path, '7', '400'])];
      const results = claimers.map(async (child) => {
        const blocks: Block[] = [];
        for await (const line of lines<Block | 'ready'>(child)) {
          if (line === 'ready') {
            ready.splice(0, 1)[0]?.();
            continue;
          }
          blocks.push(line);
        }
        return blocks;
      });
      const ready: (() => void)[] = [];
      await Promise.all(claimers.map(() => new Promise<void>((resolve) => ready.push(resolve))));
      for (const child of claimers) child.stdin?.write('go\n');

      const [threes, sevens] = await Promise.all(results);
      const all = [...(threes ?? []), ...(sevens ?? [])];
      expect(all).toHaveLength(800);
      for (const blocks of [threes, sevens]) {
        expect(blocks).toEqual(blocks?.toSorted((one, other) => one.first - other.first));
      }
      const ids = new Set(
        all.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
      );
      expect(ids.size).toBe(4_000);
      expect(Math.max(...ids)).toBe(4_000);
      // They really took turns: otherwise this proves nothing.
      expect(Math.min(...(sevens ?? []).map(({ first }) => first))).toBeLessThan(
        Math.max(...(threes ?? []).map(({ last }) => last)),
      );
    });

    it('goes on above what a process had claimed when it was killed, without it and beside it', async () => {
      const store = openStore();
      let seen = 0;
      for (let round = 0; round < 4; round++) {
        const child = start(['claim-for-ever', path, '10']);
        const exit = once(child, 'exit');
        let claims = 0;
        for await (const block of lines<Block>(child)) {
          expect(block.first).toBeGreaterThan(seen);
          seen = block.last;
          if (++claims === 50) child.kill('SIGKILL');
        }
        expect((await exit)[1]).toBe('SIGKILL');
        const { first, last } = await claim(store);
        expect(first).toBeGreaterThan(seen);
        // At most the one claim that was under way.
        expect(first - seen).toBeLessThanOrEqual(11);
        seen = last;
      }
      const survivor = claim(openStore());
      await expect(survivor).resolves.toMatchObject({ first: seen + 1 });
    });
  });

  describe('with a stored value that is no counter', () => {
    const values = [
      ['text', 'seven'],
      ['nothing', ''],
      ['a shorter value than any of ours', undefined],
      ['null', 'null'],
      ['a number', '7'],
      ['a list', '[7]'],
      ['a string as iid', '{"iid":"7","epoch":"e","epochs":[]}'],
      ['a fraction as iid', '{"iid":7.5,"epoch":"e","epochs":[]}'],
      ['null as iid', '{"iid":null,"epoch":"e","epochs":[]}'],
      ['a negative iid', '{"iid":-1,"epoch":"e","epochs":[]}'],
      ['an iid beyond 2^53 - 1', '{"iid":9007199254740992,"epoch":"e","epochs":[]}'],
      ['no iid', '{"epoch":"e","epochs":[]}'],
      ['no epoch', '{"iid":7,"epochs":[]}'],
      ['no former epochs', '{"iid":7,"epoch":"e"}'],
      ['numbers as former epochs', '{"iid":7,"epoch":"e","epochs":[7]}'],
    ] as const;

    it.each(values)('finds %s CORRUPT and leaves it', async (_, value) => {
      const store = openStore();
      await claim(store, 'other');
      await raw(async (database) => {
        if (value !== undefined) return database.put('orders', value, 5);
        const binary = open<Buffer, string>({
          path,
          noSubdir: false,
          overlappingSync: false,
          encoding: 'binary',
        });
        await binary.put('orders', Buffer.from('abc'));
        return binary.close();
      });
      const before = await raw((database) => [...database.getKeys()].length);
      for (const call of [
        () => claim(store),
        () => store.ensureAtLeast({ name: 'orders', id: 100, start: 1, signal }),
        () => store.inspect({ name: 'orders', signal }),
        () => fence(store),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'CORRUPT', sequence: 'orders', retryable: false });
      }
      expect(await raw((database) => [...database.getKeys()].length)).toBe(before);
      if (value !== undefined) {
        expect(await raw((database) => database.getEntry('orders'))).toEqual({ value, version: 5 });
      }
      expect(await claim(store, 'other')).toMatchObject({ first: 11 });
    });
  });

  describe('with a counter that is not the one it knew', () => {
    it('finds a deleted folder VANISHED, for every name, and does not create it again', async () => {
      const store = openStore();
      await claim(store);
      await rm(path, { recursive: true });
      for (const name of ['orders', 'orders', 'shipments']) {
        await expect(claim(store, name)).rejects.toMatchObject({ code: 'VANISHED', dropsCache: true });
        await expect(store.ensureAtLeast({ name, id: 100, start: 1, signal })).rejects.toMatchObject({
          code: 'VANISHED',
          sequence: name,
        });
        await expect(fence(store, name)).rejects.toMatchObject({ code: 'MISSING' });
        expect(await store.inspect({ name, signal })).toBeUndefined();
      }
      expect(await readdir(folder)).toEqual([]);
    });

    it('finds a folder somebody created again IDENTITY_CHANGED, and creates no other name in it', async () => {
      const store = openStore();
      await claim(store);
      await rm(path, { recursive: true });
      const stranger = openStore();
      await claim(stranger);
      await claim(stranger, 'shipments');
      for (let time = 0; time < 2; time++) {
        await expect(claim(store)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED', dropsCache: true });
        await expect(claim(store, 'invoices')).rejects.toMatchObject({ code: 'VANISHED' });
      }
      expect(await claim(store, 'shipments')).toMatchObject({ first: 11 });
      await expect(claim(store, 'invoices')).rejects.toMatchObject({ code: 'VANISHED' });
      expect(await claim(stranger)).toMatchObject({ first: 11 });
    });

    it('never recognises a foreign folder by a counter it met there', async () => {
      const [store, other] = [openStore(), openStore()];
      await claim(store);
      await claim(other, 'invoices');
      await rm(path, { recursive: true });
      await claim(openStore(), 'shipments');
      for (let time = 1; time <= 3; time++) {
        expect(await claim(store, 'shipments')).toMatchObject({ first: time * 10 + 1 });
        await expect(claim(store, 'invoices')).rejects.toMatchObject({ code: 'VANISHED' });
      }
      await fence(store, 'shipments');
      await expect(claim(store, 'invoices')).rejects.toMatchObject({ code: 'VANISHED' });
    });

    it('takes no new file for the lost one, though the lost one was closed and its inode could be given again', async () => {
      const [store, other] = [openStore(), openStore()];
      await claim(store);
      await claim(other, 'invoices');
      await other.close();
      const { ino } = await stat(join(path, 'data.mdb'));
      await rm(path, { recursive: true });
      await expect(claim(store)).rejects.toMatchObject({ code: 'VANISHED' });
      // A close is done a while after it was asked for; ext4 gives the inode out again at once.
      for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
      await claim(openStore(), 'shipments');
      expect((await stat(join(path, 'data.mdb'))).ino).not.toBe(ino);
      await expect(claim(store, 'invoices')).rejects.toMatchObject({ code: 'VANISHED' });
    });

    it('recognises one copy after another by any counter it used in a recognised one', async () => {
      const store = openStore();
      await claim(store);
      await claim(store, 'invoices');
      await claim(openStore(), 'shipments');
      const claims = [
        // First used in a copy, before anything was recognised there.
        ['shipments', 'orders'],
        // Not used since the original folder.
        ['invoices', 'shipments'],
        // Used in the copy before this one, after that was recognised.
        ['shipments'],
      ];
      for (const [copy, names] of claims.entries()) {
        await cp(path, join(folder, 'copy'), { recursive: true });
        await rm(path, { recursive: true });
        await rename(join(folder, 'copy'), path);
        for (const name of names) await claim(store, name);
        expect(await claim(store, `returns:${copy}`)).toMatchObject({ first: 1 });
      }
    });

    it('recognises a folder by a counter that is fenced there', async () => {
      const store = openStore();
      await claim(store);
      await rm(path, { recursive: true });
      await claim(openStore());
      await expect(claim(store, 'shipments')).rejects.toMatchObject({ code: 'VANISHED' });
      await fence(store);
      expect(await claim(store, 'shipments')).toMatchObject({ first: 1 });
    });

    it('finds a deleted counter VANISHED', async () => {
      const store = openStore();
      await claim(store);
      await raw((database) => database.remove('orders'));
      await expect(claim(store)).rejects.toMatchObject({ code: 'VANISHED' });
      expect(await claim(store, 'shipments')).toMatchObject({ first: 1 });
    });

    it('may create a folder again that it only looked into', async () => {
      const store = openStore();
      await store.inspect({ name: 'orders', signal });
      await rm(path, { recursive: true });
      expect(await claim(store)).toMatchObject({ first: 1 });
    });

    it('finds a counter put back REGRESSED, again and again, until it is fenced', async () => {
      const store = openStore();
      await claim(store);
      const backup = await raw((database) => database.get('orders'));
      await store.ensureAtLeast({ name: 'orders', id: 1e12, start: 1, signal });
      await raw((database) => database.put('orders', backup ?? '', 1));
      for (let time = 0; time < 2; time++) {
        await expect(claim(store)).rejects.toMatchObject({ code: 'REGRESSED', dropsCache: true });
      }
      const fenced = await fence(store);
      expect(fenced.last).toBeGreaterThanOrEqual(1e12 + 100);
      expect(await claim(store)).toMatchObject({ first: fenced.last + 1, epoch: fenced.epoch });
    });

    it('keeps its mark when a fence turns out to be applied already', async () => {
      const store = openStore();
      await claim(store);
      const { epoch } = await fence(store);
      const backup = await raw((database) => database.get('orders'));
      await claim(store);
      await raw((database) => database.put('orders', backup ?? '', 1));
      await fence(store, 'orders', epoch);
      await expect(claim(store)).rejects.toMatchObject({ code: 'REGRESSED' });
    });

    it('judges a restored folder by its counters', async () => {
      const store = openStore();
      await claim(store);
      await openStore().close();
      await cp(path, join(folder, 'former'), { recursive: true });
      await claim(store);
      await cp(path, join(folder, 'latest'), { recursive: true });

      await rm(path, { recursive: true });
      await rename(join(folder, 'latest'), path);
      expect(await claim(store)).toMatchObject({ first: 21 });
      expect(await claim(store, 'shipments')).toMatchObject({ first: 1 });

      await rm(path, { recursive: true });
      await rename(join(folder, 'former'), path);
      await expect(claim(store)).rejects.toMatchObject({ code: 'REGRESSED' });
      await expect(claim(store, 'shipments')).rejects.toMatchObject({ code: 'VANISHED' });
    });

    it('does not count a claim whose folder went away while it was written', async () => {
      const store = openStore();
      await claim(store);
      const running = claim(store);
      // The store writes in the same phase of the event loop, before this; its answer comes in a later one.
      await new Promise((resolve) => setImmediate(resolve));
      renameSync(path, join(folder, 'gone'));
      await expect(running).rejects.toMatchObject({ code: 'VANISHED' });
      await rename(join(folder, 'gone'), path);
      expect(await claim(store)).toMatchObject({ first: 21 });
    });

    it('takes up a fence of another process only if the counter lies above all it has seen', async () => {
      const [store, operator] = [openStore(), openStore()];
      const former = await claim(store);
      await claim(store);
      await raw((database) =>
        database.put('orders', JSON.stringify({ iid: 15, epoch: 'new', epochs: [former.epoch] }), 1),
      );
      await expect(claim(store)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
      const fenced = await fence(operator);
      expect(await claim(store)).toMatchObject({ first: fenced.last + 1, epoch: fenced.epoch });
    });

    it('takes up 8 fences missed and no more', async () => {
      const [store, behind, operator] = [openStore(), openStore(), openStore()];
      await claim(store);
      await claim(behind);
      for (let fences = 0; fences < 8; fences++) await fence(operator);
      const { epoch } = await claim(store);
      const fenced = await fence(operator);
      expect(fenced.epoch).not.toBe(epoch);
      expect(await claim(store)).toMatchObject({ epoch: fenced.epoch });
      await expect(claim(behind)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    });

    it('refuses to write while lock.mdb is not the one it opened', async () => {
      const store = openStore();
      await claim(store);
      await rm(join(path, 'lock.mdb'));
      for (let time = 0; time < 2; time++) {
        await expect(claim(store)).rejects.toMatchObject({ code: 'REJECTED', retryable: false });
      }
      await store.close();
      expect(await claim(openStore())).toMatchObject({ first: 11 });
    });
  });

  describe('with files it cannot use', () => {
    it('rejects a path that leads to or through a file', async () => {
      await writeFile(path, '');
      await expect(claim(openStore())).rejects.toMatchObject({ code: 'REJECTED', retryable: false });
      await expect(claim(openStore(join(path, 'deeper')))).rejects.toMatchObject({ code: 'REJECTED' });
      expect(await readdir(folder)).toEqual(['data']);
    });

    it('finds a data file that is none CORRUPT and leaves it', async () => {
      await mkdir(path);
      await writeFile(join(path, 'data.mdb'), Buffer.alloc(100_000, 7));
      const store = openStore();
      await expect(claim(store)).rejects.toMatchObject({ code: 'CORRUPT', retryable: false });
      await expect(claim(store)).rejects.toThrow('data.mdb is no LMDB file');
    });

    it('finds a data file that was cut short UNAVAILABLE, and goes on when it is whole', async () => {
      const store = openStore();
      await claim(store);
      await store.close();
      await cp(path, join(folder, 'backup'), { recursive: true });
      await truncate(join(path, 'data.mdb'), 4_096);
      const late = openStore();
      await expect(claim(late)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
      await cp(join(folder, 'backup', 'data.mdb'), join(path, 'data.mdb'));
      expect(await claim(late)).toMatchObject({ first: 11 });
    });

    it('finds a full disk UNAVAILABLE and keeps its counters', async () => {
      const answers: (Block & { failed?: boolean })[] = [];
      let stderr = '';
      // lmdb 3.5.6 writes its report of a failed write past the end of the buffer (mdb.c, last_error = malloc(100)), so
      // now and then the process aborts, and may not have answered by then.
      for (let attempt = 1; attempt <= 5 && !answers.at(-1)?.failed; attempt++) {
        answers.length = 0;
        path = join(folder, `data-${attempt}`);
        const shell = `trap '' XFSZ; ulimit -f 200`;
        const child = start(['fill', path, '10', '1000'], { shell, ownStderr: true });
        const written = text(child.stderr!);
        for await (const line of lines<Block>(child)) answers.push(line);
        stderr = await written;
      }
      expect(answers.length).toBeGreaterThan(10);
      expect({ answer: answers.at(-1), stderr }).toMatchObject({
        answer: {
          failed: true,
          code: 'UNAVAILABLE',
          retryable: true,
          ambiguous: true,
          cause: expect.stringMatching(/file/i),
        },
        stderr: expect.stringContaining('Write error: File too large'),
      });
      const store = openStore();
      for (let index = 0; index < answers.length - 1; index++) {
        expect((await claim(store, `${'n'.repeat(120)}${index}`, 1)).first).toBeGreaterThan(10);
      }
    });

    const nobody = 65_534;
    const asRoot = process.getuid?.() === 0;
    const readable = !asRoot || spawnSync(process.execPath, ['-e', ''], { uid: nobody }).status === 0;
    const unprivileged = readable ? it : it.skip;

    unprivileged.each([
      ['a folder', (at: string) => chmod(at, 0o555), (at: string) => join(at, 'deeper')],
      ['lock.mdb', (at: string) => chmod(join(at, 'lock.mdb'), 0o444), (at: string) => at],
      ['data.mdb', (at: string) => chmod(join(at, 'data.mdb'), 0o444), (at: string) => at],
    ])('is FORBIDDEN where it may not write to %s', async (_, forbid, use) => {
      const store = openStore();
      await claim(store);
      await store.close();
      await chmod(folder, 0o755);
      await chmod(path, 0o777);
      for (const file of await readdir(path)) await chmod(join(path, file), 0o666);
      await forbid(path);
      const child = start(['fill', use(path)], asRoot ? { uid: nobody } : {});
      const answers: unknown[] = [];
      for await (const line of lines(child)) answers.push(line);
      expect(answers).toEqual([
        expect.objectContaining({ code: 'FORBIDDEN', retryable: false, ambiguous: false }),
      ]);
      await chmod(path, 0o777);
    });
  });
});
