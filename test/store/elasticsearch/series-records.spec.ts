/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { expect, it } from '@jest/globals';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { call, TamperingClient } from '../../support/elasticsearch-clients.js';
import { onRealServers } from '../../support/on-real-servers.js';
import { temporaryAliases } from '../../support/temporary-aliases.js';

const { signal } = new AbortController();
const invoices = { name: 'invoices', expected: undefined, record: 'first', signal };

onRealServers(({ client }) => {
  const alias = temporaryAliases(client);

  it('a record is one document beside the counters, with an _id that no counter has', async () => {
    const index = alias();
    const store = new ElasticsearchSequenceStore({ client, index });
    expect(await store.recordSeries(invoices)).toBe('first');
    const document = await call(client, 'GET', `/${index}/_doc/~invoices`);
    expect(document).toMatchObject({ _source: { name: 'invoices', series: 'first' } });
    await expect(store.inspect({ name: '~invoices', signal })).rejects.toThrow(TypeError);
  });

  it('a record may have 30,000 characters of three bytes', async () => {
    const store = new ElasticsearchSequenceStore({ client, index: alias() });
    const record = '\u20AC'.repeat(30_000);
    expect(await store.recordSeries({ ...invoices, record })).toBe(record);
  });

  it('an index of before, whose strict mapping has no field for it, gets the field', async () => {
    const index = alias();
    const keyword = { type: 'keyword' };
    const properties = {
      name: keyword,
      iid: { type: 'long' },
      epoch: keyword,
      history: keyword,
      epochs: keyword,
    };
    await call(client, 'PUT', `/${index}-1`, {
      settings: { 'index.number_of_replicas': 0 },
      mappings: { dynamic: 'strict', properties },
      aliases: { [index]: {} },
    });
    const store = new ElasticsearchSequenceStore({ client, index });
    await store.open(signal);
    expect(await store.recordSeries(invoices)).toBe('first');
    expect(await store.recordSeries({ ...invoices, record: 'another' })).toBe('first');
  });

  it('with create: "never" a record that is missing is not created', async () => {
    const index = alias();
    await new ElasticsearchSequenceStore({ client, index }).open(signal);
    const store = new ElasticsearchSequenceStore({ client, index, create: 'never' });
    await expect(store.recordSeries(invoices)).rejects.toMatchObject({
      code: 'MISSING',
      sequence: 'invoices',
    });
    const other = new ElasticsearchSequenceStore({ client, index });
    await other.recordSeries(invoices);
    expect(await store.recordSeries({ ...invoices, expected: 'first', record: 'second' })).toBe('second');
  });

  it('a record that is there costs one request', async () => {
    const index = alias();
    await new ElasticsearchSequenceStore({ client, index }).recordSeries(invoices);
    const wire = new TamperingClient(client);
    const store = new ElasticsearchSequenceStore({ client: wire, index });
    await store.open(signal);
    const before = wire.requests.length;
    expect(await store.recordSeries({ ...invoices, record: 'another' })).toBe('first');
    expect(wire.requests.length - before).toBe(1);
  });
});
