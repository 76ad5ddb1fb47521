/** @servers elasticsearch-9 */
import { Client } from '@elastic/elasticsearch';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from '../support/certificates.js';
import { CommandLine } from '../support/command-line.js';
import { call, realServers } from '../support/elasticsearch-clients.js';
import { startElasticsearch9 } from '../support/elasticsearch-server.js';
import type { ServerCluster } from '../support/server-cluster.js';

const PASSWORD = 'secret-of-all';
const PRIVILEGES = ['read', 'index', 'view_index_metadata', 'monitor'];

const role = (privileges: string[]) => ({
  indices: [{ names: ['essequences', 'essequences-*'], privileges }],
});

const own = realServers().some(({ name }) => name === 'Elasticsearch 9') ? describe : describe.skip;

own('doctor on a server with security, https and a disk that is watched', () => {
  let cli: CommandLine;
  let folder: string;
  let cluster: ServerCluster;
  let operator: Client;

  beforeAll(async () => {
    cli = await CommandLine.build();
    folder = mkdtempSync(join(tmpdir(), 'essequence-tls-'));
    const certificates = await makeCertificates(folder);
    const roles = {
      runner: role(PRIVILEGES),
      manager: role([...PRIVILEGES, 'manage']),
      ...Object.fromEntries(
        PRIVILEGES.map((one) => [`no_${one}`, role(PRIVILEGES.filter((other) => other !== one))]),
      ),
    };
    const users = Object.fromEntries(
      Object.keys(roles).map((name) => [name, { password: PASSWORD, roles: [name] }]),
    );
    cluster = await startElasticsearch9({
      security: { users, roles, certificates },
      settings: { 'cluster.routing.allocation.disk.threshold_enabled': 'true' },
    });
    operator = new Client({ node: cluster.url, auth: cluster.auth!, tls: { ca: cluster.ca! } });
  }, 600_000);

  afterAll(async () => {
    await operator?.close();
    await cluster?.stop();
    cli?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const as = (user: string, password = PASSWORD): Record<string, string> => ({
    ESSEQUENCE_USERNAME: user,
    ESSEQUENCE_PASSWORD: user === 'operator' ? cluster.auth!.password : password,
    ESSEQUENCE_CA: join(folder, 'ca.pem'),
  });
  const examine = (env: Record<string, string>) => cli.examine(['--node', cluster.url], env);
  const find = ({ findings }: Awaited<ReturnType<typeof examine>>, code: string) =>
    findings.filter(({ code: other }) => other === code);

  it('tells a runner without an index that it cannot create one, and an operator creates it', async () => {
    const before = await examine(as('runner'));
    expect(before.code).toBe(1);
    expect(find(before, 'PRIVILEGE_MISSING').map(({ status }) => status)).toEqual(['ok', 'warning']);
    const created = await cli.json(['create-index', '--yes', '--node', cluster.url], as('operator'));
    expect(created).toMatchObject({ code: 0, data: { created: true } });
    const raised = await cli.json(['raise', 'orders', '5', '--yes', '--node', cluster.url], as('runner'));
    expect(raised.data).toMatchObject({ last: 5 });
  });

  it('finds the documented role sufficient and not too wide', async () => {
    const seen = await examine(as('runner'));
    expect(seen.code).toBe(0);
    expect(find(seen, 'SECURITY')).toMatchObject([{ status: 'ok', what: expect.stringContaining('runner') }]);
    expect(find(seen, 'PRIVILEGE_MISSING')).toMatchObject([{ status: 'ok' }]);
    expect(find(seen, 'PRIVILEGE_UNNEEDED')).toMatchObject([{ status: 'ok' }]);
    // From the copies of the index, which need no privilege on the cluster.
    expect(find(seen, 'VERSION')).toMatchObject([
      { status: 'ok', what: 'The server is Elasticsearch 9.5.3.' },
    ]);
    expect(find(seen, 'DISK')).toMatchObject([{ status: 'not checked' }]);
    expect(find(seen, 'COUNTER_IDENTITY')).toMatchObject([{ status: 'ok' }]);
  });

  it.each(PRIVILEGES)('names the privilege %s where it is missing', async (privilege) => {
    const seen = await examine(as(`no_${privilege}`));
    expect(seen.code).toBe(1);
    expect(find(seen, 'PRIVILEGE_MISSING')).toMatchObject([
      {
        status: 'error',
        what: expect.stringMatching(new RegExp(`privilege ${privilege} on essequences and essequences-`)),
      },
    ]);
  });

  it('finds a superuser, and a manager, to have more than an application needs', async () => {
    const superuser = await examine(as('operator'));
    expect(superuser.code).toBe(0);
    expect(find(superuser, 'PRIVILEGE_UNNEEDED')).toMatchObject([
      { status: 'warning', what: expect.stringMatching(/all on the cluster.*delete_index on the index/) },
    ]);
    expect(find(superuser, 'VERSION')).toMatchObject([
      { status: 'ok', what: 'The server is Elasticsearch 9.5.3.' },
    ]);
    expect(find(await examine(as('manager')), 'PRIVILEGE_UNNEEDED')).toMatchObject([
      { status: 'warning', what: expect.stringContaining('manage on the index') },
    ]);
  });

  it.each([
    ['low', 'warning', { low: '1%', high: '99.9%', flood_stage: '99.95%' }],
    ['high', 'warning', { low: '1%', high: '1.1%', flood_stage: '99.95%' }],
    ['flood_stage', 'error', { low: '1%', high: '1.1%', flood_stage: '1.2%' }],
  ] as const)('finds a disk over its %s watermark', async (mark, status, watermarks) => {
    const prefix = 'cluster.routing.allocation.disk.watermark';
    const persistent = Object.fromEntries(
      Object.entries(watermarks).map(([name, value]) => [`${prefix}.${name}`, value as string | null]),
    );
    await call(operator, 'PUT', '/_cluster/settings', { persistent });
    try {
      const seen = await examine(as('operator'));
      expect(find(seen, 'DISK')).toMatchObject([
        { status, what: expect.stringContaining(`the ${mark} watermark`) },
      ]);
    } finally {
      for (const name of Object.keys(persistent)) persistent[name] = null;
      await call(operator, 'PUT', '/_cluster/settings', { persistent });
    }
  });

  it('finds a wrong password', async () => {
    const { code, findings } = await examine(as('runner', 'geheim'));
    expect(code).toBe(1);
    expect(findings).toMatchObject([{ status: 'error', code: 'CREDENTIALS' }]);
  });

  it('names the certificate that it does not trust, and ends with 3', async () => {
    const { ESSEQUENCE_CA: _, ...env } = as('runner');
    const { code, findings } = await examine(env);
    expect(code).toBe(3);
    expect(findings).toMatchObject([
      {
        status: 'error',
        code: 'CERTIFICATE',
        what: expect.stringMatching(
          /subject essequence-test-server, issuer Essequence test authority, SHA-256 /,
        ),
      },
    ]);
    const list = await cli.run(['list', '--node', cluster.url], env);
    expect(list.code).toBe(3);
    expect(list.err).toContain('certificate');
    expect(list.err).not.toContain('secret');
  });
});
