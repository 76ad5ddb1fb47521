/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, describe, expect, it } from '@jest/globals';
import { losesBulkItems, readVersions, versionsOf } from '../../../lib/store/elasticsearch/server-version.js';
import { call, removeIndices, temporaryAlias } from '../../support/elasticsearch-clients.js';
import { clientOf, failure } from '../../support/elasticsearch-double.js';
import { onRealServers } from '../../support/on-real-servers.js';

const { signal } = new AbortController();

const node = (version?: string) => ({
  id: { name: 'node-1', transport_address: '127.0.0.1:9300', roles: ['data'], version },
  allocation: 'primary',
});
const stores = (...copies: object[]) => ({
  indices: { 'counters-1': { shards: { 0: { stores: copies } } } },
});

onRealServers(({ client, name }) => {
  const index = temporaryAlias();

  afterAll(async () => {
    await removeIndices(client, index);
    await client.close();
  });

  it('the versions of the nodes are read where the server says them', async () => {
    await call(client, 'PUT', `/${index}`, { settings: { 'index.number_of_replicas': 0 } });
    const versions = await readVersions(client, index, { signal: signal });
    expect(versions).toEqual(name === 'Elasticsearch 9' ? [expect.stringMatching(/^9\.\d+\.\d+$/)] : []);
  });
});

describe('The versions of the nodes', () => {
  it('are those of all copies, each once', () => {
    expect(versionsOf(stores(node('9.5.3'), node('9.5.1'), node('9.5.3')))).toEqual(['9.5.1', '9.5.3']);
  });

  it.each([[undefined], [{}], [{ indices: [] }], [stores(node())], [stores(node('unknown'))], ['<html>']])(
    'are unknown by %j',
    (body) => expect(versionsOf(body)).toEqual([]),
  );

  it.each([400, 401, 403, 410])('are unknown where the server answers %i', async (status) => {
    const client = clientOf(() => failure(status, 'security_exception', 'unauthorized'));
    expect(await readVersions(client, 'counters-1', { signal: signal })).toEqual([]);
  });

  it('are asked for again after trouble', async () => {
    const client = clientOf(() => failure(503, 'unavailable', 'later'));
    await expect(readVersions(client, 'counters-1', { signal: signal })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });
});

describe('Items of a bulk may get lost', () => {
  it.each([[['9.5.0']], [['9.5.1']], [['9.5.2']], [['9.5.2-SNAPSHOT']], [['9.5.3', '9.5.2']]])(
    'on %j',
    (versions) => expect(losesBulkItems(versions)).toBe(true),
  );

  it.each([[[]], [['9.5.3']], [['9.5.20']], [['9.4.2']], [['8.19.2', '9.6.0']], [['19.5.1']]])(
    'not on %j',
    (versions) => expect(losesBulkItems(versions)).toBe(false),
  );
});
