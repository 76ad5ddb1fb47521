import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { SequenceError } from '../../../lib/common/sequence-error.js';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { CLIENTS, type ClientOptions } from '../../support/elasticsearch-clients.js';
import { Gateway, type Page } from '../../support/elasticsearch-gateway.js';

const SECRET = 's3cret';
const SECRETS = [SECRET, Buffer.from(`user:${SECRET}`).toString('base64')];
/** The discard port: nobody answers there. */
const NOWHERE = 'http://127.0.0.1:9';

const HEADERS = Object.fromEntries(
  [
    'authorization',
    'cookie',
    'x-api-key',
    'proxy-authorization',
    'es-secondary-authorization',
    'x-amz-security-token',
    'x-auth-token',
    'x-of-our-own',
  ].map((name) => [name, `Bearer ${SECRET}`]),
);

const WAYS: Record<string, (node: string) => ClientOptions> = {
  auth: (node) => ({ node, auth: { username: 'user', password: SECRET } }),
  'the URL': (node) => ({ node: node.replace('//', `//user:${SECRET}@`) }),
  'the query of the URL': (node) => ({ node: `${node}/?token=${SECRET}` }),
  'headers of the client': (node) => ({ node, headers: HEADERS }),
  'headers of a node': (node) => ({ node: { url: new URL(node), headers: HEADERS } }),
};

const { signal } = new AbortController();
const orders = { name: 'orders', count: 1, start: 1, signal };
const error = { type: 'illegal_argument_exception', reason: 'no' };

/** `sent`: the request, as the page of a gateway may repeat it. */
const ANSWERS: Record<string, [page: (sent: string) => Page, code: string]> = {
  'a refusal': [() => ({ status: 400, body: JSON.stringify({ error, status: 400 }) }), 'REJECTED'],
  'a refusal that repeats the request': [
    (sent) => ({ status: 400, body: JSON.stringify({ error: { ...error, reason: sent }, status: 400 }) }),
    'REJECTED',
  ],
  'missing privileges': [() => ({ status: 403, body: JSON.stringify({ message: 'no' }) }), 'FORBIDDEN'],
  'missing privileges that repeat the request': [
    (sent) => ({ status: 403, body: JSON.stringify({ message: sent, sent: [{ sent }] }) }),
    'FORBIDDEN',
  ],
  'a full queue': [() => ({ status: 429, body: JSON.stringify({ error, status: 429 }) }), 'UNAVAILABLE'],
  'a page': [() => ({ status: 502, type: 'text/html', body: '<html>' }), 'UNAVAILABLE'],
  'a page that repeats the request': [
    (sent) => ({ status: 502, type: 'text/html', body: `<pre>${sent}</pre>` }),
    'UNAVAILABLE',
  ],
  'an answer that is cut': [() => ({ status: 200, body: '{"a' }), 'UNAVAILABLE'],
  'a redirection': [() => ({ status: 302, body: '{}' }), 'UNAVAILABLE'],
};

/** As loggers show errors: at any depth, hidden fields included, and as JSON. */
function shown(thrown: SequenceError): string {
  const all: unknown[] = [];
  for (let one: unknown = thrown; one instanceof Error; one = one.cause) all.push(one);
  return [
    inspect(thrown, { depth: Infinity, showHidden: true, getters: true, maxArrayLength: null }),
    ...all.map((one) => JSON.stringify(one)),
    ...all.map((one) => JSON.stringify(one, Object.getOwnPropertyNames(one))),
    ...all.map((one) => String((one as Error).stack)),
  ].join('\n');
}

async function failure(store: ElasticsearchSequenceStore): Promise<SequenceError> {
  const thrown: unknown = await store.claim(orders).catch((caught: unknown) => caught);
  expect(thrown).toBeInstanceOf(SequenceError);
  return thrown as SequenceError;
}

describe.each(Object.keys(CLIENTS))('An error over %s', (name) => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await Gateway.open();
  });

  afterEach(() => {
    gateway.page = () => undefined;
  });

  afterAll(() => gateway.close());

  it.each(Object.keys(WAYS))('where nobody answers shows no secret given by %s', async (way) => {
    const client = CLIENTS[name]!(WAYS[way]!(NOWHERE));
    const thrown = await failure(new ElasticsearchSequenceStore({ client }));
    expect(thrown).toMatchObject({ code: 'UNAVAILABLE', sequence: 'orders' });
    expect(thrown.cause).toMatchObject({ name: 'ConnectionError' });
    for (const secret of SECRETS) expect(shown(thrown)).not.toContain(secret);
    // What helps is still there.
    expect(inspect(thrown, { depth: 20 })).toMatch(/ECONNREFUSED[^]*user-agent[^]*http:\/\/127\.0\.0\.1:9/);
    await client.close();
  });

  it.each(Object.keys(ANSWERS).flatMap((answer) => Object.keys(WAYS).map((way) => [answer, way])))(
    'over %s shows no secret given by %s, and the client keeps it',
    async (answer, way) => {
      const [page, code] = ANSWERS[answer!]!;
      const client = CLIENTS[name]!(WAYS[way!]!(gateway.url));
      const headers = { 'set-cookie': `session=${SECRET}`, location: `/?token=${SECRET}` };
      gateway.page = () => ({ ...page(JSON.stringify(gateway.requests.at(-1))), headers });
      const store = new ElasticsearchSequenceStore({ client, index: 'counters' });
      const thrown = await failure(store);
      expect(thrown).toMatchObject({ code, sequence: 'orders' });
      for (const secret of SECRETS) expect(shown(thrown)).not.toContain(secret);
      // The headers in a client's error are those of its connection: they must reach the server next time, too.
      gateway.page = () => undefined;
      gateway.requests.length = 0;
      await store.claim(orders);
      const sent = JSON.stringify(gateway.requests);
      if (way !== 'the query of the URL') expect(SECRETS.some((secret) => sent.includes(secret))).toBe(true);
      await client.close();
    },
  );
});

it('An error shows no secret of what caused its cause, nor of errors it gathers', async () => {
  const inner = (message: string) =>
    Object.assign(new Error(`${message} at https://user:${SECRET}@host/?token=${SECRET}`), {
      options: { headers: HEADERS },
      code: 'ECONNRESET',
    });
  const thrown = Object.assign(
    new AggregateError([inner('first'), inner('second')], 'all failed', { cause: inner('cause') }),
    { meta: { statusCode: 0, meta: { connection: { url: `https://user:${SECRET}@host:9200/` } } } },
  );
  const client = { transport: { request: () => Promise.reject(thrown) } };
  const shownError = shown(await failure(new ElasticsearchSequenceStore({ client })));
  expect(shownError).not.toContain(SECRET);
  for (const kept of ['first at https://host/', 'second', 'cause at', 'ECONNRESET', 'https://host:9200']) {
    expect(shownError).toContain(kept);
  }
});

it('An error shows no secret that a gateway repeats in a header which may be shown', async () => {
  const thrown = Object.assign(new Error('Response Error'), {
    meta: {
      statusCode: 503,
      headers: { server: 'gateway', warning: `299 gateway "${SECRET}"` },
      warnings: [`299 gateway "${SECRET}"`],
      meta: { request: { params: { headers: { cookie: SECRET } } } },
    },
  });
  const client = { transport: { request: () => Promise.reject(thrown) } };
  const shownError = shown(await failure(new ElasticsearchSequenceStore({ client })));
  expect(shownError).not.toContain(SECRET);
  expect(shownError).toContain('299 gateway');
});
