/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, describe, expect, it } from '@jest/globals';
import { doctor } from '../../lib/cli/elasticsearch/doctor.js';
import type { Finding } from '../../lib/cli/finding.js';
import type { ElasticsearchClient } from '../../lib/store/elasticsearch/request.js';
import { call, removeIndices, TamperingClient, temporaryAlias } from '../support/elasticsearch-clients.js';
import { clientOf, ElasticsearchDouble, failure } from '../support/elasticsearch-double.js';
import { onRealServers } from '../support/on-real-servers.js';
import { PROPERTIES, UNSAFE } from '../support/unsafe-indices.js';

const { signal } = new AbortController();

async function examine(client: ElasticsearchClient, alias: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const patient = { client, alias, url: undefined, ca: undefined, claim: false, signal };
  for await (const finding of doctor(patient)) findings.push(finding);
  return findings;
}

const about = (findings: Finding[], ...codes: string[]) =>
  findings.filter(({ code }) => codes.includes(code));

onRealServers(({ client, name: server }) => {
  const aliases: string[] = [];
  afterAll(async () => {
    for (const alias of aliases) await removeIndices(client, alias);
    await client.close();
  });

  it.each(Object.entries(UNSAFE).filter(([, { on = '' }]) => server.includes(on)))(
    'doctor finds %s',
    async (_, { settings, mappings, alias = {}, finding }) => {
      const index = temporaryAlias();
      aliases.push(index);
      await call(client, 'PUT', `/${index}-1`, {
        settings: { 'index.number_of_replicas': 0, ...settings },
        mappings: { properties: PROPERTIES, ...mappings },
        aliases: { [index]: alias },
      });
      const errors = about(await examine(client, index), 'ALIAS', 'UNSAFE_INDEX').filter(
        ({ status }) => status === 'error',
      );
      // The first letter is a capital here.
      const text = new RegExp(finding.source.replace('^', ''), 'i');
      expect(errors).toContainEqual(expect.objectContaining({ what: expect.stringMatching(text) }));
    },
  );
});

describe('doctor on the double, since it is not possible to set a server here to it, finds', () => {
  interface Found {
    settings?: Record<string, string>;
    defaults?: Record<string, string>;
    versions?: string[];
    root?: object;
  }

  function found({ settings, defaults = {}, versions, root }: Found) {
    const double = new ElasticsearchDouble(true);
    double.handle({
      method: 'PUT',
      path: '/counters-1',
      body: {
        aliases: { counters: {} },
        settings: { 'index.number_of_shards': '1', ...settings },
        mappings: { properties: PROPERTIES },
      },
    });
    const wire = new TamperingClient(
      clientOf((params) => {
        const { path } = params;
        if (path === '/' && root !== undefined) return { status: 200, body: root as Record<string, any> };
        if (path === '/counters-1/_shard_stores' && versions !== undefined) {
          const stores = versions.map((version) => ({
            node: { name: 'one', version },
            allocation: 'primary',
          }));
          return { status: 200, body: { indices: { 'counters-1': { shards: { 0: { stores } } } } } };
        }
        const known = ['/counters', '/counters-1', '/counters-1/_stats', '/counters-1/_stats/docs'];
        if (!known.includes(path)) return failure(403, 'security_exception', 'unauthorized');
        return double.handle(params);
      }),
    );
    wire.tampering.after = ({ path }, answer) => {
      if (path === '/counters') Object.assign(answer['counters-1'], { defaults });
    };
    return examine(wire, 'counters');
  }

  it.each([
    ['index.ingestion_source.type', 'kafka', /come from a stream/],
    ['index.xpack.ccr.following_index', 'true', /follows one of another cluster/],
    ['index.plugins.replication.follower.leader_index', 'orders', /follows one of another cluster/],
    ['index.store.type', 'snapshot', /mounted snapshot/],
    ['index.store.type', 'remote_snapshot', /mounted snapshot/],
    ['index.remote_store.enabled', 'true', /no replica.*Add a replica/],
  ])('%s set to %s', async (setting, value, what) => {
    const findings = await found({ settings: { [setting]: value } });
    expect(about(findings, 'UNSAFE_INDEX')).toEqual([
      { status: 'error', code: 'UNSAFE_INDEX', what: expect.stringMatching(what) },
    ]);
  });

  it.each([
    ['index.translog.durability', 'ASYNC'],
    ['index.disable_sequence_numbers', 'true'],
  ])('%s to be %s by default', async (setting, value) => {
    const findings = await found({ defaults: { [setting]: value } });
    expect(about(findings, 'UNSAFE_INDEX')).toMatchObject([
      { status: 'error', what: expect.stringContaining(`${setting.slice('index'.length)} is "${value}"`) },
    ]);
  });

  it('a remote store with a replica, as a warning', async () => {
    const settings = { 'index.remote_store.enabled': 'true', 'index.number_of_replicas': '1' };
    expect(about(await found({ settings }), 'UNSAFE_INDEX')).toMatchObject([
      { status: 'warning', what: expect.stringContaining('only the replicas prevent') },
      { status: 'ok' },
    ]);
  });

  it('a block for everything but searches', async () => {
    const findings = await found({ settings: { 'index.blocks.search_only': 'true' } });
    expect(about(findings, 'READ_ONLY')).toMatchObject([
      { status: 'error', what: expect.stringContaining('index.blocks.search_only') },
    ]);
  });

  const root = (number: string, distribution?: string) => ({ version: { number, distribution } });

  it.each<[string, Found, string, RegExp]>([
    ['9.5.0', { versions: ['9.5.0'] }, 'warning', /Elasticsearch 9\.5\.0\./],
    ['a node of 9.5.2 beside newer ones', { versions: ['9.5.3', '9.5.2'] }, 'warning', /9\.5\.2 and 9\.5\.3/],
    ['9.5.3', { versions: ['9.5.3'] }, 'ok', /9\.5\.3/],
    ['9.5.1 by what it says of itself', { root: root('9.5.1') }, 'warning', /9\.5\.1/],
    [
      'an OpenSearch 9.5.1 to be none of Elasticsearch',
      { root: root('9.5.1', 'opensearch') },
      'ok',
      /OpenSearch 9/,
    ],
    ['a version before 7.10', { root: root('7.9.3') }, 'error', /7\.9\.3/],
    [
      'unknown versions, by which claims go together',
      {},
      'not checked',
      /unknown: claims go together by _bulk/,
    ],
  ])('%s', async (_, given, status, what) => {
    expect(about(await found(given), 'VERSION')).toMatchObject([
      { status, what: expect.stringMatching(what) },
    ]);
  });
});
