import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CommandLine } from '../support/command-line.js';

/** What needs no store: usage, help, secrets, exit codes. */
describe('The command line', () => {
  let cli: CommandLine;
  let seen: { path: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    seen.push({ path: request.url!, authorization: request.headers.authorization });
    response
      .writeHead(401, { 'content-type': 'application/json' })
      // As gateways do, it repeats what it was sent.
      .end(JSON.stringify({ error: { type: 'security_exception', reason: request.headers.authorization } }));
  });
  let url: string;

  beforeAll(async () => {
    cli = await CommandLine.build();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
    cli.remove();
  });

  const file = (text: string) => {
    const path = join(cli.folder, 'fences.csv');
    writeFileSync(path, text);
    return path;
  };

  it.each(['list', 'show', 'raise', 'fence', 'create-index', 'index-template', 'doctor'])(
    '%s has a help text with an example',
    async (command) => {
      const { code, out } = await cli.run([command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`Examples:\n  nestjs-essequence ${command}`);
      expect(out).toContain('ESSEQUENCE_PASSWORD');
    },
  );

  it.each([
    ['nothing', []],
    ['an unknown command', ['lower']],
    ['an unknown option', ['list', '--password', 'x']],
    ['show without a name', ['show']],
    ['a name that is none', ['show', '../x']],
    ['an id that is no integer', ['raise', 'orders', '1e3']],
    ['an id past 2^53 - 1', ['raise', 'orders', '9007199254740992']],
    ['a fence without a goal', ['fence', 'orders']],
    ['a fence with two goals', ['fence', 'orders', '--to', '5', '--above', '4']],
    ['a jump beside an exact goal', ['fence', 'orders', '--to', '5', '--jump', '4']],
    ['a jump alone', ['fence', 'orders', '--jump', '4']],
    ['a file beside a name', ['fence', 'orders', '--file', 'x.csv']],
    ['a file that is not there', ['fence', '--file', 'missing.csv']],
    ['an alias that is none', ['list', '--index', 'Essequences']],
    ['a node that is no URL', ['list', '--node', 'localhost']],
    ['a node of another kind', ['list', '--node', 'ftp://localhost']],
    ['a timeout of nothing', ['list', '--timeout', '0']],
  ])('refuses %s with exit code 2 and sends nothing', async (_, args) => {
    seen = [];
    const node = args.includes('--node') ? [] : ['--node', url];
    const { code, err } = await cli.run(args.length === 0 ? [] : [...args, ...node]);
    expect({ code, sent: seen }).toEqual({ code: 2, sent: [] });
    expect(err).not.toBe('');
  });

  it.each([
    ['a bad line', 'orders,5\ninvoices;6\n', /line 2: expected a name and a value/],
    ['a value that is no integer', 'name,to\norders,five\n', /line 2/],
    ['a name that is none', '../orders,5\n', /line 1/],
    ['a name twice', 'orders,5\norders,6\n', /line 2: sequence "orders" stands in the file twice/],
    ['nothing', 'name,to\n', /names no sequence/],
  ])('refuses a file with %s before anything is sent', async (_, text, message) => {
    seen = [];
    const { code, err } = await cli.run(['fence', '--yes', '--file', file(text), '--node', url]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(seen).toEqual([]);
  });

  it('takes credentials from the environment alone and never shows them', async () => {
    const secrets = { ESSEQUENCE_USERNAME: 'ada', ESSEQUENCE_PASSWORD: 'geheim-1' };
    for (const command of [['list'], ['doctor'], ['raise', 'orders', '5', '--yes']]) {
      for (const json of [[], ['--json']]) {
        seen = [];
        const { code, out, err } = await cli.run([...command, '--node', url, ...json], secrets);
        expect(seen[0]!.authorization).toBe(`Basic ${btoa('ada:geheim-1')}`);
        expect(code).toBe(1);
        expect(out + err).not.toMatch(/geheim|YWRhO|authorization|Basic/i);
      }
    }
    seen = [];
    await cli.run(['list', '--node', url], { ESSEQUENCE_API_KEY: 'a2V5' });
    expect(seen[0]!.authorization).toBe('ApiKey a2V5');
  });

  it.each([
    ['a node with a password', { args: ['--node', 'http://ada:geheim@localhost:1'] }],
    ['a user without a password', { env: { ESSEQUENCE_USERNAME: 'geheim' } }],
    ['a password and an API key', { env: { ESSEQUENCE_PASSWORD: 'geheim', ESSEQUENCE_API_KEY: 'geheim' } }],
    ['a key with a line end', { env: { ESSEQUENCE_API_KEY: 'geheim\n' } }],
    ['a certificate file that is not there', { env: { ESSEQUENCE_CA: '/missing.pem' } }],
    ['a certificate file that is none', { env: { ESSEQUENCE_CA: import.meta.filename } }],
  ] as [string, { args?: string[]; env?: Record<string, string> }][])(
    'refuses %s as wrong usage without showing it',
    async (_, { args = ['--node', url], env = {} }) => {
      seen = [];
      const { code, out, err } = await cli.run(['list', ...args], env);
      expect({ code, sent: seen }).toEqual({ code: 2, sent: [] });
      expect(out + err).not.toContain('geheim');
    },
  );

  it('ends with 3 and says why when nobody listens', async () => {
    const nobody = ['--node', 'http://127.0.0.1:1'];
    for (const command of [['list'], ['show', 'orders'], ['raise', 'orders', '5', '--yes'], ['doctor']]) {
      const { code, out, err } = await cli.run([...command, ...nobody]);
      expect(code).toBe(3);
      expect(out + err).toContain('connect ECONNREFUSED 127.0.0.1:1');
    }
    const { code, data } = await cli.json(['list', ...nobody]);
    expect({ code, error: data.error.code }).toEqual({ code: 3, error: 'UNAVAILABLE' });
  });

  it('ends with 3 when the name of the server is unknown, or the server is silent', async () => {
    const unknown = await cli.run([
      'list',
      '--node',
      'http://no-such-host.invalid:9200',
      '--timeout',
      '10000',
    ]);
    expect(unknown.code).toBe(3);
    expect(unknown.err).toMatch(/getaddrinfo (ENOTFOUND|EAI_AGAIN) no-such-host.invalid/);
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const node = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { code, err } = await cli.run(['list', '--node', node, '--timeout', '200']);
    silent.close();
    silent.closeAllConnections();
    expect(code).toBe(3);
    expect(err).toContain('no answer within 200 ms');
  });

  it('index-template prints what create-index would send, and sends nothing', async () => {
    seen = [];
    const { code, out } = await cli.run(['index-template', '--index', 'numbers', '--node', url]);
    expect({ code, sent: seen }).toEqual({ code: 0, sent: [] });
    expect(JSON.parse(out)).toMatchObject({
      aliases: { numbers: { is_write_index: true } },
      settings: { 'index.translog.durability': 'request', 'index.number_of_shards': 1 },
      mappings: { dynamic: 'strict', properties: { iid: { type: 'long' } } },
    });
  });

  it('tells its version', async () => {
    const { code, out } = await cli.run(['--version']);
    expect({ code, out }).toEqual({ code: 0, out: '0.1.0\n' });
  });
});
