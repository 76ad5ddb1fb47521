import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { CLIENTS, type RealServer } from '../../support/elasticsearch-clients.js';
import { Gateway, type Page } from '../../support/elasticsearch-gateway.js';

/**
 * Between an application and Elasticsearch stand proxies, meshes, login pages and clouds. Their answers say nothing about
 * an index or a counter, whatever their status: nothing may be created on them, and they may pass.
 */

const { signal } = new AbortController();
const orders = { name: 'orders', count: 10, start: 1, signal };
const json = (value: unknown) => JSON.stringify(value);

const PAGES: Record<string, Page> = {
  'a 200 without a body': { status: 200 },
  'a 200 with an empty object': { status: 200, body: '{}' },
  'a 200 with an empty list': { status: 200, body: '[]' },
  'a 200 with JSON of another service': { status: 200, body: json({ status: 'ok', service: { up: true } }) },
  'a 200 with a page': { status: 200, type: 'text/html', body: '<html>We will be back soon</html>' },
  'a 200 that is cut': { status: 200, body: '{"_index":"coun' },
  'a 204': { status: 204 },
  'a 302 to a login, with JSON': {
    status: 302,
    headers: { location: 'https://login.example/' },
    body: json({ login: 'https://login.example/' }),
  },
  'a 301 with a page': {
    status: 301,
    type: 'text/html',
    headers: { location: '/' },
    body: '<html>Moved</html>',
  },
  'a 304': { status: 304 },
  'a 404 of Nest': {
    status: 404,
    body: json({ statusCode: 404, message: 'Cannot GET /counters', error: 'Not Found' }),
  },
  'a 404 of Spring': {
    status: 404,
    body: json({ timestamp: '2026-11-24', status: 404, error: 'Not Found', path: '/counters' }),
  },
  'a 404 with a plain text': { status: 404, type: 'text/plain', body: '404 page not found' },
  'a 404 without a body': { status: 404 },
  'a 404 that says not found in another form': { status: 404, body: json({ found: false }) },
  'a 400 of an API with typed errors': {
    status: 400,
    body: json({ error: { type: 'invalid_request_error', message: 'No such route' } }),
  },
  'a 403 of a firewall': { status: 403, type: 'text/html', body: '<html>Request blocked</html>' },
  'a 409 with a page': { status: 409, type: 'text/html', body: '<html>Conflict</html>' },
  'a 413 with a page': { status: 413, type: 'text/html', body: '<html>Too large</html>' },
  'a 503 with a page': { status: 503, type: 'text/html', body: '<html>Unavailable</html>' },
};

describe.each(Object.keys(CLIENTS))('With %s behind a gateway', (name) => {
  let gateway: Gateway;
  let client: RealServer['client'];

  beforeEach(async () => {
    gateway = await Gateway.open();
    client = CLIENTS[name]!({ node: gateway.url });
  });

  afterEach(async () => {
    await client.close();
    await gateway.close();
  });

  const open = () => new ElasticsearchSequenceStore({ client, index: 'counters' });

  it.each(Object.entries(PAGES))('nothing is created on %s; the call may be repeated', async (_, page) => {
    gateway.page = () => page;
    const store = open();
    const passes = { code: 'UNAVAILABLE', retryable: true, dropsCache: false };
    await expect(store.open(signal)).rejects.toMatchObject(passes);
    await expect(store.claim(orders)).rejects.toMatchObject(passes);
    await expect(store.inspect(orders)).rejects.toMatchObject(passes);
    await expect(store.fence({ name: 'orders', jump: 1, epoch: 'new', signal })).rejects.toMatchObject(
      passes,
    );
    expect(gateway.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    gateway.page = () => undefined;
    expect(await store.claim(orders)).toMatchObject({ first: 1, last: 10 });
  });

  it.each(Object.entries(PAGES))(
    'no counter is doubted and no restore missed for %s to any one request',
    async (_, page) => {
      await open().claim(orders);
      let last = 10;
      for (const kind of ['/_update/', '/_stats', '/_create/']) {
        const store = open();
        await store.claim(orders);
        last += 10;
        gateway.page = (_method, path) => (path.includes(kind) ? page : undefined);
        const asked = kind === '/_create/' ? { ...orders, name: `new-${gateway.requests.length}` } : orders;
        await expect(store.claim(asked)).rejects.toMatchObject({
          code: 'UNAVAILABLE',
          retryable: true,
          dropsCache: false,
          ambiguous: true,
        });
        gateway.page = () => undefined;
        // A write whose history could not be read was applied: its block is a gap.
        if (kind === '/_stats') last += 10;
        expect(await store.claim(orders)).toMatchObject({ first: last + 1 });
        last += 10;
      }
    },
  );

  it('a claim by compare-and-set is repeated where the look is answered by a page', async () => {
    const store = new ElasticsearchSequenceStore({ client, index: 'counters', strategy: 'cas' });
    await store.claim(orders);
    for (const page of Object.values(PAGES)) {
      gateway.page = (_method, path) => (path.includes('/_doc/') ? page : undefined);
      await expect(store.claim(orders)).rejects.toMatchObject({ code: 'UNAVAILABLE', dropsCache: false });
    }
    gateway.page = () => undefined;
    expect(await store.claim(orders)).toMatchObject({ first: 11 });
  });

  it('an answer about another document gives no ids', async () => {
    const store = open();
    await store.claim(orders);
    const { body } = gateway.double.handle({ method: 'GET', path: '/counters/_doc/orders' });
    const other = {
      ...body,
      _id: 'invoices',
      result: 'updated',
      get: { found: true, _source: body['_source'] },
    };
    gateway.page = (_method, path) =>
      path.includes('/_update/') || path.includes('/_doc/') ? { status: 200, body: json(other) } : undefined;
    await expect(store.claim(orders)).rejects.toMatchObject({ code: 'UNAVAILABLE', ambiguous: true });
    await expect(store.inspect(orders)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const missing = { _index: 'counters-1', _id: 'invoices', found: false };
    gateway.page = (_method, path) =>
      path.includes('/_doc/') ? { status: 404, body: json(missing) } : undefined;
    await expect(store.inspect(orders)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it.each([
    ['message', 403, 'The security token included in the request is expired'],
    ['Message', 403, 'User: anonymous is not authorized to perform: es:ESHttpGet'],
    ['message', 401, 'Unauthorized'],
  ])('Amazon’s %s with %i keeps its text and is FORBIDDEN', async (key, status, text) => {
    gateway.page = () => ({ status, body: json({ [key]: text }) });
    await expect(open().open(signal)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      retryable: false,
      message: expect.stringContaining(`(${status}: ${text})`),
    });
  });

  it.each([
    [429, 'Too Many Requests'],
    [503, 'No server is available to handle this request'],
  ])('Amazon’s message with %i keeps its text and may pass', async (status, message) => {
    gateway.page = () => ({ status, body: json({ message }) });
    await expect(open().open(signal)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
      message: expect.stringContaining(`${gateway.url} cannot work now (${status}: ${message}`),
    });
  });

  it.each(['/_stats', '/_update/'])(
    'a refusal of %s by a gateway is not a missing privilege',
    async (kind) => {
      const store = open();
      await store.claim(orders);
      const body = json({ message: 'explicit deny' });
      gateway.page = (_method, path) => (path.includes(kind) ? { status: 403, body } : undefined);
      await expect(store.claim(orders)).rejects.toMatchObject({
        code: 'FORBIDDEN',
        message: expect.stringContaining('explicit deny'),
      });
    },
  );

  it('a disk at its flood stage is READ_ONLY at once, though it says 429', async () => {
    const store = open();
    await store.claim(orders);
    const error = {
      type: 'cluster_block_exception',
      reason:
        'index [counters-1] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];',
    };
    gateway.page = (_method, path) =>
      path.includes('/_update/') ? { status: 429, body: json({ error, status: 429 }) } : undefined;
    await expect(store.claim(orders)).rejects.toMatchObject({
      code: 'READ_ONLY',
      retryable: false,
      message: expect.stringMatching(/flood-stage.*free space/),
    });
  });

  it('a full queue says 429 in the form of Elasticsearch and may pass', async () => {
    const store = open();
    await store.claim(orders);
    const error = { type: 'es_rejected_execution_exception', reason: 'rejected execution' };
    gateway.page = (_method, path) =>
      path.includes('/_update/') ? { status: 429, body: json({ error, status: 429 }) } : undefined;
    await expect(store.claim(orders)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
      ambiguous: false,
    });
  });

  it('a redirection gives no ids, even with an answer of Elasticsearch in it', async () => {
    const store = open();
    await store.claim(orders);
    const { body } = gateway.double.handle({ method: 'GET', path: '/counters/_doc/orders' });
    const source = { ...(body['_source'] as object), iid: 20 };
    const claimed = { ...body, _seq_no: 1, result: 'updated', get: { found: true, _source: source } };
    gateway.page = (_method, path) =>
      path.includes('/_update/') ? { status: 307, body: json(claimed) } : undefined;
    await expect(store.claim(orders)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('its status is 307'),
    });
  });

  it('a page says that it is one', async () => {
    gateway.page = () => ({ status: 200, type: 'text/html', body: '<html>' });
    await expect(open().open(signal)).rejects.toMatchObject({
      message: expect.stringContaining('did not come from Elasticsearch: it is not a JSON object (a proxy?)'),
    });
  });

  it('a cluster that has no master yet is no block: it may pass', async () => {
    const error = {
      type: 'cluster_block_exception',
      reason: 'blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];',
    };
    gateway.page = () => ({ status: 503, body: json({ error, status: 503 }) });
    await expect(open().open(signal)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  });
});
