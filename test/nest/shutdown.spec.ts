/** @servers elasticsearch-9 */
import { Client } from '@elastic/elasticsearch';
import { expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { serverUrl } from '../support/declared-servers.js';
import { removeIndices, temporaryAlias } from '../support/elasticsearch-clients.js';

const node = serverUrl('elasticsearch-9');
const script = fileURLToPath(new URL('shutdown-process.ts', import.meta.url));
const REQUESTS = 12;

(node ? it : it.skip)('gives ids to all requests in flight during SIGTERM, then ends', async () => {
  const alias = temporaryAlias();
  const app = spawn(process.execPath, ['--import', 'tsx', script, node!, alias]);
  const ended = once(app, 'exit');
  let errors = '';
  app.stderr.on('data', (text) => (errors += text));
  const lines = createInterface({ input: app.stdout })[Symbol.asyncIterator]();
  try {
    const port = Number((await lines.next()).value);
    const inFlight = Array.from({ length: REQUESTS }, () => answerTo(post(port, true)));
    for (let drawing = 0; drawing < REQUESTS; drawing++) expect((await lines.next()).value).toBe('drawing');
    // Known to the server, but its handler starts when its body is complete: in the middle of the shutdown.
    const late = post(port, false);
    await once(late, 'socket').then(([socket]) => socket.connecting && once(socket, 'connect'));
    late.flushHeaders();
    await served(port);

    app.kill('SIGTERM');
    while (await listens(port)) await new Promise(setImmediate);
    inFlight.push(answerTo(late));
    late.end('{}');
    expect((await lines.next()).value).toBe('drawing');
    app.stdin.write('go\n');

    const ids = (await Promise.all(inFlight)).toSorted((one, other) => one - other);
    expect(ids).toEqual(Array.from({ length: REQUESTS + 1 }, (_, index) => index + 1));
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(errors.replaceAll(/^npm warn.*\n/gm, '')).toBe('');
  } finally {
    app.kill('SIGKILL');
    const client = new Client({ node: node! });
    await removeIndices(client, alias);
    await client.close();
  }
});

function post(port: number, complete: boolean): ClientRequest {
  const headers = { 'content-type': 'application/json', 'content-length': 2 };
  // A connection of its own: one kept alive would end with the first answer after SIGTERM.
  const sent = request({ port, host: '127.0.0.1', path: '/ids', method: 'POST', headers, agent: false });
  if (complete) sent.end('{}');
  return sent;
}

async function answerTo(sent: ClientRequest): Promise<number> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += chunk;
  expect({ status: response.statusCode, body }).toMatchObject({ status: 201 });
  return Number(body);
}

/** A round trip, so the server has read what came before on other connections. */
async function served(port: number): Promise<void> {
  const sent = request({ port, host: '127.0.0.1', path: '/nothing', agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(socket.destroy().destroyed));
    socket.once('error', () => resolve(false));
  });
}
