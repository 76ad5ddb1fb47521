import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ElasticsearchRequest } from '../../../lib/store/elasticsearch/request.js';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import type { ElasticsearchStoreOptions } from '../../../lib/store/elasticsearch/store-options.js';
import { isWrite, TamperingClient } from '../../support/elasticsearch-clients.js';
import { clientOf, ElasticsearchDouble } from '../../support/elasticsearch-double.js';

/** Answers that a healthy server of the tests never gives, each to the one request it concerns. */

const { signal } = new AbortController();
const orders = { name: 'orders', count: 10, start: 1, signal };
const raise = { name: 'orders', id: 50, start: 1, signal };
const repair = { name: 'orders', jump: 3e9, epoch: 'new', signal };

/** A process; those with the same double share their counters. */
function start(double: ElasticsearchDouble, over: Partial<ElasticsearchStoreOptions> = {}) {
  const wire = new TamperingClient(clientOf((params) => double.handle(params)));
  return {
    double,
    wire,
    store: new ElasticsearchSequenceStore({ client: wire, index: 'counters', ...over }),
  };
}

/** A process that has claimed 1 to 10. */
async function running(scripted = true, over: Partial<ElasticsearchStoreOptions> = {}) {
  const process = start(new ElasticsearchDouble(scripted), over);
  expect(await process.store.claim(orders)).toMatchObject({ first: 1, last: 10 });
  process.wire.requests.length = 0;
  return process;
}

/** An index that holds this counter only, and a process that knows neither. */
function found(scripted: boolean, counter: object, settings: object = {}, mappings: object = LONG) {
  const process = start(new ElasticsearchDouble(scripted));
  const body = { aliases: { counters: {} }, settings, mappings };
  process.double.handle({ method: 'PUT', path: '/counters-1', body });
  const document = { name: 'orders', ...counter };
  process.double.handle({ method: 'PUT', path: '/counters/_create/orders', body: document });
  return process;
}

const UNAUTHORIZED = { type: 'security_exception', reason: 'action is unauthorized' };

const LONG = { properties: { iid: { type: 'long' } } };

const read = (double: ElasticsearchDouble) =>
  double.handle({ method: 'GET', path: '/counters/_doc/orders' }).body['_source'];

const writesFields = ({ body }: ElasticsearchRequest) => body?.['doc'] !== undefined;

/** What clients throw for an error answer. */
function refusal(statusCode: number, error: unknown): Error {
  return Object.assign(new Error(`${statusCode}`), { meta: { statusCode, body: { error } } });
}

function refuse(kind: string, statusCode: number, error: unknown) {
  return ({ path }: ElasticsearchRequest) => {
    if (path.includes(kind)) throw refusal(statusCode, error);
  };
}

let warn: jest.SpiedFunction<typeof process.emitWarning>;

beforeEach(() => {
  warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

afterEach(() => warn.mockRestore());

const strategies = it.each([
  ['script', true],
  ['compare-and-set', false],
]);

describe('the index', () => {
  const aliases = { counters: { is_write_index: true } };
  const mappings = {
    dynamic: 'strict',
    _source: { enabled: true, includes: [], excludes: [] },
    _routing: { required: false },
    properties: {
      name: { type: 'keyword' },
      iid: { type: 'long' },
      epoch: { type: 'keyword' },
      history: { type: 'keyword' },
      epochs: { type: 'keyword' },
      series: { type: 'keyword', index: false, doc_values: false },
    },
  };
  const settings = {
    'index.number_of_shards': 1,
    'index.auto_expand_replicas': '0-2',
    'index.translog.durability': 'request',
    'index.default_pipeline': '_none',
    'index.final_pipeline': '_none',
    'index.unassigned.node_left.delayed_timeout': '0',
    'index.hidden': true,
  };
  const newer = {
    'index.mode': 'standard',
    'index.mapping.source.mode': 'stored',
    'index.disable_sequence_numbers': false,
  };
  const sent = ({ requests }: TamperingClient) =>
    requests.filter(({ method, path }) => method === 'PUT' && !isWrite({ method, path }));

  it('is created with every setting and every field named', async () => {
    const { wire } = start(new ElasticsearchDouble(true));
    await new ElasticsearchSequenceStore({ client: wire, index: 'counters' }).open(signal);
    const path = expect.stringMatching(/^\/counters-[0-9a-f]{8}$/);
    expect(sent(wire)).toEqual([
      { method: 'PUT', path, body: { aliases, settings: { ...settings, ...newer }, mappings } },
    ]);
  });

  const reason = 'index.number_of_shards is not available when running in serverless mode';
  const type = 'illegal_argument_exception';
  it.each([
    ['', { type, reason }],
    [' in a cause', { type, reason: 'Failed', caused_by: { type, reason } }],
  ])('is created without shard settings where serverless refuses them%s', async (_, error) => {
    const { wire, store } = start(new ElasticsearchDouble(true));
    wire.tampering.before = ({ body }) => {
      if (JSON.stringify(body ?? {}).includes('number_of_shards')) throw refusal(400, error);
    };
    expect(await store.claim(orders)).toMatchObject({ first: 1, last: 10 });
    const bodies = sent(wire).map(({ body }) => body);
    expect(bodies[1]).toEqual({ aliases, settings: { 'index.hidden': true }, mappings });
    expect(bodies).toHaveLength(2);
  });

  it('is created without a setting that the server does not know', async () => {
    const { wire, store } = start(new ElasticsearchDouble(true));
    wire.tampering.before = ({ body }) => {
      if (!JSON.stringify(body ?? {}).includes('index.mode')) return;
      throw refusal(400, { type, reason: 'unknown setting [index.mode] please check' });
    };
    expect(await store.claim(orders)).toMatchObject({ first: 1, last: 10 });
    const { 'index.mode': _, ...known } = newer;
    expect(sent(wire).at(-1)!.body).toEqual({ aliases, settings: { ...settings, ...known }, mappings });
    expect(sent(wire)).toHaveLength(2);
  });

  it('fails the start where a template makes it impossible', async () => {
    const { wire, store } = start(new ElasticsearchDouble(true));
    wire.tampering.before = refuse('/counters-', 400, { type, reason: 'creates data streams only' });
    await expect(store.open(signal)).rejects.toMatchObject({
      code: 'UNSAFE_INDEX',
      findings: [expect.stringMatching(/creates data streams only.*change the template/)],
    });
    expect(sent(wire)).toHaveLength(1);
  });

  it('is not created at all where its settings are refused for another reason', async () => {
    const { wire, store } = start(new ElasticsearchDouble(true));
    wire.tampering.before = refuse('/counters-', 400, {
      type: 'validation_exception',
      reason: 'too many shards',
    });
    await expect(store.open(signal)).rejects.toMatchObject({ code: 'REJECTED' });
    expect(sent(wire)).toHaveLength(1);
  });

  const without = (lacking: string) => ({
    ...mappings,
    properties: Object.fromEntries(Object.entries(mappings.properties).filter(([name]) => name !== lacking)),
  });
  it.each<[string, object, object]>([
    ['durability', { 'index.translog.durability': 'ASYNC' }, LONG],
    ['default_pipeline', { 'index.default_pipeline': 'stamp' }, LONG],
    ['final_pipeline', { 'index.final_pipeline': 'stamp' }, LONG],
    ['lifecycle.name', { 'index.lifecycle.name': 'delete-old' }, LONG],
    ['policy_id', { 'index.plugins.index_state_management.policy_id': 'delete-old' }, LONG],
    ['source.mode', { 'index.mapping.source.mode': 'disabled' }, LONG],
    ['source.mode', { 'index.mapping.source.mode': 'synthetic' }, LONG],
    ['_source', {}, { ...LONG, _source: { enabled: false } }],
    ['iid', {}, { properties: { iid: { type: 'integer' } } }],
    ['iid', {}, {}],
    ...['name', 'epoch', 'history', 'epochs'].map((name) => [name, {}, without(name)] as [string, {}, {}]),
  ])('is refused for its %s (case %#)', async (finding, settings, mappings) => {
    const { wire, store } = found(true, { iid: 10 }, settings, mappings);
    const refused = { code: 'UNSAFE_INDEX', findings: [expect.stringContaining(finding)] };
    await expect(store.open(signal)).rejects.toMatchObject(refused);
    await expect(store.claim(orders)).rejects.toMatchObject(refused);
    await expect(store.fence(repair)).rejects.toMatchObject(refused);
    expect(wire.requests.some(isWrite)).toBe(false);
  });

  it('is used as it is where nothing unsafe is named', async () => {
    const { store } = found(true, { iid: 10 }, { 'index.default_pipeline': '_none' });
    expect(await store.claim(orders)).toMatchObject({ first: 11 });
  });

  strategies('is unsafe once its alias has no write index (%s)', async (_, scripted) => {
    const { wire, store } = await running(scripted);
    const error = { type, reason: 'no write index is defined for alias [counters]' };
    wire.tampering.before = refuse('/_update/', 400, error);
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'UNSAFE_INDEX' });
  });

  it('is unsafe once a document comes from an index of the alias’s own name', async () => {
    const { wire, store } = await running(false);
    wire.tampering.after = (_, body) => {
      if (body['found'] === true) body['_index'] = 'counters';
    };
    await expect(store.inspect(orders)).rejects.toMatchObject({ code: 'UNSAFE_INDEX' });
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'UNSAFE_INDEX' });
    expect(wire.requests.filter(isWrite)).toHaveLength(1);
  });
});

describe('the history', () => {
  const inState = (copy: any, state: string) => ({ ...copy, routing: { ...copy.routing, state } });
  const replica = { routing: { state: 'STARTED', primary: false }, commit: { user_data: {} } };
  const shards = (wire: TamperingClient, change: (primary: any) => unknown) => {
    wire.tampering.after = ({ path }, body) => {
      if (!path.endsWith('/_stats')) return;
      for (const index of Object.values<any>(body['indices'])) index.shards = change(index.shards[0][0]);
    };
  };

  it.each<[string, (primary: any) => unknown]>([
    ['relocating', (primary) => ({ 0: [inState(primary, 'RELOCATING')] })],
    ['listed after a replica', (primary) => ({ 0: [replica, primary] })],
  ])('is that of the primary, also one that is %s', async (_, change) => {
    const { wire, store } = await running();
    shards(wire, change);
    expect(await store.claim(orders)).toMatchObject({ first: 11, last: 20 });
  });

  it.each<[string, (primary: any) => unknown]>([
    ['that has only begun', (primary) => ({ 0: [inState(primary, 'INITIALIZING')] })],
    ['that is a replica', () => ({ 0: [replica] })],
    ['without a history', ({ routing }) => ({ 0: [{ routing }] })],
    ['that is not there', () => ({})],
  ])('of a copy %s drops the block; the call may be repeated', async (_, change) => {
    const { wire, store } = await running();
    shards(wire, change);
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    wire.tampering = {};
    expect(await store.claim(orders)).toMatchObject({ first: 21, last: 30 });
  });

  const unreadable: [string, number, unknown][] = [
    ['401', 401, UNAUTHORIZED],
    ['403', 403, UNAUTHORIZED],
    ['410', 410, { type: 'gone_exception', reason: 'gone' }],
    ['api_not_available_exception', 400, { type: 'api_not_available_exception', reason: 'serverless' }],
    ['no handler found', 400, 'no handler found for uri [/counters-1/_stats] and method [GET]'],
  ];
  it.each(unreadable)('that cannot be read (%s) is one warning for many claims', async (_, status, error) => {
    const { wire, store } = start(new ElasticsearchDouble(true));
    wire.tampering.before = refuse('/_stats', status, error);
    for (const name of ['orders', 'shipments']) {
      expect(await store.claim({ ...orders, name })).toMatchObject({ first: 1 });
      expect(await store.claim({ ...orders, name })).toMatchObject({ first: 11 });
    }
    expect(warn.mock.calls).toEqual([[expect.any(String), { type: 'SequenceWarning' }]]);
  });

  it('goes to those who listen, and to the process only while nobody does', async () => {
    const { wire, store } = start(new ElasticsearchDouble(true));
    const heard: string[] = [];
    const stop = store.onWarning((text) => heard.push(text));
    wire.tampering.before = refuse('/_stats', 403, UNAUTHORIZED);
    await store.claim(orders);
    await store.claim(orders);
    expect(heard).toEqual([expect.stringContaining('history of the index cannot be read')]);
    expect(warn).not.toHaveBeenCalled();
    stop();
    const other = start(new ElasticsearchDouble(true));
    other.store.onWarning(() => {})();
    other.wire.tampering.before = refuse('/_stats', 403, UNAUTHORIZED);
    await other.store.claim(orders);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['a refusal of another kind', 400, 'illegal_argument_exception', 'REJECTED'],
    ['a block of the metadata', 403, 'cluster_block_exception', 'READ_ONLY'],
    ['an index that is gone', 404, 'index_not_found_exception', 'VANISHED'],
  ])('answered with %s fails the claim', async (_, status, type, code) => {
    const { wire, store } = await running();
    wire.tampering.before = refuse('/_stats', status, { type, reason: 'no' });
    const dropsCache = code === 'VANISHED';
    await expect(store.claim(orders)).rejects.toMatchObject({ code, retryable: false, dropsCache });
    expect(warn).not.toHaveBeenCalled();
  });

  strategies('of a counter without stamp is the first one read (%s)', async (_, scripted) => {
    const { double, wire, store } = found(scripted, { iid: 40, epoch: 'old' });
    wire.tampering.before = refuse('/_stats', 403, UNAUTHORIZED);
    expect(await store.claim(orders)).toMatchObject({ first: 41 });
    wire.tampering = {};
    expect(await store.claim(orders)).toMatchObject({ first: 51 });
    expect(await store.claim(orders)).toMatchObject({ first: 61 });
    double.takeSnapshot('counters');
    double.restore(false);
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
  });

  it('of a counter without stamp is warned about once', async () => {
    const { store } = found(true, { iid: 40, epoch: 'old' });
    for (let claims = 0; claims < 3; claims++) await store.claim(orders);
    expect(warn.mock.calls).toEqual([[expect.any(String), { type: 'SequenceWarning' }]]);
  });

  it('is not read by claims with historyCheck: false', async () => {
    const { wire, store } = start((await running()).double, { historyCheck: false });
    for (let claims = 0; claims < 3; claims++) await store.claim(orders);
    expect(wire.drain()).toEqual({ index: 1, _update: 3 });
  });
});

describe('a claim', () => {
  const chain = (reason: string) => ({
    type: 'illegal_argument_exception',
    reason: 'failed to execute script',
    caused_by: { type: 'a', reason: 'b', caused_by: { type: 'c', reason: 'd', caused_by: { reason } } },
  });
  const scripts = ({ requests }: TamperingClient) =>
    requests.filter(isWrite).map(({ body }) => body!['script'] !== undefined);

  it.each([
    'cannot execute [inline] scripts',
    'cannot execute scripts using [update] context',
    'script_lang not supported [painless]',
  ])('is by compare-and-set from then on where scripts fail for: %s', async (reason) => {
    const { wire, store } = await running();
    wire.tampering.before = ({ body }) => {
      if (body?.['script'] !== undefined) throw refusal(400, chain(reason));
    };
    expect(await store.claim(orders)).toMatchObject({ first: 11 });
    expect(await store.claim(orders)).toMatchObject({ first: 21 });
    expect(scripts(wire)).toEqual([true, false, false]);
  });

  const compiledTooOften = {
    type: 'illegal_argument_exception',
    reason: 'failed to execute script',
    caused_by: {
      type: 'general_script_exception',
      reason: 'Failed to compile inline script',
      caused_by: {
        type: 'circuit_breaking_exception',
        reason: 'Too many dynamic script compilations within',
      },
    },
  };

  it('is by compare-and-set while other scripts have used up the compilations, then by script again', async () => {
    const { wire, store } = await running();
    wire.tampering.before = ({ body }) => {
      if (body?.['script'] !== undefined) throw refusal(400, compiledTooOften);
    };
    expect(await store.claim(orders)).toMatchObject({ first: 11 });
    wire.tampering = {};
    expect(await store.claim(orders)).toMatchObject({ first: 21 });
    expect(scripts(wire)).toEqual([true, false, true]);
  });

  it('is repeated with strategy script while other scripts have used up the compilations', async () => {
    const { wire, store } = await running(true, { strategy: 'script' });
    wire.tampering.before = refuse('/_update/', 400, compiledTooOften);
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    wire.tampering = {};
    expect(await store.claim(orders)).toMatchObject({ first: 11 });
  });

  it.each<['auto' | 'script', string]>([
    ['auto', 'Cannot invoke "Object.getClass()" because "value" is null'],
    ['script', 'cannot execute [inline] scripts'],
  ])('stays by script with strategy %s where scripts fail for: %s', async (strategy, reason) => {
    const { wire, store } = await running(true, { strategy });
    wire.tampering.before = refuse('/_update/', 400, chain(reason));
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'REJECTED', retryable: false });
    wire.tampering = {};
    expect(await store.claim(orders)).toMatchObject({ first: 11 });
    expect(scripts(wire)).toEqual([true, true]);
  });

  strategies('after a look takes the counter that is there then (%s)', async (_, scripted) => {
    const { double, store } = await running(scripted);
    await store.claim(orders);
    const other = start(double);
    expect(await other.store.inspect(orders)).toMatchObject({ last: 20 });
    double.deleteDocument('counters', 'orders');
    expect(await start(double).store.claim(orders)).toMatchObject({ first: 1 });
    expect(await other.store.claim(orders)).toMatchObject({ first: 11, last: 20 });
  });

  // Elasticsearch 7.10.2 says so while it starts, before it has recovered its state.
  it('is repeated where only the write finds no alias', async () => {
    const { wire, store } = await running();
    wire.tampering.before = refuse('/_update/', 404, {
      type: 'index_not_found_exception',
      reason: 'no such index [counters]',
    });
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'CONFLICT', retryable: true });
    wire.tampering = {};
    expect(await store.claim(orders)).toMatchObject({ first: 11 });
  });

  // An isolated primary shows what is rolled back later (elasticsearch#52400).
  strategies('goes on after a look at what was rolled back (%s)', async (_, scripted) => {
    const { double, store } = await running(scripted);
    double.takeSnapshot('counters');
    await start(double).store.claim(orders);
    expect(await store.inspect(orders)).toMatchObject({ last: 20 });
    double.failoverToSnapshot();
    expect(await store.claim(orders)).toMatchObject({ first: 11 });
  });

  it('by compare-and-set writes nothing to a counter of another life', async () => {
    const { double, wire, store } = await running(false);
    double.deleteDocument('counters', 'orders');
    await start(double).store.claim({ ...orders, count: 500 });
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    expect(wire.requests.filter(writesFields)).toEqual([]);
  });

  it.each<[string, (body: any) => unknown]>([
    ['index', (body) => (body._index = 'counters-2')],
    ['epoch', (body) => (body.get._source.epoch = 'another')],
  ])('by compare-and-set that met another %s than it read gives no block', async (_, change) => {
    const { wire, store } = start((await running(false)).double, { strategy: 'cas' });
    wire.tampering.after = ({ path }, body) => {
      if (path.includes('/_update/')) change(body);
    };
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
  });

  it.each([
    [1, 500, 501],
    [1_000, 5, 1_000],
    [1, 0, 1],
  ])('of a new counter with start %i and floor %i begins at %i', async (begin, floor, first) => {
    const { store } = start(new ElasticsearchDouble(true));
    expect(await store.claim({ ...orders, start: begin, floor })).toMatchObject({ first, last: first + 9 });
  });
});

const BAD: [unknown][] = [[null], [[10]], [undefined], ['10'], [1.5], [-5]];

describe.each(BAD)('an iid of %j', (iid) => {
  strategies('is corrupt for every call and stays as it is (%s)', async (_, scripted) => {
    const { double, wire, store } = found(scripted, { iid, epoch: 'old' });
    for (const call of [
      () => store.claim(orders),
      () => store.ensureAtLeast(raise),
      () => store.inspect(orders),
      () => store.fence(repair),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'CORRUPT', retryable: false });
    }
    expect(wire.requests.filter(writesFields)).toEqual([]);
    expect(read(double)).toEqual({ name: 'orders', iid, epoch: 'old' });
  });

  it('in the answer to a write is corrupt', async () => {
    const { wire, store } = await running();
    wire.tampering.after = (_, body) => {
      if (body['result'] === 'updated') body['get']._source.iid = iid;
    };
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});

describe('ensureAtLeast', () => {
  // An isolated primary shows raises of others that are rolled back later (elasticsearch#52400).
  strategies(
    'of a value that was passed is acknowledged by a write, and changes nothing (%s)',
    async (_, scripted) => {
      const { double, store } = await running(scripted);
      const look = () => double.handle({ method: 'GET', path: '/counters/_doc/orders' }).body;
      const { _seq_no, _source } = look();
      for (const id of [0, 9, 10]) await store.ensureAtLeast({ ...raise, id });
      expect(look()).toMatchObject({ _seq_no: (_seq_no as number) + 3, _source });
    },
  );

  it.each([10, 50])('that wrote nothing fails, also where the answer shows %d', async (iid) => {
    const { wire, store } = await running();
    wire.tampering.after = (_, body) => {
      if (body['result'] !== 'updated') return;
      body['result'] = 'noop';
      body['get']._source.iid = iid;
    };
    await expect(store.ensureAtLeast(raise)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  });
});

describe('fence', () => {
  it('is not of an index that nobody verified', async () => {
    const { double, wire, store } = await running();
    wire.tampering.before = ({ path }) => {
      if (path.includes('/_doc/')) double.switchAlias('counters', double.reindex('counters')!);
    };
    await expect(store.fence(repair)).rejects.toMatchObject({ code: 'CONFLICT', retryable: true });
    expect(wire.requests.filter(writesFields)).toEqual([]);
  });

  it('whose answer was lost is acknowledged by a write, and jumps once', async () => {
    const { double, store } = await running();
    const { last } = await store.fence(repair);
    const look = () => double.handle({ method: 'GET', path: '/counters/_doc/orders' }).body;
    const { _seq_no, _source } = look();
    expect(await store.fence(repair)).toMatchObject({ last, epoch: 'new' });
    expect(look()).toMatchObject({ _seq_no: (_seq_no as number) + 1, _source });
  });

  it('has the index verified anew before the next claim', async () => {
    const { wire, store } = await running();
    await store.fence(repair);
    wire.requests.length = 0;
    await store.claim(orders);
    await store.claim(orders);
    expect(wire.drain()).toMatchObject({ index: 1, _update: 2 });
  });

  it('takes nothing back that a claim learnt before its answer came', async () => {
    const { double, wire, store } = await running(true, { historyCheck: false });
    let readings = 0;
    wire.tampering.before = async ({ path }) => {
      // The second reading of a fence vouches for what is written by then.
      if (!path.includes('_stats') || ++readings !== 2) return;
      double.takeSnapshot('counters');
      await expect(store.claim(orders)).rejects.toMatchObject({ code: 'CONFLICT', dropsCache: true });
      await store.claim(orders);
    };
    await store.fence(repair);
    wire.tampering = {};
    double.restore(false);
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'REGRESSED' });
  });

  it.each([
    [5e9, 70],
    [70, 5e9],
  ])('of %d with above %d jumps past both', async (iid, above) => {
    const { store } = found(true, { iid, epoch: 'old' });
    const { last } = await store.fence({ ...repair, above });
    expect(last).toBeGreaterThanOrEqual(8e9);
    expect(last).toBeLessThan(9e9);
  });

  it.each([
    ['none', undefined, ['old']],
    ['two', ['a', 'b'], ['a', 'b', 'old']],
    ['eight', [...'abcdefgh'], [...'bcdefgh', 'old']],
  ])('of a counter with former epochs (%s) keeps the last eight, stamped anew', async (_, epochs, kept) => {
    const { double, store } = found(true, { iid: 40, epoch: 'old', history: 'former', epochs });
    const { last } = await store.fence(repair);
    const { body } = double.handle({ method: 'GET', path: '/counters-1/_stats' });
    const history = (body as any).indices['counters-1'].shards[0][0].commit.user_data.history_uuid;
    expect(read(double)).toEqual({ name: 'orders', iid: last, epoch: 'new', history, epochs: kept });
    expect(await store.claim(orders)).toMatchObject({ first: last + 1, epoch: 'new' });
  });

  it.each<[string, (double: ElasticsearchDouble) => void]>([
    ['index', (double) => double.deleteIndex('counters')],
    ['document', (double) => double.deleteDocument('counters', 'orders')],
  ])('of a missing %s creates nothing, also of one that goes missing meanwhile', async (_, lose) => {
    for (const when of ['', '/_update/']) {
      const { double, wire, store } = found(true, { iid: 40, epoch: 'old' });
      wire.tampering.before = ({ path }) => {
        if (path.includes(when)) lose(double);
      };
      await expect(store.fence(repair)).rejects.toMatchObject({ code: 'MISSING', retryable: false });
      expect(read(double)).toBeUndefined();
      expect(wire.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
    }
  });

  strategies('at the highest id in use ends there: the next id is one more (%s)', async (_, scripted) => {
    for (const to of [10, 500]) {
      const { double, store } = await running(scripted);
      const other = start(double).store;
      await other.inspect(orders);
      expect(await store.fence({ name: 'orders', to, epoch: 'new', signal })).toMatchObject({ last: to });
      expect(await store.fence({ name: 'orders', to, epoch: 'new', signal })).toMatchObject({ last: to });
      expect(await store.claim(orders)).toMatchObject({ first: to + 1, epoch: 'new' });
      expect(await other.claim(orders)).toMatchObject({ first: to + 11 });
    }
  });

  it.each<[string, number, object]>([
    ['the stored value', 9, {}],
    ['the floor', 50, { floor: 51 }],
  ])('below %s is refused and writes nothing', async (_, to, over) => {
    const { double, wire, store } = await running();
    const before = read(double);
    await expect(store.fence({ name: 'orders', to, epoch: 'new', signal, ...over })).rejects.toMatchObject({
      code: 'REJECTED',
      retryable: false,
      ambiguous: false,
    });
    expect(wire.requests.filter(isWrite)).toEqual([]);
    expect(read(double)).toEqual(before);
  });

  // After a restore the stored value says little; what this process drew, it knows.
  it('below what this process has seen is refused, though the restored counter is lower', async () => {
    const { double, store } = await running();
    double.takeSnapshot('counters');
    await store.claim(orders);
    double.restore(false);
    const restored = read(double);
    await expect(store.fence({ name: 'orders', to: 15, epoch: 'new', signal })).rejects.toMatchObject({
      code: 'REJECTED',
      message: expect.stringContaining('20 is known'),
    });
    expect(read(double)).toEqual(restored);
    await store.fence({ name: 'orders', to: 20, epoch: 'new', signal });
    expect(await store.claim(orders)).toMatchObject({ first: 21 });
  });

  it.each([{ to: 10, jump: 5 }, { to: 10, above: 5 }, { to: 1.5 }, {}])(
    'by %j is a mistake, found before any request',
    async (options) => {
      const { wire, store } = await running();
      await expect(store.fence({ name: 'orders', epoch: 'new', signal, ...options })).rejects.toThrow(
        /Sequence "orders": give a fence|Expected/,
      );
      expect(wire.requests).toEqual([]);
    },
  );

  it('that wrote nothing fails', async () => {
    const { wire, store } = await running();
    wire.tampering.after = (_, body) => {
      if (body['result'] === 'updated') body['result'] = 'noop';
    };
    await expect(store.fence(repair)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  });
});
