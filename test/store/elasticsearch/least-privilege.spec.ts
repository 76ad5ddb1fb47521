/** @servers elasticsearch-9 */
import { Client } from '@elastic/elasticsearch';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { SequenceRegistry } from '../../../lib/core/sequence-registry.js';
import { resolveOptions } from '../../../lib/nest/sequence-module.options.js';
import { makeCertificates } from '../../support/certificates.js';
import { call, concreteIndex, realServers } from '../../support/elasticsearch-clients.js';
import { startElasticsearch9 } from '../../support/elasticsearch-server.js';
import type { ServerCluster } from '../../support/server-cluster.js';

const PASSWORD = 'secret-of-all';

interface Role {
  cluster?: string[];
  indices: { names: string[]; privileges: string[] }[];
}

const page = readFileSync(new URL('../../../docs/operating.md', import.meta.url), 'utf8');

/** The JSON of the documentation that follows a comment with this name. */
function documented(name: string): any {
  const found = new RegExp(`<!-- ${name} -->\\s+\`\`\`json\\n([\\s\\S]*?)\`\`\``).exec(page);
  if (found === null) throw new Error(`docs/operating.md has no ${name}`);
  return JSON.parse(found[1]!);
}

const role: Role = documented('role');
const privileges = role.indices[0]!.privileges;
const without = (one: string): Role => ({
  indices: [{ ...role.indices[0]!, privileges: privileges.filter((privilege) => privilege !== one) }],
});

it("the API key of the documentation has the documented role's privileges and no others", () => {
  expect(Object.values(documented('api-key').role_descriptors)).toEqual([role]);
});

it('the role of the documentation is for the default alias and its index alone', () => {
  expect(role.indices.map(({ names }) => names)).toEqual([['essequences', 'essequences-*']]);
  expect(role.cluster ?? []).toEqual([]);
});

// Needs a server of its own: security, https, an authority of its own.
const own = realServers().some(({ name }) => name === 'Elasticsearch 9') ? describe : describe.skip;

own('With the documented role, over https', () => {
  let folder: string;
  let cluster: ServerCluster;
  let operator: Client;
  const clients: Client[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'essequence-tls-'));
    const roles = {
      runner: role,
      ...Object.fromEntries(privileges.map((one) => [`no_${one}`, without(one)])),
    };
    const users = Object.fromEntries(
      Object.keys(roles).map((name) => [name, { password: PASSWORD, roles: [name] }]),
    );
    const certificates = await makeCertificates(folder);
    cluster = await startElasticsearch9({ security: { users, roles, certificates } });
    operator = connect(cluster.auth!.username, cluster.auth!.password);
    await new ElasticsearchSequenceStore({ client: operator }).claim({
      name: 'orders',
      count: 1,
      start: 1,
      signal: AbortSignal.timeout(60_000),
    });
  }, 600_000);

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function connect(username: string, password = PASSWORD, tls: object = { ca: cluster.ca! }): Client {
    const client = new Client({ node: cluster.url, auth: { username, password }, tls });
    clients.push(client);
    return client;
  }

  const start = (client: Client) =>
    new SequenceRegistry(
      new ElasticsearchSequenceStore({ client }),
      resolveOptions({ blockSize: 1, timeout: 30_000 }),
    ).get('orders');

  it('a process draws, looks, ensures and fences', async () => {
    const orders = start(connect('runner'));
    const first = await orders.next();
    expect(await orders.take(2)).toEqual([first + 1, first + 2]);
    await orders.ensureAtLeast(first + 10);
    expect((await orders.inspect())!.last).toBe(first + 10);
    expect((await orders.fence({ to: first + 20 })).last).toBe(first + 20);
    expect(await orders.next()).toBe(first + 21);
  });

  it('a process is refused every deletion and every change of the index', async () => {
    const runner = connect('runner');
    const index = await concreteIndex(operator, 'essequences');
    for (const [method, path, body] of [
      ['DELETE', `/${index}`],
      ['DELETE', `/${index}/_doc/orders`],
      ['POST', `/${index}/_close`],
      ['PUT', `/${index}/_settings`, { index: { 'translog.durability': 'async' } }],
      ['POST', '/_aliases', { actions: [{ remove: { index, alias: 'essequences' } }] }],
      ['PUT', '/essequences-other'],
    ] as const) {
      await expect(call(runner, method, path, body)).rejects.toMatchObject({ meta: { statusCode: 403 } });
    }
    expect(await start(runner).next()).toBeGreaterThan(0);
  });

  it('a process notices a restore', async () => {
    const orders = start(connect('runner'));
    await orders.next();
    const index = await concreteIndex(operator, 'essequences');
    await call(operator, 'PUT', '/_snapshot/restores', { type: 'fs', settings: { location: 'restores' } });
    const snapshot = '/_snapshot/restores/one';
    await call(operator, 'PUT', `${snapshot}?wait_for_completion=true`, { indices: index });
    const taken = await orders.next();
    await call(operator, 'POST', `/${index}/_close`);
    await call(operator, 'POST', `${snapshot}/_restore?wait_for_completion=true`, { indices: index });
    const noticed = { code: expect.stringMatching(/REGRESSED|IDENTITY_CHANGED/) };
    await expect(orders.next()).rejects.toMatchObject(noticed);
    await expect(start(connect('runner')).next()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    await start(connect('runner')).fence({ to: taken + 1 });
    expect(await orders.next()).toBe(taken + 2);
  });

  it.each(['read', 'index', 'view_index_metadata'])(
    'without %s a claim is FORBIDDEN, names the privileges and shows no password',
    async (privilege) => {
      const error = await start(connect(`no_${privilege}`))
        .next()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining(privilege) });
      expect((error as Error).message).not.toMatch(/secret|Basic|authorization/i);
    },
  );

  it('without monitor ids are drawn, and one warning says that a restore can go unnoticed', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const orders = start(connect('no_monitor'));
    await orders.take(1);
    await orders.take(1);
    const { calls } = warn.mock;
    warn.mockRestore();
    expect(calls).toEqual([[expect.stringContaining('monitor'), { type: 'SequenceWarning' }]]);
  });

  it('without the authority the message names the certificate and the node, and nothing is handed out', async () => {
    const client = connect('runner', undefined, {});
    const store = new ElasticsearchSequenceStore({ client });
    const claim = store.claim({ name: 'orders', count: 1, start: 1, signal: AbortSignal.timeout(30_000) });
    const error = await claim.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'REJECTED',
      message: expect.stringMatching(/certificate/),
    });
    expect((error as Error).message).toContain(cluster.url);
    expect((error as Error).message).not.toContain('secret');
  });
});
