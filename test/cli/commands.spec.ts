/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexBody } from '../../lib/store/elasticsearch/counter-index.js';
import { CommandLine } from '../support/command-line.js';
import {
  call,
  concreteIndex,
  realServers,
  removeIndices,
  temporaryAlias,
} from '../support/elasticsearch-clients.js';

const URLS: Record<string, string | undefined> = {
  'Elasticsearch 9': process.env['ELASTICSEARCH_9_URL'],
  'Elasticsearch 7': process.env['ELASTICSEARCH_7_URL'],
  OpenSearch: process.env['OPENSEARCH_URL'],
};

const servers = realServers().filter(({ name }) => URLS[name] !== undefined);
let cli: CommandLine;

describe('The commands', () => {
  beforeAll(async () => {
    cli = await CommandLine.build();
  });
  afterAll(() => cli.remove());

  if (servers.length === 0) it.skip('need a real server', () => {});

  describe.each(servers)('On $name', ({ name: server, client }) => {
    let index: string;
    let place: string[];
    const started: string[] = [];

    beforeEach(() => {
      index = temporaryAlias();
      started.push(index);
      place = ['--node', URLS[server]!, '--index', index];
    });

    afterAll(async () => {
      for (const alias of started) await removeIndices(client, alias);
      await client.close();
    });

    const put = (name: string, document: Record<string, unknown>) =>
      call(client, 'PUT', `/${index}/_doc/${encodeURIComponent(name)}?refresh=true`, { name, ...document });
    const create = () => cli.run(['create-index', '--yes', ...place]);
    const last = async (name: string) => (await cli.json(['show', name, ...place])).data.last;

    it('create-index creates the index as the library does, once', async () => {
      const refused = await cli.run(['create-index', ...place]);
      expect(refused.code).toBe(1);
      expect(refused.err).toContain('--yes');
      expect((await cli.json(['create-index', '--yes', ...place])).data.created).toBe(true);
      const concrete = await concreteIndex(client, index);
      const found = await call(client, 'GET', `/${concrete}?flat_settings=true`);
      // Servers leave out what is their default.
      const { dynamic, properties } = indexBody(index).mappings as Record<string, unknown>;
      expect(found[concrete].mappings).toEqual({ dynamic, properties });
      expect(found[concrete].settings).toMatchObject({ 'index.translog.durability': 'request' });
      const again = await cli.json(['create-index', '--yes', ...place]);
      expect(again).toEqual({ code: 0, data: { index: concrete, created: false } });
    });

    it('lists names and values, ascending, also more than a page of them', async () => {
      await create();
      const empty = await cli.run(['list', ...place]);
      expect(empty).toMatchObject({ code: 0, out: expect.stringContaining('There is no counter') });
      const names = Array.from({ length: 1_100 }, (_, at) => `tenant-${String(at).padStart(4, '0')}`);
      const lines = names.flatMap((name, at) => [{ index: { _id: name } }, { name, iid: at, epoch: 'e' }]);
      await (client.transport.request as any)({
        method: 'POST',
        path: `/${index}/_bulk`,
        querystring: { refresh: true },
        bulkBody: lines,
      });
      await put('orders', { iid: 7, epoch: 'e' });
      const { code, data } = await cli.json(['list', ...place]);
      expect(code).toBe(0);
      expect(data.counters.map(({ name }: { name: string }) => name)).toEqual(['orders', ...names]);
      expect(data.counters[0].last).toBe(7);
      expect(data.counters.at(-1).last).toBe(1_099);
      const some = await cli.json(['list', '--prefix', 'tenant-000', ...place]);
      expect(some.data.counters).toHaveLength(10);
      const { out } = await cli.run(['list', '--prefix', 'orders', ...place]);
      expect(out).toMatch(/^orders {2}7 {2}it has no history stamp/);
    });

    it('lists counters and values as they are now, not as the last search saw them', async () => {
      await create();
      await call(client, 'PUT', `/${await concreteIndex(client, index)}/_settings`, {
        index: { refresh_interval: '-1' },
      });
      await call(client, 'PUT', `/${index}/_doc/orders`, { name: 'orders', iid: 1, epoch: 'e' });
      expect((await cli.json(['list', ...place])).data.counters).toMatchObject([{ name: 'orders', last: 1 }]);
      await call(client, 'PUT', `/${index}/_doc/orders`, { name: 'orders', iid: 2, epoch: 'e' });
      expect((await cli.json(['list', ...place])).data.counters).toMatchObject([{ name: 'orders', last: 2 }]);
      expect(await last('orders')).toBe(2);
    });

    it('ends with 1 where the index or the counter is missing, and creates neither', async () => {
      for (const command of [
        ['list'],
        ['show', 'a'],
        ['raise', 'a', '5', '--yes'],
        ['fence', 'a', '--to', '5', '--yes'],
      ]) {
        expect(await cli.json([...command, ...place])).toMatchObject({
          code: 1,
          data: { error: { code: 'NO_COUNTER' } },
        });
      }
      await create();
      for (const command of [
        ['show', 'a'],
        ['fence', 'a', '--to', '5', '--yes'],
      ]) {
        expect(await cli.json([...command, ...place])).toMatchObject({
          code: 1,
          data: { error: { code: 'NO_COUNTER' } },
        });
      }
      expect((await cli.json(['list', ...place])).data.counters).toEqual([]);
    });

    it('raise creates, raises, and never lowers', async () => {
      await create();
      expect(await cli.json(['raise', 'orders', '500', '--yes', ...place])).toEqual({
        code: 0,
        data: { name: 'orders', before: null, last: 500, changed: true },
      });
      expect((await cli.json(['raise', 'orders', '700', '--yes', ...place])).data).toMatchObject({
        before: 500,
        last: 700,
      });
      expect(await cli.json(['raise', 'orders', '600', '--yes', ...place])).toEqual({
        code: 0,
        data: { name: 'orders', before: 700, last: 700, changed: false },
      });
      const tooHigh = await cli.json(['raise', 'orders', String(Number.MAX_SAFE_INTEGER), '--yes', ...place]);
      expect(tooHigh).toMatchObject({ code: 2, data: { error: { code: 'USAGE' } } });
      expect(await last('orders')).toBe(700);
    });

    it('fence goes above, or exactly to a value, and never below', async () => {
      await create();
      await cli.run(['raise', 'orders', '500', '--yes', ...place]);
      const exact = await cli.json(['fence', 'orders', '--to', '800', '--yes', ...place]);
      expect(exact).toEqual({ code: 0, data: { name: 'orders', before: 500, last: 800, changed: true } });
      const below = await cli.json(['fence', 'orders', '--to', '799', '--yes', ...place]);
      expect(below).toMatchObject({ code: 1, data: { error: { code: 'REJECTED' } } });
      expect(await last('orders')).toBe(800);
      const above = await cli.json(['fence', 'orders', '--above', '900', '--jump', '50', '--yes', ...place]);
      expect(above.data.last).toBeGreaterThanOrEqual(950);
      expect(above.data.last).toBeLessThan(950 + 1e9);
      const far = await cli.json(['fence', 'orders', '--above', '0', '--yes', ...place]);
      expect(far.data.last).toBeGreaterThanOrEqual(above.data.last + 1e9);
    });

    it('fence --file fences every line, and says which it could not', async () => {
      await create();
      for (const name of ['a', 'b']) await cli.run(['raise', name, '10', '--yes', ...place]);
      const file = join(cli.folder, `${index}.csv`);
      writeFileSync(file, '\u{feff}name,to\r\n"a",20\r\nmissing,30\r\nb , 9\r\n');
      const { code, data } = await cli.json(['fence', '--file', file, '--yes', ...place]);
      expect(code).toBe(1);
      expect(data.sequences).toMatchObject([
        { name: 'a', last: 20, error: null },
        { name: 'missing', last: null, error: { code: 'MISSING' } },
        { name: 'b', last: null, error: { code: 'REJECTED' } },
      ]);
      writeFileSync(file, 'a,20\nb,11\n');
      const { code: done, out } = await cli.run(['fence', '--file', file, '--yes', ...place]);
      expect({ done, out }).toEqual({ done: 0, out: 'a: at 20\nb: at 11\n' });
    });

    it('asks in a terminal, and changes nothing unless it hears yes', async () => {
      await create();
      await cli.run(['raise', 'orders', '10', '--yes', ...place]);
      for (const answer of ['n\r', '\r', 'yesterday\r', '\u0003', '\u0004']) {
        const { code, seen } = await cli.inTerminal(['raise', 'orders', '99', ...place], answer);
        expect({ answer, code }).toEqual({ answer, code: 1 });
        expect(seen).toContain(`This raises sequence "orders" from 10 to 99 in index "${index}"`);
        expect(seen).toContain('Nothing was changed.');
        expect(await last('orders')).toBe(10);
      }
      const { code } = await cli.inTerminal(['raise', 'orders', '99', ...place], 'y\r');
      expect({ code, last: await last('orders') }).toEqual({ code: 0, last: 99 });
      const fenced = await cli.inTerminal(['fence', 'orders', '--to', '120', ...place], 'YES\r');
      expect(fenced.seen).toContain('This fences sequence "orders"');
      expect({ code: fenced.code, last: await last('orders') }).toEqual({ code: 0, last: 120 });
    });

    it('refuses every write without a terminal and without --yes', async () => {
      await create();
      await cli.run(['raise', 'orders', '10', '--yes', ...place]);
      const file = join(cli.folder, `${index}-unasked.csv`);
      writeFileSync(file, 'orders,50\n');
      for (const command of [
        ['raise', 'orders', '99'],
        ['fence', 'orders', '--to', '99'],
        ['fence', '--file', file],
      ]) {
        const refused = await cli.json([...command, ...place]);
        expect(refused).toMatchObject({ code: 1, data: { error: { code: 'NOT_CONFIRMED' } } });
      }
      expect(await last('orders')).toBe(10);
    });
  });
});
