/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { call, concreteIndex, isWrite, TamperingClient } from '../../support/elasticsearch-clients.js';
import { clientOf, ElasticsearchDouble } from '../../support/elasticsearch-double.js';
import { onRealServers } from '../../support/on-real-servers.js';
import { temporaryAliases } from '../../support/temporary-aliases.js';
import { PROPERTIES, type Unsafe, UNSAFE } from '../../support/unsafe-indices.js';

/** Templates, aliases and settings that take a guard away, or that every draw would fail on. */

const { signal } = new AbortController();
const orders = { name: 'orders', count: 10, start: 1, signal };

let warn: jest.SpiedFunction<typeof process.emitWarning>;

beforeEach(() => {
  warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

afterEach(() => warn.mockRestore());

onRealServers(({ client, name: server }) => {
  const alias = temporaryAliases(client);
  const templates: string[] = [];

  afterAll(async () => {
    for (const path of templates) await call(client, 'DELETE', path);
    await client.close();
  });

  function open(index: string) {
    const wire = new TamperingClient(client);
    return { wire, store: new ElasticsearchSequenceStore({ client: wire, index }) };
  }

  async function create(index: string, { settings, mappings, alias = {} }: Partial<Unsafe>) {
    await call(client, 'PUT', `/${index}-1`, {
      settings: { 'index.number_of_replicas': 0, ...settings },
      mappings: { properties: PROPERTIES, ...mappings },
      aliases: { [index]: alias },
    });
  }

  async function refused(index: string, finding: RegExp) {
    const { wire, store } = open(index);
    // Some come with others: the mode logsdb makes _source synthetic.
    const findings = expect.arrayContaining([expect.stringMatching(finding)]);
    const unsafe = { code: 'UNSAFE_INDEX', findings };
    await expect(store.open(signal)).rejects.toMatchObject(unsafe);
    await expect(store.claim(orders)).rejects.toMatchObject(unsafe);
    await expect(store.fence({ name: 'orders', jump: 1, epoch: 'new', signal })).rejects.toMatchObject(
      unsafe,
    );
    expect(wire.requests.some(isWrite)).toBe(false);
  }

  it.each(Object.entries(UNSAFE).filter(([, { on = '' }]) => server.includes(on)))(
    'an index is refused for %s',
    async (_, unsafe) => {
      const index = alias();
      await create(index, unsafe);
      await refused(index, unsafe.finding);
    },
  );

  it('a closed index is refused, and used once it is open again', async () => {
    const index = alias();
    await create(index, {});
    await call(client, 'POST', `/${index}-1/_close`);
    await refused(index, /the index is closed: open it/);
    await call(client, 'POST', `/${index}-1/_open?wait_for_active_shards=1`);
    expect(await open(index).store.claim(orders)).toMatchObject({ first: 1 });
  });

  it('an index is used with all that does not matter', async () => {
    const index = alias();
    const lookup = server.includes('Elasticsearch 9') ? { 'index.mode': 'lookup' } : {};
    await create(index, {
      settings: { 'index.refresh_interval': '-1', ...lookup },
      mappings: { _source: { excludes: ['password', 'iid2', '*.epoch'] }, properties: PROPERTIES },
      alias: { is_write_index: true },
    });
    const { store } = open(index);
    expect(await store.claim(orders)).toMatchObject({ first: 1 });
    expect(await store.claim(orders)).toMatchObject({ first: 11 });
    expect(warn).not.toHaveBeenCalled();
  });

  // A fresh process created the counter anew, and one that ran handed out ids again.
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['_source without epoch', { _source: { excludes: ['epoch', 'epochs'] } }, /does not keep epoch, epochs /],
    ['_source with two fields only', { _source: { includes: ['name', 'iid'] } }, /does not keep epoch/],
  ])('a template with %s is noticed in the index it shaped', async (_, mappings, finding) => {
    const index = alias();
    const path = `/_template/${index}`;
    await call(client, 'PUT', path, { index_patterns: [`${index}-*`], mappings });
    templates.push(path);
    await refused(index, finding);
  });

  it('a template cannot require a routing of the index that is created', async () => {
    const index = alias();
    const path = `/_index_template/${index}`;
    const template = { mappings: { _routing: { required: true } } };
    await call(client, 'PUT', path, { index_patterns: [`${index}-*`], priority: 500, template });
    templates.push(path);
    const { store } = open(index);
    if (server.includes('Elasticsearch 9')) {
      // It refuses to create an index that contradicts a template.
      await expect(store.open(signal)).rejects.toMatchObject({
        code: 'UNSAFE_INDEX',
        findings: [expect.stringMatching(/template contradicts.*_routing.*change the template/)],
      });
      return;
    }
    expect(await store.claim(orders)).toMatchObject({ first: 1 });
    expect(await store.claim(orders)).toMatchObject({ first: 11 });
  });

  // It passed the start, and failed every draw.
  it.each<[string, Record<string, unknown>]>([
    ['few fields', { settings: { 'index.mapping.total_fields.limit': 3 } }],
    ['data streams only', { data_stream: {} }],
  ])('a template for %s fails the start', async (what, template) => {
    // Elasticsearch 7 without Elastic's plugins has no data streams.
    if (what === 'data streams only' && server.includes('Elasticsearch 7')) return;
    const index = alias();
    const path = `/_index_template/${index}`;
    const { settings, ...own } = template;
    const body = { index_patterns: [`${index}-*`], priority: 500, ...own, template: { settings } };
    await call(client, 'PUT', path, body);
    templates.push(path);
    await expect(open(index).store.open(signal)).rejects.toMatchObject({
      code: 'UNSAFE_INDEX',
      findings: [expect.stringMatching(/template contradicts.*change the template/)],
    });
  });

  it('a template does not choose the mode, the kind of _source or the shards of the index that is created', async () => {
    const index = alias();
    const path = `/_index_template/${index}`;
    const modes = server.includes('Elasticsearch 9') ? { 'index.mode': 'logsdb' } : {};
    const settings = { 'index.number_of_shards': 3, 'index.translog.durability': 'async', ...modes };
    await call(client, 'PUT', path, {
      index_patterns: [`${index}-*`],
      priority: 500,
      template: { settings },
    });
    templates.push(path);
    const { store } = open(index);
    expect(await store.claim(orders)).toMatchObject({ first: 1 });
    expect(await store.claim(orders)).toMatchObject({ first: 11 });
    const concrete = await concreteIndex(client, index);
    const { settings: found } = (await call(client, 'GET', `/${concrete}?flat_settings=true`))[concrete];
    expect(found['index.number_of_shards']).toBe('1');
    expect(found['index.mode'] ?? 'standard').toBe('standard');
  });
});

/* No server of these tests can be set to any of this: features that need a licence, a plugin or a second cluster. */
describe('On the double, since no server here can be set to it', () => {
  function found(settings: Record<string, string>, defaults: Record<string, string> = {}, more: object = {}) {
    const double = new ElasticsearchDouble(true);
    const mappings = { properties: PROPERTIES };
    const body = {
      aliases: { counters: {} },
      settings: { 'index.number_of_shards': '1', ...settings },
      mappings,
    };
    double.handle({ method: 'PUT', path: '/counters-1', body });
    const wire = new TamperingClient(clientOf((params) => double.handle(params)));
    wire.tampering.after = ({ path }, answer) => {
      if (path === '/counters') Object.assign(answer['counters-1'], { defaults }, more);
    };
    return { wire, store: new ElasticsearchSequenceStore({ client: wire, index: 'counters' }) };
  }

  it.each<[setting: string, value: string, remedy: RegExp]>([
    ['index.ingestion_source.type', 'kafka', /come from a stream.*reindex/],
    ['index.xpack.ccr.following_index', 'true', /the alias of the leader/],
    ['index.plugins.replication.follower.leader_index', 'orders', /the alias of the leader/],
    ['index.store.type', 'snapshot', /mounted snapshot.*restore/],
    ['index.store.type', 'remote_snapshot', /mounted snapshot.*restore/],
    ['index.source_only', 'true', /reindex/],
    ['index.frozen', 'true', /unfreeze/],
    ['index.search.throttled', 'true', /unfreeze/],
    ['index.slice.enabled', 'true', /slice/],
    ['index.context_aware.enabled', 'true', /context/],
    ['index.mode', 'logsdb_columnar', /"standard"/],
    ['index.mode', 'a mode of the future', /"standard"/],
    ['index.opendistro.index_state_management.policy_id', 'delete-old', /remove the policy/],
  ])('an index is refused for %s %s', async (setting, value, remedy) => {
    const { wire, store } = found({ [setting]: value });
    const text = new RegExp(`^${setting.replaceAll('.', '\\.')} is "${value}": .*${remedy.source}`);
    const unsafe = { code: 'UNSAFE_INDEX', findings: [expect.stringMatching(text)] };
    await expect(store.open(signal)).rejects.toMatchObject(unsafe);
    await expect(store.claim(orders)).rejects.toMatchObject(unsafe);
    expect(wire.requests.some(isWrite)).toBe(false);
  });

  it.each([
    ['index.translog.durability', 'ASYNC'],
    ['index.disable_sequence_numbers', 'true'],
    ['index.mapping.source.mode', 'SYNTHETIC'],
    ['index.default_pipeline', 'stamp'],
  ])('an index is refused for %s %s as a default that nobody set', async (setting, value) => {
    const { wire, store } = found({}, { [setting]: value });
    await expect(store.open(signal)).rejects.toMatchObject({
      findings: [expect.stringContaining(`${setting} is "${value}"`)],
    });
    expect(wire.requests[0]!.querystring).toMatchObject({ include_defaults: true });
  });

  it('what is set counts, not the default', async () => {
    const { store } = found(
      { 'index.translog.durability': 'request' },
      { 'index.translog.durability': 'ASYNC' },
    );
    await store.open(signal);
  });

  const remote = { 'index.remote_store.enabled': 'true', 'index.replication.type': 'SEGMENT' };

  it('a remote store without a replica is refused', async () => {
    const { store } = found({
      ...remote,
      'index.number_of_replicas': '0',
      'index.auto_expand_replicas': '0-2',
    });
    await expect(store.open(signal)).rejects.toMatchObject({
      code: 'UNSAFE_INDEX',
      findings: [expect.stringMatching(/index\.remote_store\.enabled.*no replica.*Add a replica/)],
    });
  });

  it('a remote store with replicas is a warning, given once', async () => {
    const { store } = found({ ...remote, 'index.number_of_replicas': '1' });
    await store.open(signal);
    expect(await store.claim(orders)).toMatchObject({ first: 1 });
    await store.fence({ name: 'orders', jump: 1, epoch: 'new', signal });
    await store.claim(orders);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^counters: index\.remote_store\.enabled/), { type: 'SequenceWarning' }],
    ]);
  });

  it('a data stream is refused', async () => {
    const { store } = found({}, {}, { data_stream: 'counters' });
    await expect(store.open(signal)).rejects.toMatchObject({
      findings: [expect.stringContaining('it is a data stream')],
    });
  });

  it.each<['script' | 'cas']>([['script'], ['cas']])(
    'an answer with a _seq_no below 0 gives no ids (%s)',
    async (strategy) => {
      const double = new ElasticsearchDouble(true);
      const wire = new TamperingClient(clientOf((params) => double.handle(params)));
      const store = new ElasticsearchSequenceStore({ client: wire, index: 'counters', strategy });
      await store.claim(orders);
      wire.tampering.after = (_, body) => {
        if (body['_seq_no'] !== undefined) Object.assign(body, { _seq_no: -2, _primary_term: 0 });
      };
      const unsafe = { code: 'UNSAFE_INDEX', message: expect.stringContaining('sequence numbers') };
      await expect(store.claim(orders)).rejects.toMatchObject(unsafe);
      await expect(store.claim({ ...orders, name: 'invoices' })).rejects.toMatchObject(unsafe);
    },
  );

  // A block may come and go; the claims say so as long as it stands.
  it('an index for searches only is READ_ONLY', async () => {
    const { wire, store } = found({ 'index.blocks.search_only': 'true' });
    await store.open(signal);
    const reason = 'index [counters-1] blocked by: [FORBIDDEN/20/index scaled down];';
    const error = { type: 'cluster_block_exception', reason };
    wire.tampering.before = (params) => {
      if (isWrite(params)) {
        throw Object.assign(new Error('403'), { meta: { statusCode: 403, body: { error, status: 403 } } });
      }
    };
    await expect(store.claim(orders)).rejects.toMatchObject({
      code: 'READ_ONLY',
      message: expect.stringContaining('scaled down'),
    });
  });
});
