/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexBody } from '../../lib/store/elasticsearch/counter-index.js';
import { commandsOnServers } from '../support/commands-on-servers.js';
import { call, concreteIndex } from '../support/elasticsearch-clients.js';

commandsOnServers('The commands', (here) => {
  const create = () => here.cli.run(['create-index', '--yes', ...here.place]);
  const last = async (name: string) => (await here.cli.json(['show', name, ...here.place])).data.last;

  it('create-index creates the index as the library does, once', async () => {
    const refused = await here.cli.run(['create-index', ...here.place]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('--yes');
    expect((await here.cli.json(['create-index', '--yes', ...here.place])).data.created).toBe(true);
    const concrete = await concreteIndex(here.client, here.index);
    const found = await call(here.client, 'GET', `/${concrete}?flat_settings=true`);
    // Servers leave out what is their default.
    const { dynamic, properties } = indexBody(here.index).mappings as Record<string, unknown>;
    expect(found[concrete].mappings).toEqual({ dynamic, properties });
    expect(found[concrete].settings).toMatchObject({ 'index.translog.durability': 'request' });
    const again = await here.cli.json(['create-index', '--yes', ...here.place]);
    expect(again).toEqual({ code: 0, data: { index: concrete, created: false } });
  });

  it('lists names and values, ascending, also more than a page of them', async () => {
    await create();
    const empty = await here.cli.run(['list', ...here.place]);
    expect(empty).toMatchObject({ code: 0, out: expect.stringContaining('There is no counter') });
    const names = Array.from({ length: 1_100 }, (_, at) => `tenant-${String(at).padStart(4, '0')}`);
    const lines = names.flatMap((name, at) => [{ index: { _id: name } }, { name, iid: at, epoch: 'e' }]);
    await (here.client.transport.request as any)({
      method: 'POST',
      path: `/${here.index}/_bulk`,
      querystring: { refresh: true },
      bulkBody: lines,
    });
    await here.put('orders', { iid: 7, epoch: 'e' });
    const { code, data } = await here.cli.json(['list', ...here.place]);
    expect(code).toBe(0);
    expect(data.counters.map(({ name }: { name: string }) => name)).toEqual(['orders', ...names]);
    expect(data.counters[0].last).toBe(7);
    expect(data.counters.at(-1).last).toBe(1_099);
    const some = await here.cli.json(['list', '--prefix', 'tenant-000', ...here.place]);
    expect(some.data.counters).toHaveLength(10);
    const { out } = await here.cli.run(['list', '--prefix', 'orders', ...here.place]);
    expect(out).toMatch(/^orders {2}7 {2}it has no history stamp/);
  });

  it('lists counters and values as they are now, not as the last search saw them', async () => {
    await create();
    await call(here.client, 'PUT', `/${await concreteIndex(here.client, here.index)}/_settings`, {
      index: { refresh_interval: '-1' },
    });
    await call(here.client, 'PUT', `/${here.index}/_doc/orders`, { name: 'orders', iid: 1, epoch: 'e' });
    expect((await here.cli.json(['list', ...here.place])).data.counters).toMatchObject([
      { name: 'orders', last: 1 },
    ]);
    await call(here.client, 'PUT', `/${here.index}/_doc/orders`, { name: 'orders', iid: 2, epoch: 'e' });
    expect((await here.cli.json(['list', ...here.place])).data.counters).toMatchObject([
      { name: 'orders', last: 2 },
    ]);
    expect(await last('orders')).toBe(2);
  });

  it('ends with 1 where the index or the counter is missing, and creates neither', async () => {
    for (const said of await here.cli.withoutCounter('place', here.place)) {
      expect(said).toMatchObject({ code: 1, error: { code: 'NO_COUNTER' } });
    }
    await create();
    for (const said of await here.cli.withoutCounter('counter', here.place)) {
      expect(said).toMatchObject({ code: 1, error: { code: 'NO_COUNTER' } });
    }
    expect((await here.cli.json(['list', ...here.place])).data.counters).toEqual([]);
  });

  it('raise creates, raises, and never lowers', async () => {
    await create();
    expect(await here.cli.json(['raise', 'orders', '500', '--yes', ...here.place])).toEqual({
      code: 0,
      data: { name: 'orders', before: null, last: 500, changed: true },
    });
    expect((await here.cli.json(['raise', 'orders', '700', '--yes', ...here.place])).data).toMatchObject({
      before: 500,
      last: 700,
    });
    expect(await here.cli.json(['raise', 'orders', '600', '--yes', ...here.place])).toEqual({
      code: 0,
      data: { name: 'orders', before: 700, last: 700, changed: false },
    });
    const tooHigh = await here.cli.json([
      'raise',
      'orders',
      String(Number.MAX_SAFE_INTEGER),
      '--yes',
      ...here.place,
    ]);
    expect(tooHigh).toMatchObject({ code: 2, data: { error: { code: 'USAGE' } } });
    expect(await last('orders')).toBe(700);
  });

  it('fence goes above, or exactly to a value, and never below', async () => {
    await create();
    await here.cli.run(['raise', 'orders', '500', '--yes', ...here.place]);
    const exact = await here.cli.json(['fence', 'orders', '--to', '800', '--yes', ...here.place]);
    expect(exact).toEqual({ code: 0, data: { name: 'orders', before: 500, last: 800, changed: true } });
    const below = await here.cli.json(['fence', 'orders', '--to', '799', '--yes', ...here.place]);
    expect(below).toMatchObject({ code: 1, data: { error: { code: 'REJECTED' } } });
    expect(await last('orders')).toBe(800);
    const above = await here.cli.json([
      'fence',
      'orders',
      '--above',
      '900',
      '--jump',
      '50',
      '--yes',
      ...here.place,
    ]);
    expect(above.data.last).toBeGreaterThanOrEqual(950);
    expect(above.data.last).toBeLessThan(950 + 1e9);
    const far = await here.cli.json(['fence', 'orders', '--above', '0', '--yes', ...here.place]);
    expect(far.data.last).toBeGreaterThanOrEqual(above.data.last + 1e9);
  });

  it('fence --file fences every line, and says which it could not', async () => {
    await create();
    for (const name of ['a', 'b']) await here.cli.run(['raise', name, '10', '--yes', ...here.place]);
    const file = join(here.cli.folder, `${here.index}.csv`);
    writeFileSync(file, '\u{feff}name,to\r\n"a",20\r\nmissing,30\r\nb , 9\r\n');
    const { code, data } = await here.cli.json(['fence', '--file', file, '--yes', ...here.place]);
    expect(code).toBe(1);
    expect(data.sequences).toMatchObject([
      { name: 'a', last: 20, error: null },
      { name: 'missing', last: null, error: { code: 'MISSING' } },
      { name: 'b', last: null, error: { code: 'REJECTED' } },
    ]);
    writeFileSync(file, 'a,20\nb,11\n');
    const { code: done, out } = await here.cli.run(['fence', '--file', file, '--yes', ...here.place]);
    expect({ done, out }).toEqual({ done: 0, out: 'a: at 20\nb: at 11\n' });
  });

  it('asks in a terminal, and changes nothing unless it hears yes', async () => {
    await create();
    await here.cli.run(['raise', 'orders', '10', '--yes', ...here.place]);
    for (const answer of ['n\r', '\r', 'yesterday\r', '\u0003', '\u0004']) {
      const { code, seen } = await here.cli.inTerminal(['raise', 'orders', '99', ...here.place], answer);
      expect({ answer, code }).toEqual({ answer, code: 1 });
      expect(seen).toContain(`This raises sequence "orders" from 10 to 99 in index "${here.index}"`);
      expect(seen).toContain('Nothing was changed.');
      expect(await last('orders')).toBe(10);
    }
    const { code } = await here.cli.inTerminal(['raise', 'orders', '99', ...here.place], 'y\r');
    expect({ code, last: await last('orders') }).toEqual({ code: 0, last: 99 });
    const fenced = await here.cli.inTerminal(['fence', 'orders', '--to', '120', ...here.place], 'YES\r');
    expect(fenced.seen).toContain('This fences sequence "orders"');
    expect({ code: fenced.code, last: await last('orders') }).toEqual({ code: 0, last: 120 });
  });

  it('refuses every write without a terminal and without --yes', async () => {
    await create();
    await here.cli.run(['raise', 'orders', '10', '--yes', ...here.place]);
    const file = join(here.cli.folder, `${here.index}-unasked.csv`);
    writeFileSync(file, 'orders,50\n');
    for (const command of [
      ['raise', 'orders', '99'],
      ['fence', 'orders', '--to', '99'],
      ['fence', '--file', file],
    ]) {
      const refused = await here.cli.json([...command, ...here.place]);
      expect(refused).toMatchObject({ code: 1, data: { error: { code: 'NOT_CONFIRMED' } } });
    }
    expect(await last('orders')).toBe(10);
  });
});
