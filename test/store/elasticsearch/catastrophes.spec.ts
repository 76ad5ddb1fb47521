/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { Client } from '@elastic/elasticsearch';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readVersions } from '../../../lib/store/elasticsearch/server-version.js';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { SequenceRegistry } from '../../../lib/core/sequence-registry.js';
import { resolveOptions } from '../../../lib/nest/sequence-module.options.js';
import { serverUrl } from '../../support/declared-servers.js';
import { call, concreteIndex, removeIndices, temporaryAlias } from '../../support/elasticsearch-clients.js';
import { findJava } from '../../support/java.js';
import { onRealServers } from '../../support/on-real-servers.js';
import { startElasticsearch9 } from '../../support/elasticsearch-server.js';

// What an operator can do to a counter, done for real: snapshots, restores, security. OpenSearch's test server has no
// folder for snapshots.
onRealServers(({ client }) => {
  let index: string;
  const repositories: string[] = [];
  const started: string[] = [];

  beforeEach(() => {
    index = temporaryAlias();
    started.push(index);
  });

  afterAll(async () => {
    for (const alias of started) await removeIndices(client, alias);
    for (const repository of repositories) await call(client, 'DELETE', `/_snapshot/${repository}`);
    await client.close();
  });

  const start = (options: { historyCheck?: boolean } = {}) =>
    new SequenceRegistry(
      new ElasticsearchSequenceStore({ client, index, ...options }),
      resolveOptions({ blockSize: 1, timeout: 30_000 }),
    );

  /** Draws 1 to 5, takes a snapshot, draws 6 to 9. Returns the snapshot's path. */
  async function snapshotInTheMiddle(sequence: { take(count: number): Promise<number[]> }): Promise<string> {
    for (let id = 1; id <= 5; id++) expect(await sequence.take(1)).toEqual([id]);
    await call(client, 'PUT', `/_snapshot/${index}`, { type: 'fs', settings: { location: index } });
    repositories.push(index);
    const path = `/_snapshot/${index}/one`;
    await call(client, 'PUT', `${path}?wait_for_completion=true`, {
      indices: await concreteIndex(client, index),
      include_global_state: false,
    });
    for (let id = 6; id <= 9; id++) expect(await sequence.take(1)).toEqual([id]);
    return path;
  }

  it.each(['over the closed index', 'after deleting it'])(
    'a snapshot restored %s stops running and fresh processes, and a fence lets both go on',
    async (style) => {
      const running = start().get('orders');
      const snapshot = await snapshotInTheMiddle(running);
      const concrete = await concreteIndex(client, index);
      if (style === 'after deleting it') await call(client, 'DELETE', `/${concrete}`);
      else await call(client, 'POST', `/${concrete}/_close`);
      await call(client, 'POST', `${snapshot}/_restore?wait_for_completion=true`, { indices: concrete });

      const fresh = start().get('orders');
      // More claims than the four that the restore took back: the history stays foreign however far the value is.
      for (let attempt = 0; attempt < 6; attempt++) {
        await expect(fresh.next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
        await expect(running.next()).rejects.toMatchObject({
          code: expect.stringMatching(/REGRESSED|IDENTITY_CHANGED/),
        });
      }
      // A second restore to the same point: what the fence must lie above is only in the memory of processes.
      const { last } = await start().get('orders').fence({ above: 9 });
      expect(await running.next()).toBe(last + 1);
      expect(await fresh.next()).toBe(last + 2);
      expect(await start().get('orders').next()).toBe(last + 3);
    },
  );

  it('without the history check a fresh process does not notice a restore: the price is documented', async () => {
    const snapshot = await snapshotInTheMiddle(start().get('orders'));
    const concrete = await concreteIndex(client, index);
    await call(client, 'POST', `/${concrete}/_close`);
    await call(client, 'POST', `${snapshot}/_restore?wait_for_completion=true`, { indices: concrete });
    expect(await start({ historyCheck: false }).get('orders').next()).toBe(6);
  });
}, /^Elasticsearch/);

// Needs a server of its own, with security on: a URL of one that runs elsewhere is not enough.
const java = serverUrl('elasticsearch-9') && (await findJava({ min: 21 }).catch(() => undefined));
const own = java === undefined ? describe.skip : describe;

own('With security on', () => {
  it('a process needs no right to delete, says which right is missing, and never shows a password', async () => {
    const names = ['read', 'index', 'view_index_metadata', 'monitor'];
    const role = (privileges: string[]) => ({
      indices: [{ names: ['essequences*'], privileges, allow_restricted_indices: false }],
    });
    const cluster = await startElasticsearch9({
      security: {
        roles: {
          runner: role(names),
          unwatched: role(names.slice(0, 3)),
          reader: role(['read', 'view_index_metadata']),
          creator: role([...names, 'create_index', 'manage']),
        },
        users: Object.fromEntries(
          ['runner', 'unwatched', 'reader', 'creator'].map((user) => [
            user,
            { password: `secret-of-${user}`, roles: [user] },
          ]),
        ),
      },
    });
    const clients: Client[] = [];
    const start = (username: string, password = `secret-of-${username}`) => {
      const client = new Client({ node: cluster.url, auth: { username, password } });
      clients.push(client);
      return new SequenceRegistry(
        new ElasticsearchSequenceStore({ client }),
        resolveOptions({ blockSize: 1, timeout: 30_000 }),
      ).get('orders');
    };
    try {
      await expect(start('runner').next()).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(await start('creator').next()).toBe(1);
      expect(await start('runner').next()).toBe(2);
      // Without monitor the history cannot be read: said once as a warning, and gone on without.
      expect(await start('unwatched').next()).toBe(3);
      const versions = (at: number) =>
        readVersions(clients[at]!, 'essequences', { signal: new AbortController().signal });
      expect(await versions(2)).toEqual([expect.stringMatching(/^9\./)]);
      expect(await versions(3)).toEqual([]);
      for (const sequence of [start('reader'), start('runner', 'wrong-secret')]) {
        const error: unknown = await sequence.next().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: 'FORBIDDEN',
          message: expect.stringContaining('view_index_metadata'),
        });
        expect((error as Error).message).not.toMatch(/secret|Basic|authorization/i);
      }
    } finally {
      await Promise.all(clients.map((client) => client.close()));
      await cluster.stop();
    }
  }, 300_000);
});
