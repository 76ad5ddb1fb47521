/** @servers elasticsearch-9 */
import { Client } from '@elastic/elasticsearch';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverUrl } from '../support/declared-servers.js';
import { removeIndices, temporaryAlias } from '../support/elasticsearch-clients.js';
import { ProjectCopy, run } from '../support/project-copy.js';
import { read, runnable } from '../support/pages.js';
import { SampleApp } from '../support/sample-app-process.js';

const elasticsearch = serverUrl('elasticsearch-9');

/** Scripts that pages show, each a file beside the modules of the sample app. */
const SCRIPTS = {
  example: runnable('README.md', 'example'),
  start: runnable('docs/start.md', 'start'),
  adopt: runnable('docs/existing-data.md', 'adopt'),
  repair: runnable('docs/runbook.md', 'repair'),
};

const project = new ProjectCopy();
const apps: SampleApp[] = [];
let folder: string;
let index: string;

beforeAll(async () => {
  for (const [name, code] of Object.entries(SCRIPTS)) {
    writeFileSync(join(project.folder, 'sample-app', `${name}.ts`), localised(code));
  }
  await project.npm('run', '--silent', 'prestart');
}, 180_000);
afterAll(() => project.remove());

async function start(env: Record<string, string>): Promise<SampleApp> {
  const app = await SampleApp.start(project.folder, { DATA_DIR: folder, ...env });
  apps.push(app);
  return app;
}

/** With the server and index of this test. */
function localised(code: string): string {
  return code
    .replace(`'http://localhost:9200'`, `process.env['ELASTICSEARCH_NODE']!`)
    .replace('forRoot()', `forRoot({ index: process.env['ELASTICSEARCH_INDEX'] })`);
}

/** What such a script prints. */
function runScript(
  name: keyof typeof SCRIPTS,
  env: Record<string, string>,
  ...args: string[]
): Promise<string> {
  const script = join('dist-app', `${name}.js`);
  return run(process.execPath, [script, ...args], project.folder, { DATA_DIR: folder, ...env });
}

function setUp(): void {
  folder = mkdtempSync(join(tmpdir(), 'essequence-sample-'));
  index = temporaryAlias();
}

async function tearDown(): Promise<void> {
  await Promise.all(apps.splice(0).map((app) => app.end('SIGKILL')));
  rmSync(folder, { recursive: true, force: true });
  if (elasticsearch) {
    const client = new Client({ node: elasticsearch });
    await removeIndices(client, index);
    await client.close();
  }
}

const onElasticsearch = (node: string) => ({ ELASTICSEARCH_NODE: node, ELASTICSEARCH_INDEX: index });

const stores: [string, () => Record<string, string>][] = [['files', () => ({})]];
if (elasticsearch) stores.push(['Elasticsearch', () => onElasticsearch(elasticsearch)]);

describe.each(stores)('The sample app on %s', (_, env) => {
  beforeAll(setUp);
  afterAll(tearDown);
  let app: SampleApp;
  let last = 0;

  async function order(from = app): Promise<number> {
    const { status, body } = await from.post('/orders', { item: 'tea' });
    expect({ status, body }).toMatchObject({ status: 201, body: { id: expect.any(Number) } });
    return body.id;
  }

  async function expectToGoOn(): Promise<void> {
    const id = await order();
    expect(id).toBeGreaterThan(last);
    last = id;
  }

  it('starts with its URL and a line to try', async () => {
    app = await start(env());
    expect(app.output).toBe(
      `Listening on ${app.url}. Open it in a browser, or try:\n` +
        `curl ${app.url}/orders -H 'content-type: application/json' -d '{"item":"tea"}'\n`,
    );
  });

  it('numbers orders from 1', async () => {
    expect(await app.post('/orders', { item: 'tea' })).toMatchObject({
      status: 201,
      body: { id: 1, number: 'ORD-000001', item: 'tea' },
    });
    expect((await app.post('/orders', { item: 'cake' })).body.id).toBe(2);
    expect(await app.get('/orders')).toMatchObject({
      status: 200,
      body: [{ id: 1 }, { id: 2, number: 'ORD-000002', item: 'cake' }],
    });
    last = 2;
  });

  it('numbers shipments by a sequence of their own', async () => {
    expect(await app.post('/orders/1/shipments', '')).toMatchObject({
      status: 201,
      body: { number: 'SHP-1000', order: 1 },
    });
    expect((await app.post('/orders/2/shipments', '')).body.number).toBe('SHP-1001');
    expect((await app.post('/orders/3/shipments', '')).status).toBe(404);
  });

  it('numbers invoices per tenant and year, by the day on the document', async () => {
    const invoice = async (tenant: string, issuedOn: string) => {
      last = await order();
      const { status, body } = await app.post(`/orders/${last}/invoice`, { tenant, issuedOn });
      expect({ status, body }).toMatchObject({ status: 201, body: { tenant, issuedOn, order: last } });
      return body.number;
    };
    expect(await invoice('acme', '2026-03-31')).toBe('INV-2026-000001');
    expect(await invoice('acme', '2026-01-01')).toBe('INV-2026-000002');
    expect(await invoice('beta', '2026-12-31')).toBe('INV-2026-000001');
    expect(await invoice('acme', '2027-01-01')).toBe('INV-2027-000001');
  });

  it('invoices an order once, whatever comes at the same moment, and a refusal costs no number', async () => {
    last = await order();
    const path = `/orders/${last}/invoice`;
    const body = { tenant: 'once', issuedOn: '2026-03-31' };
    // One of them waits for its number until the store is back.
    await fetch(`${app.url}/outage`, { method: 'PUT' });
    const answers = [1, 2].map(() => app.post(path, body));
    const { status, body: refusal } = await Promise.race(answers);
    await fetch(`${app.url}/outage`, { method: 'DELETE' });
    expect({ status, refusal }).toMatchObject({
      status: 409,
      refusal: { message: `Order ${last} is being invoiced` },
    });
    expect((await Promise.all(answers)).map((answer) => answer.status).toSorted()).toEqual([201, 409]);
    expect(await app.post(path, { ...body, tenant: 'other' })).toMatchObject({
      status: 409,
      body: { message: `Order ${last} has invoice INV-2026-000001 already` },
    });
    expect(await app.post(`/orders/${last + 1}/invoice`, body)).toMatchObject({
      status: 404,
      body: { message: `There is no order ${last + 1}` },
    });
    last = await order();
    expect((await app.post(`/orders/${last}/invoice`, body)).body.number).toBe('INV-2026-000002');
  });

  it.each<[string, unknown, string]>([
    ['nothing', '', 'tenant must have 1 to 30 characters'],
    ['no tenant', { issuedOn: '2026-03-31' }, 'tenant must have'],
    ['a tenant that is no text', { tenant: 7, issuedOn: '2026-03-31' }, 'tenant must have'],
    ['a tenant that is no scope', { tenant: '-acme', issuedOn: '2026-03-31' }, 'tenant must have'],
    ['a tenant of 31 characters', { tenant: 'x'.repeat(31), issuedOn: '2026-03-31' }, 'tenant must have'],
    ['no day', { tenant: 'acme' }, 'issuedOn must be a day'],
    ['a time', { tenant: 'acme', issuedOn: '2026-03-31T00:00:00Z' }, 'issuedOn must be a day'],
    ['a day that does not exist', { tenant: 'acme', issuedOn: '2026-02-30' }, 'issuedOn must be a valid'],
    ['a day of another century', { tenant: 'acme', issuedOn: '0000-01-01' }, 'issuedOn must be a day'],
    ['a number', { tenant: 'acme', issuedOn: '2026-03-31', number: 'INV-2026-000007' }, 'should not exist'],
  ])('refuses an invoice with %s', async (_what, body, message) => {
    const answer = await app.post(`/orders/${last}/invoice`, body);
    expect(answer.status).toBe(400);
    expect(String(answer.body.message)).toContain(message);
  });

  it.each<[string, unknown, string]>([
    ['nothing', '', 'item must be a string'],
    ['no JSON', '{"item":', 'JSON'],
    ['no item', {}, 'item must be a string'],
    ['a number as item', { item: 7 }, 'item must be a string'],
    ['an empty item', { item: '' }, 'item must be longer than or equal to 1'],
    ['an item of 101 characters', { item: 'x'.repeat(101) }, 'shorter than or equal to 100'],
    ['an unknown property', { item: 'tea', price: 1 }, 'property price should not exist'],
    ['an array', [{ item: 'tea' }], 'property 0 should not exist'],
    ['an id', { item: 'tea', id: 7 }, 'Property id is given by the server'],
    ['a number', { item: 'tea', number: 'ORD-000007' }, 'Property number is given by the server'],
  ])('refuses a body with %s, and that costs no id', async (_what, body, message) => {
    const answer = await app.post('/orders', body);
    expect(answer.status).toBe(400);
    expect(String(answer.body.message)).toContain(message);
    expect(await order()).toBe(last + 1);
    last++;
  });

  it('finishes a request in flight when it is told to end, then ends without an error', async () => {
    const { request: sent, answer } = await beginOrder(app);
    app.kill('SIGTERM');
    await until(async () => !(await listens(app)));
    // Nest ran onModuleDestroy before it closed the port: the id is drawn during the shutdown.
    sent.end('"tea"}');
    const { statusCode, body } = await answer;
    expect({ statusCode, id: JSON.parse(body).id }).toEqual({ statusCode: 201, id: last + 1 });
    last++;
    expect(await app.ended).toEqual([null, 'SIGTERM']);
    expect(app.errors).toBe('');
  });

  it('goes on above after a restart, with the orders of before', async () => {
    app = await start(env());
    const { body } = await app.get('/orders');
    expect(body).toContainEqual({ id: last, number: expect.any(String), item: 'tea' });
    await expectToGoOn();
  });

  it('goes on above after kill -9, and invoices go on without a gap', async () => {
    await app.end('SIGKILL');
    app = await start(env());
    await expectToGoOn();
    const body = { tenant: 'once', issuedOn: '2026-03-31' };
    expect((await app.post(`/orders/${last}/invoice`, body)).body.number).toBe('INV-2026-000003');
    expect((await app.post(`/orders/${last}/invoice`, body)).status).toBe(409);
  });

  it('goes on above, without an error, after the repair script of the runbook', async () => {
    const printed = await runScript('repair', env(), 'orders', '1000000');
    expect(printed).toMatch(/^before {.*last: \d+.*^after {.*last: \d{10,}/ms);
    // Cached ids come first: whether a process drops them depends on when it meets the fence.
    for (let left = 100; last < 1e6; left--) {
      expect(left).toBeGreaterThan(0);
      await expectToGoOn();
    }
    expect(app.errors).toBe('');
  });

  it('gives no id twice as two processes at once', async () => {
    const other = await start(env());
    const draw = async (from: SampleApp) => {
      const ids: number[] = [];
      for (let count = 0; count < 40; count++) ids.push(await order(from));
      return ids;
    };
    const [own, others] = await Promise.all([draw(app), draw(other)]);
    for (const ids of [own, others]) expect(ids).toEqual(ids.toSorted((one, two) => one - two));
    expect(new Set([...own, ...others]).size).toBe(80);
    expect(Math.min(...own, ...others)).toBeGreaterThan(last);
    await other.end('SIGTERM');
    await app.end('SIGTERM');
    expect([app.errors, other.errors]).toEqual(['', '']);
  });
});

describe('The sample app with a setting that cannot work', () => {
  beforeAll(setUp);
  afterAll(tearDown);
  const file = fileURLToPath(import.meta.url);

  it.each<[string, () => Record<string, string>, string]>([
    [
      'an ELASTICSEARCH_NODE without a scheme',
      () => onElasticsearch('localhost:9200'),
      'ELASTICSEARCH_NODE is "localhost:9200", which has no scheme. Write http:// or https:// before it.',
    ],
    [
      'a PORT that is not a number',
      () => ({ PORT: 'http' }),
      'PORT is "http", which is not a port. Set it to a number from 0 to 65535.',
    ],
    [
      'a PORT that is too high',
      () => ({ PORT: '65536' }),
      'PORT is "65536", which is not a port. Set it to a number from 0 to 65535.',
    ],
    ...['0', 'soon', '3601'].map((seconds): [string, () => Record<string, string>, string] => [
      `OUTAGE_SECONDS=${seconds}`,
      () => ({ OUTAGE_SECONDS: seconds }),
      `OUTAGE_SECONDS is "${seconds}", which is not a length for an outage. Set it to a number from 1 to 3600.`,
    ]),
    [
      'a DATA_DIR that is a file',
      () => ({ DATA_DIR: file }),
      `The folder "${file}" cannot be written to (EEXIST). Make it writable, or set DATA_DIR to another folder.`,
    ],
    [
      'a DATA_DIR inside a file',
      () => ({ DATA_DIR: join(file, 'data') }),
      `The folder "${join(file, 'data')}" cannot be written to (ENOTDIR). Make it writable, or set DATA_DIR to another folder.`,
    ],
  ])('says in one line what to do about %s', async (_, env, line) => {
    await expect(start(env())).rejects.toThrow(new Error(`The sample app did not start:\n${line}\n`));
  });

  // root may write everywhere.
  (process.getuid?.() === 0 ? it.skip : it)(
    'says in one line what to do about a read-only DATA_DIR',
    async () => {
      const readOnly = join(folder, 'read-only');
      mkdirSync(readOnly, { mode: 0o500 });
      await expect(start({ DATA_DIR: readOnly })).rejects.toThrow(
        new Error(
          `The sample app did not start:\nThe folder "${readOnly}" cannot be written to (EACCES). Make it writable, or set DATA_DIR to another folder.\n`,
        ),
      );
    },
  );

  it('says in one line what to do about a port in use', async () => {
    const { port } = new URL((await start({})).url);
    const line = `Port ${port} is in use. Set PORT to another one, for example PORT=${Number(port) + 1} npm start.`;
    await expect(start({ PORT: port, DATA_DIR: join(folder, 'other') })).rejects.toThrow(
      new Error(`The sample app did not start:\n${line}\n`),
    );
  });
});

it('npm start says that it builds first', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts['prestart']).toMatch(/^echo Building the library and the sample application\./);
});

describe('The README of the sample app', () => {
  beforeAll(setUp);
  afterAll(tearDown);

  it('has curl lines that print what stands below them', async () => {
    const text = readFileSync(new URL('../../sample-app/README.md', import.meta.url), 'utf8');
    const pairs = [...text.matchAll(/^```sh\n(curl .*?)```\n\n```\n(.*?)\n```$/gms)];
    expect(pairs).toHaveLength(5);
    const app = await start({});
    for (const [, line, expected] of pairs) {
      const command = line!.replace('localhost:3000', app.url.replace('http://', ''));
      expect(await run('sh', ['-c', `exec ${command.replace('curl', 'curl -s')}`], project.folder)).toBe(
        expected,
      );
    }
  });
});

(elasticsearch ? describe : describe.skip).each([
  ['README.md', 'example'],
  ['docs/start.md', 'start'],
] as const)('The example of %s', (page, name) => {
  beforeAll(setUp);
  afterAll(tearDown);

  it('prints what stands below it, and goes on higher the second time', async () => {
    const [, expected] = /^await app.close\(\);\n```\n\n```\n(.*?)```$/ms.exec(read(page))!;
    expect(await runScript(name, onElasticsearch(elasticsearch!))).toBe(expected);
    const second = await runScript(name, onElasticsearch(elasticsearch!));
    const [orders, invoices] = [/\d+/, /\d+$/m].map((first) => Number(first.exec(second)![0]));
    expect(second).toBe(`${orders} [ ${orders! + 1}, ${orders! + 2}, ${orders! + 3} ] ${invoices}\n`);
    expect(Math.min(orders!, invoices!)).toBeGreaterThan(10);
  });
});

describe.each(stores)('The script that adopts existing ids, on %s', (_, env) => {
  beforeAll(setUp);
  afterAll(tearDown);

  it('leaves the counter where the ids end, however often it is run', async () => {
    for (let run = 0; run < 2; run++) {
      expect(await runScript('adopt', env(), 'orders', '48211')).toContain('last: 48211,');
    }
    const app = await start(env());
    expect((await app.post('/orders', { item: 'tea' })).body.id).toBe(48_212);
    await app.end('SIGTERM');
  });
});

describe('The sample app without an Elasticsearch that answers', () => {
  beforeAll(setUp);
  afterEach(() => Promise.all(apps.splice(0).map((app) => app.end('SIGKILL'))));
  afterAll(tearDown);

  const temporarilyUnavailable = { status: 503, body: { message: 'Service Unavailable' } };

  it('starts with a warning, answers 503 with Retry-After, and ends by SIGTERM', async () => {
    const { url, close } = await proxy('http://127.0.0.1:1');
    await close();
    const app = await start(onElasticsearch(url));
    expect(app.output).toMatch(/WARN.*The store could not be checked at start/);
    expect((await app.post('/orders', { item: 7 })).status).toBe(400);
    const answer = await app.post('/orders', { item: 'tea' });
    expect(answer).toMatchObject(temporarilyUnavailable);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect((await app.get('/orders')).body).toEqual([]);
    await app.end('SIGTERM');
    expect(await app.ended).toEqual([null, 'SIGTERM']);
  });

  const itWithServer = elasticsearch ? it : it.skip;

  itWithServer('answers 503 while the server is away, and goes on when it is back', async () => {
    const before = await proxy(elasticsearch!);
    const app = await start(onElasticsearch(before.url));
    let last = (await app.post('/orders', { item: 'tea' })).body.id;
    expect(last).toBe(1);
    await before.close();
    let answer = await app.post('/orders', { item: 'tea' });
    // Cached ids come first.
    for (let left = 100; answer.status === 201 && left > 0; left--) {
      last = answer.body.id;
      answer = await app.post('/orders', { item: 'tea' });
    }
    expect(answer).toMatchObject(temporarilyUnavailable);
    expect(answer.headers.get('retry-after')).toBe('5');
    const back = await proxy(elasticsearch!, Number(new URL(before.url).port));
    const after = await app.post('/orders', { item: 'tea' });
    expect(after.status).toBe(201);
    expect(after.body.id).toBeGreaterThan(last);
    await app.end('SIGTERM');
    await back.close();
  });
});

/** An order whose headers have reached the app, and half of its body. */
async function beginOrder(
  app: SampleApp,
): Promise<{ request: ClientRequest; answer: Promise<{ statusCode: number | undefined; body: string }> }> {
  const sent = request(`${app.url}/orders`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', expect: '100-continue' },
  });
  const answer = once(sent, 'response').then(async (args) => {
    const response = args[0] as IncomingMessage;
    let body = '';
    for await (const text of response) body += String(text);
    return { statusCode: response.statusCode, body };
  });
  sent.flushHeaders();
  await once(sent, 'continue');
  sent.write('{"item":');
  return { request: sent, answer };
}

async function listens(app: SampleApp): Promise<boolean> {
  const socket = connect({ host: 'localhost', port: Number(new URL(app.url).port) });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

/** A server that can be gone: it passes everything on, until it is closed and cuts every connection. */
async function proxy(target: string, port = 0): Promise<{ url: string; close(): Promise<void> }> {
  const { hostname, port: targetPort } = new URL(target);
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(Number(targetPort), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
