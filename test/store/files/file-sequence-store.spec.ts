import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FileSequenceStore } from '../../../lib/index.js';
import { Folder } from '../../../lib/store/files/folder.js';
import { RootFolder } from '../../../lib/store/files/root-folder.js';
import { ShardDisk } from '../../../lib/store/files/shard-disk.js';
import { RESET_COUNTERS } from '../../../lib/testing/resettable-store.js';
import { build } from '../../../torture/files/build.js';

const { signal } = new AbortController();

describe('FileSequenceStore', () => {
  let built: string;
  let folder: string;
  let path: string;
  const opened: FileSequenceStore[] = [];

  beforeAll(async () => {
    built = build();
    await chmod(built, 0o755);
  });

  afterAll(() => rm(built, { recursive: true }));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'essequence-files-'));
    path = join(folder, 'data');
  });

  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    await rm(folder, { recursive: true });
  });

  function open(at = path): FileSequenceStore {
    const store = new FileSequenceStore({ path: at });
    opened.push(store);
    return store;
  }

  function claim(store: FileSequenceStore, name = 'orders', count = 10) {
    return store.claim({ name, count, start: 1, signal });
  }

  const fence = (store: FileSequenceStore, name = 'orders') =>
    store.fence({ name, jump: 100, epoch: crypto.randomUUID(), signal });

  const calls = (store: FileSequenceStore) => [
    () => claim(store),
    () => store.ensureAtLeast({ name: 'orders', id: 100, start: 1, signal }),
    () => store.inspect({ name: 'orders', signal }),
    () => fence(store),
  ];

  /** The folder of the only shard that was used. */
  async function shard(): Promise<string> {
    const [name] = (await readdir(path)).filter((file) => file !== 'tmp');
    return join(path, name!);
  }

  async function generations(): Promise<number[]> {
    const files = await readdir(await shard());
    return files.map((file) => Number(file.slice(1))).toSorted((one, other) => one - other);
  }

  describe('with a path', () => {
    it('opens and makes nothing when constructed', async () => {
      const store = open();
      expect(await store.inspect({ name: 'orders', signal })).toBeUndefined();
      await store.close();
      expect(await readdir(folder)).toEqual([]);
    });

    it('makes the folder with all its parents at the first use, and when the application starts', async () => {
      await claim(open(join(folder, 'deep', 'er.v1', 'data.d')));
      await open().open();
      expect(await readdir(path)).toEqual(['tmp']);
    });

    it('refuses other options and paths that are none', () => {
      expect(() => new FileSequenceStore({ path, sync: false } as never)).toThrow(
        'Unknown key "sync" in the options of FileSequenceStore; known are: path',
      );
      for (const bad of ['', 7, undefined]) {
        expect(() => new FileSequenceStore({ path: bad as string })).toThrow(TypeError);
      }
      expect(() => new FileSequenceStore(undefined as never)).toThrow(TypeError);
    });

    it('has no method that lowers a counter', () => {
      expect(RESET_COUNTERS in open()).toBe(false);
      expect(Reflect.ownKeys(open())).toEqual(['recordSeries', 'path']);
    });

    it('keeps the record of a series beside the counters, in lines of its own', async () => {
      const store = open();
      const record = { name: 'orders', expected: undefined, record: 'é"\\', signal };
      expect(await store.recordSeries!(record)).toBe(record.record);
      await claim(store);
      const files = (await readdir(await shard())).toSorted();
      expect(files).toEqual(['g1', 'g2']);
      const texts = await Promise.all(files.map(async (file) => readFile(join(await shard(), file), 'utf8')));
      expect(texts[0]).toMatch(/"counters":\{\n\n\},"series":\{\n"orders":"é\\"\\\\"\n\}\}\n$/);
      const { counters, series } = JSON.parse(texts[1]!) as Record<string, object>;
      expect([Object.keys(counters!), series]).toEqual([['orders'], { orders: record.record }]);
    });

    it.each([
      ['a record that is no text', '"series":{"orders":7}'],
      ['records that have no names', '"series":["orders"]'],
    ])('leaves %s alone', async (_, series) => {
      const store = open();
      await claim(store);
      const file = join(await shard(), 'g2');
      await writeFile(file, `{"format":1,"nonce":"n","counters":{},${series}}`);
      await expect(
        store.recordSeries!({ name: 'orders', expected: undefined, record: 'record', signal }),
      ).rejects.toMatchObject({ code: 'CORRUPT', sequence: 'orders' });
      expect(await readFile(file, 'utf8')).toContain(series);
    });

    it('leaves a text that people can read, a few former ones, and nothing besides', async () => {
      const store = open();
      const { epoch } = await claim(store);
      for (let time = 0; time < 9; time++) await claim(store);
      // No claim waits for what is tidied behind it.
      await store.close();
      expect(await generations()).toEqual([6, 7, 8, 9, 10]);
      const text = await readFile(join(await shard(), 'g10'), 'utf8');
      expect(JSON.parse(text)).toEqual({
        format: 1,
        nonce: expect.stringMatching(/^[0-9a-f-]{36}$/),
        counters: { orders: { last: 100, epoch, epochs: [] } },
      });
      expect(text.split('\n')[1]).toBe(`"orders":${JSON.stringify({ last: 100, epoch, epochs: [] })}`);
      await store.close();
      expect(await readdir(join(path, 'tmp'))).toEqual([]);
    });

    it('removes what killed processes left more than an hour ago', async () => {
      await mkdir(join(path, 'tmp', 'old-folder'), { recursive: true });
      await writeFile(join(path, 'tmp', 'old-folder', 'g1'), '');
      for (const file of ['old', 'young']) await writeFile(join(path, 'tmp', file), '');
      const old = new Date(Date.now() - 61 * 60 * 1_000);
      for (const file of ['old', 'old-folder']) await utimes(join(path, 'tmp', file), old, old);
      const store = open();
      await claim(store);
      await store.close();
      expect(await readdir(join(path, 'tmp'))).toEqual(['young']);
    });
  });

  describe('in one process', () => {
    it('makes one generation of all that waits for a shard, and claims each name once', async () => {
      const store = open();
      await claim(store, 'orders');
      const names = Array.from({ length: 2_000 }, (_, index) => `name-${index}`);
      const blocks = await Promise.all(names.map((name) => claim(store, name, 1)));
      expect(blocks.every(({ first }) => first === 1)).toBe(true);
      const shards = (await readdir(path)).filter((file) => file !== 'tmp');
      expect(shards).toHaveLength(64);
      const counts = await Promise.all(shards.map(async (name) => (await readdir(join(path, name))).length));
      expect(counts.toSorted()).toEqual([...Array<number>(63).fill(1), 2]);
    });

    it('decides how many ids a claim takes when its generation is written, and says when it waits', async () => {
      const store = open();
      const before = claim(store);
      const said: string[] = [];
      let count = 1;
      const queued = store.claim({
        name: 'orders',
        get count() {
          return count;
        },
        start: 1,
        signal,
        progress: {
          queued: () => said.push('queued'),
          sent: () => said.push('sent'),
          answered: () => said.push('answered'),
          staysOpen: () => false,
        },
      });
      // The claim before it is given up on while it waits: nothing is decided by then.
      setImmediate(() => (count = 5));
      expect(await before).toMatchObject({ first: 1 });
      expect(await queued).toMatchObject({ first: 11, last: 15 });
      expect(said).toEqual(['queued', 'sent']);
    });

    it('takes no file of its own for that of another process', async () => {
      const store = open();
      for (let time = 1; time <= 40; time++)
        expect(await claim(store, 'orders', 1)).toMatchObject({ first: time });
    });

    it('fails alone in a generation that others share', async () => {
      const store = open();
      await claim(store, 'orders', 1);
      const [taken, exhausted, missing, other] = await Promise.allSettled([
        claim(store, 'orders', 1),
        store.claim({ name: 'name-41', count: 2, start: Number.MAX_SAFE_INTEGER, signal }),
        fence(store, 'name-77'),
        claim(store, 'name-249', 1),
      ]);
      expect(taken).toMatchObject({ status: 'fulfilled', value: { first: 2 } });
      expect(exhausted).toMatchObject({ status: 'rejected', reason: { code: 'EXHAUSTED' } });
      expect(missing).toMatchObject({ status: 'rejected', reason: { code: 'MISSING' } });
      expect(other).toMatchObject({ status: 'fulfilled', value: { first: 1 } });
      expect(await generations()).toEqual([1, 2]);
    });

    it('is CLOSED after a close, and a new store goes on', async () => {
      const store = open();
      const running = claim(store);
      await store.close();
      expect(await running).toMatchObject({ first: 1, last: 10 });
      await expect(claim(store)).rejects.toMatchObject({ code: 'CLOSED', sequence: 'orders' });
      await expect(store.open()).rejects.toMatchObject({ code: 'CLOSED' });
      expect(await claim(open())).toMatchObject({ first: 11 });
    });

    it('loses a race as a CONFLICT that leaves nothing behind', async () => {
      const stores = [open(), open(), open(), open()];
      await claim(stores[0]!);
      const outcomes = await Promise.allSettled(stores.map((store) => claim(store)));
      const blocks = outcomes.filter(({ status }) => status === 'fulfilled');
      expect(await generations()).toEqual(Array.from({ length: blocks.length + 1 }, (_, index) => index + 1));
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') continue;
        expect(outcome.reason).toMatchObject({
          code: 'CONFLICT',
          retryable: true,
          ambiguous: false,
          sequence: 'orders',
        });
      }
      for (const store of stores) await store.close();
      expect(await readdir(join(path, 'tmp'))).toEqual([]);
    });

    it('gives threads different ids', async () => {
      const script = join(built, 'lib', 'store', 'files', 'file-sequence-store.js');
      const source = `
        import { FileSequenceStore } from ${JSON.stringify(`file://${script}`)};
        import { parentPort } from 'node:worker_threads';
        const store = new FileSequenceStore({ path: ${JSON.stringify(path)} });
        const { signal } = new AbortController();
        for (let claims = 0; claims < 20; ) {
          try {
            parentPort.postMessage((await store.claim({ name: 'orders', count: 1, start: 1, signal })).first);
            claims++;
          } catch (error) {
            if (error.code !== 'CONFLICT') throw error;
          }
        }
        await store.close();`;
      const ids: number[] = [];
      await Promise.all(
        [0, 1, 2].map(
          () =>
            new Promise<void>((resolve, reject) => {
              const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
              worker.on('message', (id: number) => ids.push(id));
              worker.on('error', reject);
              worker.on('exit', () => resolve());
            }),
        ),
      );
      // A thread that was overtaken for long may leave a gap.
      expect({ drawn: ids.length, different: new Set(ids).size }).toEqual({ drawn: 60, different: 60 });
    });
  });

  describe('on its disk', () => {
    async function disk(): Promise<ShardDisk> {
      const root = new RootFolder(path);
      const at = await shard();
      return new ShardDisk(at, root, await Folder.open(at));
    }

    it('links no generation over one that is there', async () => {
      await claim(open());
      const before = await readFile(join(await shard(), 'g1'), 'utf8');
      const shardDisk = await disk();
      const linked = await shardDisk.carryOut(
        (function* (): Generator<any, unknown, unknown> {
          yield { ask: 'prepare', text: 'another' };
          return yield { ask: 'link', generation: 1 };
        })(),
      );
      expect(linked).toBe(false);
      expect(await readFile(join(await shard(), 'g1'), 'utf8')).toBe(before);
      await shardDisk.folder?.close();
    });

    it('makes no folder over one that is there', async () => {
      await claim(open());
      const before = await readdir(await shard());
      const shardDisk = new ShardDisk(await shard(), new RootFolder(path), undefined);
      const made = await shardDisk.carryOut(
        (function* (): Generator<any, unknown, unknown> {
          yield { ask: 'prepare', text: 'another' };
          return yield { ask: 'create' };
        })(),
      );
      expect(made).toBe(false);
      expect(await readdir(await shard())).toEqual(before);
    });

    it('does not take other files for generations', async () => {
      const store = open();
      await claim(store);
      for (const file of ['g', 'g07', 'g9~', 'x9', 'g9.tmp', '.DS_Store', `g${'9'.repeat(17)}`]) {
        await writeFile(join(await shard(), file), 'no generation');
      }
      expect(await claim(store)).toMatchObject({ first: 11 });
    });
  });

  describe('with a file that is not what it wrote', () => {
    const texts = [
      ['nothing', ''],
      ['a text that is cut short', '{"format":1,"nonce":"n","counters":{"orders":{"last":7'],
      ['null', 'null'],
      ['a list', '[7]'],
      ['no format', '{"nonce":"n","counters":{}}'],
      ['counters that are a list', '{"format":1,"nonce":"n","counters":[]}'],
      ['a newer format', '{"format":2,"nonce":"n","counters":{}}'],
      ...[
        '7',
        'null',
        '{"last":"7","epoch":"e","epochs":[]}',
        '{"last":7.5,"epoch":"e","epochs":[]}',
        '{"last":-1,"epoch":"e","epochs":[]}',
        '{"last":9007199254740992,"epoch":"e","epochs":[]}',
        '{"epoch":"e","epochs":[]}',
        '{"last":7,"epochs":[]}',
        '{"last":7,"epoch":"e"}',
        '{"last":7,"epoch":"e","epochs":[7]}',
        '{"last":7,"epoch":"e","epochs":[],"fenced":7}',
      ].map(
        (counter) =>
          [`the counter ${counter}`, `{"format":1,"nonce":"n","counters":{"orders":${counter}}}`] as const,
      ),
    ] as const;

    it.each(texts)('finds %s CORRUPT and leaves it', async (_, text) => {
      const store = open();
      await claim(store);
      const file = join(await shard(), 'g2');
      await writeFile(file, text);
      for (const call of calls(store)) {
        await expect(call()).rejects.toMatchObject({ code: 'CORRUPT', sequence: 'orders', retryable: false });
      }
      expect(await readFile(file, 'utf8')).toBe(text);
      expect(await generations()).toEqual([1, 2]);
    });

    it('says that a newer version wrote it', async () => {
      await claim(open());
      await writeFile(join(await shard(), 'g2'), '{"format":2}');
      await expect(claim(open())).rejects.toThrow(/newer version/);
    });

    it('goes on with the other counters of a shard where one is none', async () => {
      const store = open();
      await claim(store);
      await writeFile(join(await shard(), 'g2'), '{"format":1,"nonce":"n","counters":{"orders":7}}');
      expect(await claim(store, 'name-41')).toMatchObject({ first: 1 });
      const { counters } = JSON.parse(await readFile(join(await shard(), 'g3'), 'utf8')) as {
        counters: object;
      };
      expect(counters).toMatchObject({ orders: 7 });
    });
  });

  describe('where it cannot write', () => {
    it('is REJECTED where the path leads to a file, also at start', async () => {
      await writeFile(path, '');
      for (const at of [path, join(path, 'below')]) {
        await expect(open(at).open()).rejects.toMatchObject({ code: 'REJECTED', sequence: undefined });
        await expect(claim(open(at))).rejects.toMatchObject({
          code: 'REJECTED',
          sequence: 'orders',
          ambiguous: false,
        });
      }
    });

    const nobody = 65_534;
    const asRoot = process.getuid?.() === 0;
    const unprivileged = !asRoot || spawnSync(process.execPath, ['-e', ''], { uid: nobody }).status === 0;

    (unprivileged ? it : it.skip).each([
      ['its folder', () => path],
      ['the parent of its folder', () => join(path, 'deeper')],
    ])('is FORBIDDEN without the right to write to %s', async (_, at) => {
      await mkdir(path);
      await chmod(folder, 0o755);
      await chmod(path, 0o555);
      const work = JSON.stringify({ path: at(), names: ['orders'], claims: 1 });
      const { stdout } = spawnSync(process.execPath, [join(built, 'torture', 'files', 'worker.js'), work], {
        encoding: 'utf8',
        ...(asRoot ? { uid: nobody } : {}),
      });
      expect(stdout).toMatch(/cannot be used \(EACCES.*Nothing was changed.*right to write/);
      await chmod(path, 0o755);
    });

    it('is READ_ONLY on a full disk, and loses nothing', async () => {
      const store = open();
      await claim(store);
      await store.close();
      const worker = join(built, 'torture', 'files', 'worker.js');
      const work = JSON.stringify({ path, names: ['orders'], claims: 1 });
      // Writes fail beyond the limit: 0 blocks.
      const { stdout } = spawnSync(
        'sh',
        ['-c', `trap '' XFSZ; ulimit -f 0; exec "$@" | cat`, 'sh', process.execPath, worker, work],
        {
          encoding: 'utf8',
        },
      );
      expect(stdout).toMatch(/cannot be used \(EFBIG.*Nothing was changed.*Make room/);
      expect(await generations()).toEqual([1]);
      expect(await claim(open())).toMatchObject({ first: 11 });
    });
  });
});
