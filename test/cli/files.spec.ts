import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFinding } from '../../lib/cli/files/folder-doctor.js';
import { FileSequenceStore } from '../../lib/index.js';
import { claimIds } from '../support/claim-ids.js';
import { CommandLine } from '../support/command-line.js';

it.each([
  ['room for many', { bsize: 4_096, bavail: 1_000_000, files: 1_000_000, ffree: 900_000 }, 'ok', /3906 MB/],
  ['little room', { bsize: 4_096, bavail: 1_000, files: 1_000_000, ffree: 900_000 }, 'warning', /3 MB left/],
  ['no file left', { bsize: 4_096, bavail: 1_000_000, files: 100, ffree: 0 }, 'warning', /0 more files/],
  ['files that are not counted', { bsize: 4_096, bavail: 1_000_000, files: 0, ffree: 0 }, 'ok', /MB left/],
])('a disk with %s is said to be so', (_, disk, status, what) => {
  expect(diskFinding(disk)).toMatchObject({ code: 'DISK', status, what: expect.stringMatching(what) });
});

describe('The commands on the folder of a file store', () => {
  let cli: CommandLine;
  let parent: string;
  let path: string;
  let place: string[];

  beforeAll(async () => {
    cli = await CommandLine.build();
  });
  afterAll(() => cli.remove());
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'essequence-cli-'));
    path = join(parent, 'data');
    place = ['--files', path];
  });
  afterEach(() => rm(parent, { recursive: true }));

  const raise = (name: string, id: number) => cli.json(['raise', name, String(id), '--yes', ...place]);
  const last = async (name: string) => (await cli.json(['show', name, ...place])).data.last;
  const examine = (...more: string[]) => cli.examine([...place, ...more]);
  /** The one file that holds the counter now. */
  const generation = async (name: string) => {
    const { data } = await cli.json(['show', name, ...place]);
    return join(data.folder, `g${data.generation}`);
  };

  it('read what an application wrote, and it goes on from what they write', async () => {
    const store = new FileSequenceStore({ path });
    // It is no counter.
    const { signal } = new AbortController();
    await store.recordSeries!({ name: 'invoices', expected: undefined, record: '{}', signal });
    await claimIds(store, 3, () => {});
    expect(await cli.json(['list', ...place])).toEqual({
      code: 0,
      data: { counters: [{ name: 'orders', last: 3, trouble: null }] },
    });
    expect((await raise('orders', 50)).data).toMatchObject({ before: 3, last: 50, changed: true });
    const ids: number[] = [];
    await claimIds(store, 1, (id) => ids.push(id));
    expect(ids).toEqual([51]);
    await store.close();
  });

  it('list all counters of all shards, ascending', async () => {
    await mkdir(path);
    expect((await cli.run(['list', ...place])).out).toBe(`There is no counter in folder "${path}".\n`);
    const store = new FileSequenceStore({ path });
    const names = Array.from({ length: 200 }, (_, at) => `tenant-${String(at).padStart(3, '0')}`);
    const { signal } = new AbortController();
    await Promise.all(names.map((name, at) => store.ensureAtLeast({ name, id: at, start: 1, signal })));
    await store.close();
    const { data } = await cli.json(['list', ...place]);
    expect(data.counters).toEqual(names.map((name, at) => ({ name, last: at, trouble: null })));
    const some = await cli.json(['list', '--prefix', 'tenant-19', ...place]);
    expect(some.data.counters).toHaveLength(10);
  });

  it('look at a counter while processes claim from it', async () => {
    const store = new FileSequenceStore({ path });
    let done = false;
    await claimIds(store, 1, () => {});
    const claiming = (async () => {
      while (!done) await claimIds(store, 1, () => {});
    })();
    for (let round = 0; round < 5; round++) expect(await last('orders')).toBeGreaterThan(0);
    done = true;
    await claiming;
    await store.close();
  });

  it('end with 1 where folder or counter is missing, and make neither', async () => {
    for (const said of await cli.withoutCounter('place', place)) {
      const message = expect.stringContaining('Check --files');
      expect(said).toMatchObject({ code: 1, error: { code: 'NO_COUNTER', message } });
    }
    expect(await examine()).toMatchObject({ code: 1, trouble: [{ code: 'FOLDER', status: 'error' }] });
    expect(existsSync(path)).toBe(false);
    await mkdir(path);
    for (const said of await cli.withoutCounter('counter', place)) {
      expect(said).toMatchObject({ code: 1, error: { code: 'NO_COUNTER' } });
    }
  });

  it('raise and fence refuse what the library refuses, and ask first', async () => {
    await mkdir(path);
    await raise('orders', 500);
    expect(await raise('orders', 400)).toMatchObject({ code: 0, data: { last: 500, changed: false } });
    const exact = await cli.json(['fence', 'orders', '--to', '800', '--yes', ...place]);
    expect(exact).toEqual({ code: 0, data: { name: 'orders', before: 500, last: 800, changed: true } });
    const below = await cli.json(['fence', 'orders', '--to', '799', '--yes', ...place]);
    expect(below).toMatchObject({ code: 1, data: { error: { code: 'REJECTED' } } });
    for (const command of [
      ['raise', 'orders', '900'],
      ['fence', 'orders', '--above', '900'],
    ]) {
      const refused = await cli.json([...command, ...place]);
      expect(refused).toMatchObject({ code: 1, data: { error: { code: 'NOT_CONFIRMED' } } });
    }
    expect(await last('orders')).toBe(800);
    const piped = await cli.run(['raise', 'orders', '900', ...place], {}, 'y\n');
    expect({ code: piped.code, last: await last('orders') }).toEqual({ code: 1, last: 800 });
    const declined = await cli.inTerminal(['raise', 'orders', '900', ...place], 'n\r');
    expect({ code: declined.code, last: await last('orders') }).toEqual({ code: 1, last: 800 });
    const { code, seen } = await cli.inTerminal(['raise', 'orders', '900', ...place], 'y\r');
    expect(seen).toContain(`This raises sequence "orders" from 800 to 900 in folder "${path}"`);
    expect({ code, last: await last('orders') }).toEqual({ code: 0, last: 900 });
    const file = join(parent, 'fences.csv');
    await writeFile(file, 'orders,1000\nmissing,5\n');
    const many = await cli.json(['fence', '--file', file, '--yes', ...place]);
    expect(many.code).toBe(1);
    expect(many.data.sequences).toMatchObject([
      { name: 'orders', last: 1_000, error: null },
      { name: 'missing', error: { code: 'MISSING' } },
    ]);
  });

  it.each([
    ['a server beside a folder', ['list', '--node', 'http://localhost:9200']],
    ['an index beside a folder', ['list', '--index', 'essequences']],
    ['to create an index', ['create-index', '--yes']],
    ['to print an index', ['index-template']],
    ['a folder without a name', ['list', '--files', '']],
  ])('refuse %s as wrong usage', async (_, args) => {
    await mkdir(path);
    const { code, err } = await cli.run(args.includes('--files') ? args : [...args, ...place]);
    expect(code).toBe(2);
    expect(err).not.toBe('');
  });

  it('refuse the path of a file', async () => {
    await writeFile(path, '');
    expect(await cli.json(['list', ...place])).toMatchObject({
      code: 1,
      data: { error: { code: 'REJECTED' } },
    });
    expect((await examine()).trouble).toMatchObject([{ code: 'FOLDER', status: 'error' }]);
  });

  it('doctor finds a sound folder sound, says what it cannot know, and leaves nothing behind', async () => {
    await mkdir(path);
    await raise('orders', 10);
    const files = async () => (await readdir(path, { recursive: true })).toSorted();
    const before = await files();
    const { code, findings, trouble } = await examine('--claim', '--strict');
    expect({ code, trouble }).toEqual({ code: 0, trouble: [] });
    expect(findings.map(({ code: about, status }) => [about, status])).toEqual([
      ['FOLDER', 'ok'],
      ['DISK', 'ok'],
      ['HISTORY', 'not checked'],
      ['COUNTER_IDENTITY', 'ok'],
      ['CLAIM_TIME', 'ok'],
    ]);
    expect(await files()).toEqual(before);
    expect(await last('orders')).toBe(10);
  });

  it('doctor finds counters of a copy that was put back after a fence, until they are fenced', async () => {
    await mkdir(path);
    await raise('orders', 10);
    await raise('shipments', 10);
    await cli.run(['fence', 'orders', '--to', '20', '--yes', ...place]);
    await cp(path, join(parent, 'copy'), { recursive: true });
    await rename(path, join(parent, 'former'));
    await rename(join(parent, 'copy'), path);
    const { code, trouble } = await examine();
    expect(code).toBe(1);
    expect(trouble).toMatchObject([{ code: 'COUNTER_IDENTITY', status: 'error', sequences: ['orders'] }]);
    expect(await cli.json(['show', 'orders', ...place])).toMatchObject({
      code: 1,
      data: { trouble: 'COUNTER_IDENTITY' },
    });
    await cli.run(['fence', 'orders', '--to', '30', '--yes', ...place]);
    expect((await examine()).trouble).toEqual([]);
  });

  it('doctor finds what is no counter, and names the others all the same', async () => {
    await mkdir(path);
    await raise('orders', 10);
    await raise('shipments', 10);
    const file = await generation('orders');
    await writeFile(file, '{"format":1,"counters":{"orders":{"last":"ten"}}}');
    expect((await examine()).trouble).toMatchObject([
      { code: 'COUNTER_CORRUPT', status: 'error', sequences: ['orders'] },
    ]);
    expect((await cli.json(['list', ...place])).data.counters).toEqual([
      { name: 'orders', last: null, trouble: 'COUNTER_CORRUPT' },
      { name: 'shipments', last: 10, trouble: null },
    ]);
    await writeFile(file, 'not a generation');
    const { code, findings } = await examine();
    expect(code).toBe(1);
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'COUNTER_CORRUPT', what: expect.stringContaining(file) }),
    );
    expect(findings.filter(({ code: about }) => about === 'COUNTER_IDENTITY')).toEqual([]);
  });

  it('doctor finds folders that this user cannot write', async () => {
    await mkdir(path);
    await raise('orders', 10);
    const shard = join(await generation('orders'), '..');
    await chmod(shard, 0o500);
    const { code, trouble } = await examine();
    await chmod(shard, 0o700);
    // Everything is allowed to root.
    if (process.getuid?.() === 0) expect({ code, trouble }).toEqual({ code: 0, trouble: [] });
    else expect(trouble).toMatchObject([{ code: 'PRIVILEGE_MISSING', status: 'error' }]);
  });
});
