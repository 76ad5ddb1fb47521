import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer as createPlainServer, type Server as PlainServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { resolveOptions } from '../../../lib/nest/sequence-module.options.js';
import { SequenceRegistry } from '../../../lib/core/sequence-registry.js';
import type { ElasticsearchClient } from '../../../lib/store/elasticsearch/request.js';
import { field } from '../../../lib/store/elasticsearch/values.js';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { selfSigned } from '../../support/certificate.js';
import { CLIENTS, type ClientOptions } from '../../support/elasticsearch-clients.js';
import { clientOf, ElasticsearchDouble, type Reply } from '../../support/elasticsearch-double.js';

/** Trouble with a connection says which node and why; what only a person can mend fails at once. */

const DEMANDING = { requestCert: true, rejectUnauthorized: true };
const NO_COMMON_VERSION =
  /https:\/\/127\.0\.0\.1:\d+ has no version of TLS in common with this process: allow one/;
const REFUSED_HANDSHAKE =
  /https:\/\/127\.0\.0\.1:\d+ refused the handshake: it demands a client certificate .*, or has no cipher suite/;

const { signal } = new AbortController();
const orders = { name: 'orders', count: 1, start: 1, signal };

let secure: Server;
let plain: PlainServer;
let pair: { key: string; cert: string };
let urls: Record<'https' | 'httpOfHttps' | 'httpsOfHttp' | 'http', string>;
/** What the plain server answers. */
let answer: { status: number; headers: Record<string, string>; body: string };

beforeAll(async () => {
  pair = selfSigned('elsewhere.example');
  secure = createServer(pair, (_, response) => response.end('{}'));
  plain = createPlainServer((_, response) => {
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  for (const server of [secure, plain]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  const [https, http] = [secure, plain].map((server) => (server.address() as AddressInfo).port);
  urls = {
    https: `https://127.0.0.1:${https}`,
    httpOfHttps: `http://127.0.0.1:${https}`,
    httpsOfHttp: `https://127.0.0.1:${http}`,
    http: `http://127.0.0.1:${http}`,
  };
});

afterAll(async () => {
  for (const server of [secure, plain]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listening(server: TcpServer): Promise<AsyncDisposable & { url: string }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** Certificate and name are no trouble. */
function trusting(): ConnectionOptions {
  return { ca: pair.cert, checkServerIdentity: () => undefined };
}

describe.each(Object.keys(CLIENTS))('Over %s', (kind) => {
  async function opening(options: ClientOptions) {
    const client = CLIENTS[kind]!(options);
    const store = new ElasticsearchSequenceStore({ client, index: 'counters' });
    return expect(store.open(signal).finally(() => client.close())).rejects;
  }

  it('a refused connection names the node and may pass', async () => {
    await (
      await opening({ node: 'http://127.0.0.1:9' })
    ).toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
      ambiguous: false,
      message: expect.stringContaining(
        'Elasticsearch at http://127.0.0.1:9 did not answer: nothing listens there (connect ECONNREFUSED 127.0.0.1:9)',
      ),
    });
  });

  it('an unknown host names itself and may pass', async () => {
    await (
      await opening({ node: 'http://user:pw@nowhere.invalid:9200' })
    ).toMatchObject({
      code: 'UNAVAILABLE',
      ambiguous: false,
      message: expect.stringMatching(
        /Elasticsearch at http:\/\/nowhere\.invalid:9200 did not answer: the host (is unknown|cannot be looked up now) \(getaddrinfo/,
      ),
    });
  });

  it('a self-signed certificate fails at once and says where the CA goes', async () => {
    await (
      await opening({ node: urls.https })
    ).toMatchObject({
      code: 'REJECTED',
      retryable: false,
      ambiguous: false,
      message: expect.stringMatching(
        /Elasticsearch at https:\/\/127\.0\.0\.1:\d+ cannot be trusted: its certificate is self-signed.*`tls: \{ ca \}`.*\(self-signed certificate\)/,
      ),
    });
  });

  it('a certificate for another name fails at once', async () => {
    await (
      await opening({ node: urls.https, tls: { ca: pair.cert } })
    ).toMatchObject({
      code: 'REJECTED',
      message: expect.stringMatching(
        /cannot be trusted: its certificate is for another name.*altnames: IP: 127\.0\.0\.1/,
      ),
    });
  });

  it.each<[string, TlsOptions, ConnectionOptions, RegExp]>([
    ['speaks only newer TLS', { minVersion: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' }, NO_COMMON_VERSION],
    ['speaks only older TLS', { maxVersion: 'TLSv1.2' }, { minVersion: 'TLSv1.3' }, NO_COMMON_VERSION],
    [
      'speaks only TLS that is out of use',
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      {},
      NO_COMMON_VERSION,
    ],
    [
      'has no cipher suite in common',
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
      { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
      REFUSED_HANDSHAKE,
    ],
    [
      'demands a client certificate by TLS 1.2',
      { ...DEMANDING, maxVersion: 'TLSv1.2' },
      {},
      REFUSED_HANDSHAKE,
    ],
  ])('a server that %s fails at once', async (_, server, client, message) => {
    await using secured = await listening(createServer({ ...pair, ...server }));
    await (
      await opening({ node: secured.url, tls: { ...client, ...trusting() } })
    ).toMatchObject({ code: 'REJECTED', ambiguous: false, message: expect.stringMatching(message) });
  });

  // Which of them a client notices first, the alert or the end of the connection, is up to the client.
  it.each<[string, () => ConnectionOptions]>([
    ['demands a client certificate', () => ({})],
    ['does not know the client certificate', () => selfSigned('stranger.example')],
  ])('a server that %s by TLS 1.3 says so, or that it may be so', async (_, client) => {
    await using secured = await listening(createServer({ ...pair, ...DEMANDING }));
    await (
      await opening({ node: secured.url, tls: { ...client(), ...trusting() } })
    ).toMatchObject({
      code: expect.stringMatching(/REJECTED|UNAVAILABLE/),
      message: expect.stringMatching(
        /(demands|did not answer: .*may demand) a client certificate that it trusts.*`tls: \{ cert, key \}`/,
      ),
    });
  });

  // Of Java's and OpenSSL's servers; Node's own closes without a word.
  it.each([
    ['bad certificate', 42],
    ['unknown CA', 48],
    ['certificate required', 116],
  ])('a server whose alert says "%s" demands a client certificate: fails at once', async (_, alert) => {
    const fatal = Buffer.from([21, 3, 3, 0, 2, 2, alert]);
    await using alerting = await listening(
      createTcpServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(fatal))),
    );
    await (
      await opening({ node: alerting.url })
    ).toMatchObject({
      code: 'REJECTED',
      message: expect.stringMatching(
        /https:\/\/127\.0\.0\.1:\d+ demands a client certificate that it trusts: .*`tls: \{ cert, key \}`/,
      ),
    });
  });

  it('http on an https port says so and may pass: a server that restarts cuts connections, too', async () => {
    await (
      await opening({ node: urls.httpOfHttps })
    ).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/did not answer: .*if this port speaks https, write https/),
    });
  });

  it('https on an http port fails at once', async () => {
    answer = { status: 200, headers: {}, body: '{}' };
    await (
      await opening({ node: urls.httpsOfHttp })
    ).toMatchObject({
      code: 'REJECTED',
      message: expect.stringMatching(/does not speak https: write http in the URL.*\(wrong version number\)/),
    });
  });

  it('http on an https port of nginx, which says so with a page, fails at once', async () => {
    const body = '<html>400 The plain HTTP request was sent to HTTPS port</html>';
    answer = { status: 400, headers: { 'content-type': 'text/html' }, body };
    await (
      await opening({ node: urls.http })
    ).toMatchObject({
      code: 'REJECTED',
      message: expect.stringMatching(/speaks https: write https in the URL/),
    });
  });

  it('a draw that meets a wrong certificate fails at once instead of timing out', async () => {
    const client = CLIENTS[kind]!({ node: urls.https });
    const registry = new SequenceRegistry(
      new ElasticsearchSequenceStore({ client }),
      resolveOptions({ timeout: 60_000 }),
    );
    await expect(registry.get('orders').next()).rejects.toMatchObject({ code: 'REJECTED' });
    await registry.close();
    await client.close();
  });

  it('a client that was closed fails at once', async () => {
    answer = { status: 200, headers: { 'x-elastic-product': 'Elasticsearch' }, body: '{}' };
    const client = CLIENTS[kind]!({ node: urls.http });
    const store = new ElasticsearchSequenceStore({ client, index: 'counters' });
    await store.open(signal).catch(() => {});
    await client.close();
    await expect(store.claim(orders)).rejects.toMatchObject({
      code: 'REJECTED',
      message: expect.stringContaining('The client has no node to ask: it was closed'),
    });
  });

  it('a client that finds no node for a moment is asked again', async () => {
    const client = CLIENTS[kind]!({ node: urls.http });
    const store = new ElasticsearchSequenceStore({ client, index: 'counters' });
    // The pools of clients give none now and then while several nodes fail and come back: seen over a cluster of three.
    const pool = (field(client, 'transport', 'connectionPool') ?? field(client, 'connectionPool')) as {
      getConnection: () => unknown;
    };
    pool.getConnection = () => null;
    await expect(store.claim(orders)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
      ambiguous: false,
      message: expect.stringContaining('The client found no node that it may ask'),
    });
    await client.close();
  });
});

describe('Over @elastic/elasticsearch 9', () => {
  const opening = (type: string) => {
    answer = { status: 200, headers: { 'content-type': type }, body: '{}' };
    const client = CLIENTS['@elastic/elasticsearch 9']!({ node: urls.http });
    const store = new ElasticsearchSequenceStore({ client, index: 'counters' });
    return expect(store.open(signal).finally(() => client.close())).rejects;
  };

  it('a server that does not pass the product check fails at once, and the message names the other client', async () => {
    await opening('application/json').toMatchObject({
      code: 'REJECTED',
      retryable: false,
      message: expect.stringMatching(/product check.*@opensearch-project\/opensearch/),
    });
  });

  it('a page that does not pass the product check may pass', async () => {
    await opening('text/html').toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  });
});

describe('A client', () => {
  it.each<[string, object]>([
    ['without a transport', {}],
    ['whose transport cannot be asked', { transport: {} }],
    ['that answers nothing', { transport: { request: async () => undefined } }],
    ['that answers without a status', { transport: { request: async () => ({ body: {} }) } }],
    ['that answers at once', { transport: { request: () => ({ body: {} }) } }],
  ])('%s fails at once', async (_, client) => {
    const store = new ElasticsearchSequenceStore({ client: client as ElasticsearchClient });
    await expect(store.open(signal)).rejects.toMatchObject({
      code: 'REJECTED',
      retryable: false,
      message: expect.stringContaining('The client is not one of Elasticsearch or OpenSearch'),
    });
  });

  it.each<[string, (value: number) => unknown]>([
    ['texts', String],
    ['bigints', BigInt],
    ['objects', (value) => ({ c: [value], e: 1, s: 1 })],
  ])(
    'whose serializer makes %s of numbers fails at once, by script and by compare-and-set',
    async (_, make) => {
      const double = new ElasticsearchDouble(true);
      await new ElasticsearchSequenceStore({ client: clientOf((params) => double.handle(params)) }).claim(
        orders,
      );
      const broken = clientOf((params) => numbers(double.handle(params), make));
      for (const strategy of ['script', 'cas'] as const) {
        const store = new ElasticsearchSequenceStore({ client: broken, strategy });
        const fails = { code: 'REJECTED', retryable: false, message: expect.stringContaining('serializer') };
        await expect(store.claim(orders)).rejects.toMatchObject(fails);
        await expect(store.inspect(orders)).rejects.toMatchObject(fails);
      }
    },
  );

  it('whose serializer makes a bigint of the value only fails at once', async () => {
    const double = new ElasticsearchDouble(true);
    await new ElasticsearchSequenceStore({ client: clientOf((params) => double.handle(params)) }).claim(
      orders,
    );
    const broken = clientOf((params) => {
      const reply = double.handle(params);
      const source = (reply.body['get'] as any)?._source ?? reply.body['_source'];
      if (source !== undefined) source.iid = BigInt(source.iid);
      return reply;
    });
    for (const strategy of ['script', 'cas'] as const) {
      const store = new ElasticsearchSequenceStore({ client: broken, strategy });
      await expect(store.claim(orders)).rejects.toMatchObject({ code: 'REJECTED' });
    }
  });
});

function numbers({ status, body }: Reply, make: (value: number) => unknown): Reply {
  const change = (value: unknown): unknown => {
    if (typeof value === 'number') return make(value);
    if (Array.isArray(value)) return value.map(change);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(one)]));
  };
  return { status, body: change(body) as Reply['body'] };
}
