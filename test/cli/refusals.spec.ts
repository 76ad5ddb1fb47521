import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { connectionFailure } from '../../lib/cli/connection-failure.js';
import { credentialsFrom, nodeUrl } from '../../lib/cli/environment.js';
import { FolderCounters } from '../../lib/cli/files/folder-counters.js';
import { runProgram } from '../../lib/cli/program.js';
import { SequenceRegistry } from '../../lib/core/sequence-registry.js';
import { FileSequenceStore } from '../../lib/index.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';

/** The same as the processes of the other specs show, without building the package. */
describe('The command line', () => {
  let parent: string;
  let path: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'essequence-refusals-'));
    path = join(parent, 'data');
  });
  afterEach(() => rm(parent, { recursive: true }));

  /** `answer` is there before it is asked for. */
  async function run(args: string[], { isTTY, answer }: { isTTY: boolean; answer: string }) {
    const [input, err] = [new PassThrough(), new PassThrough()];
    let said = '';
    err.setEncoding('utf8').on('data', (part: string) => {
      said += part;
      if (part.includes('[y/N]')) input.write(answer);
    });
    if (!isTTY) input.end(answer);
    let out = '';
    const code = await runProgram(args, {
      terminal: {
        input: Object.assign(input, { isTTY }),
        out: { write: (text: string) => (out += text) },
        err,
      },
      name: 'nestjs-essequence',
      place: (command) => command,
      open: async () => {
        const sequences = new SequenceRegistry(new FileSequenceStore({ path }), resolveOptions({}));
        return {
          place: 'here',
          sequences,
          counters: new FolderCounters(path),
          close: () => sequences.close(),
        };
      },
    });
    return { code, out, said };
  }

  const last = async () => (await new FolderCounters(path).show('orders'))?.last;
  const WRITES = [
    ['raise', 'orders', '99'],
    ['fence', 'orders', '--to', '99'],
    ['fence', 'orders', '--above', '99'],
  ];

  it('writes after yes', async () => {
    await mkdir(path);
    await run(['raise', 'orders', '10', '--yes'], { isTTY: false, answer: '' });
    expect(await last()).toBe(10);
    for (const [at, answer] of ['y\n', 'YES\n', ' yes \n'].entries()) {
      const { code } = await run(['raise', 'orders', String(20 + at)], { isTTY: true, answer });
      expect({ code, last: await last() }).toEqual({ code: 0, last: 20 + at });
    }
  });

  it.each(WRITES)('does not write by %s without a terminal, whatever a pipe brings', async (...args) => {
    await mkdir(path);
    await run(['raise', 'orders', '10', '--yes'], { isTTY: false, answer: '' });
    const { code, said } = await run(args, { isTTY: false, answer: 'y\n' });
    expect({ code, last: await last() }).toEqual({ code: 1, last: 10 });
    expect(said).toContain('Say --yes');
  });

  it.each(WRITES)('does not write by %s after another answer than yes', async (...args) => {
    await mkdir(path);
    await run(['raise', 'orders', '10', '--yes'], { isTTY: false, answer: '' });
    for (const answer of ['n\n', '\n', 'yesterday\n', 'no, y\n']) {
      const { code, said } = await run(args, { isTTY: true, answer });
      expect({ code, last: await last() }).toEqual({ code: 1, last: 10 });
      expect(said).toContain('Nothing was changed.');
    }
  });

  it('makes no folder where there is none', async () => {
    for (const args of WRITES) {
      expect((await run([...args, '--yes'], { isTTY: false, answer: '' })).code).toBe(1);
    }
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['a password in the address', () => nodeUrl('http://ada:geheim@localhost:9200')],
    ['a name in the address', () => nodeUrl('http://geheim@localhost:9200')],
    ['an address that is none', () => nodeUrl('geheim')],
    ['a key with a line end', () => credentialsFrom({ ESSEQUENCE_API_KEY: 'geheim\n' })],
    ['a user without a password', () => credentialsFrom({ ESSEQUENCE_USERNAME: 'geheim' })],
    [
      'a key beside a password',
      () => credentialsFrom({ ESSEQUENCE_API_KEY: 'geheim', ESSEQUENCE_PASSWORD: 'x' }),
    ],
    ['a certificate that is none', () => credentialsFrom({ ESSEQUENCE_CA: '/geheim.pem' })],
  ])('refuses %s and does not show it', (_, read) => {
    let thrown: unknown;
    try {
      read();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'USAGE', exit: 2 });
    expect(String(thrown)).not.toContain('geheim');
  });

  it('shows no credentials of an address in the reason of a failure', () => {
    const error = new Error('cannot reach http://ada:geheim@search:9200/');
    const meta = { meta: { connection: { url: new URL('http://ada:geheim@search:9200/') } } };
    const failure = connectionFailure(Object.assign(error, { meta }));
    expect(failure).toMatchObject({ node: 'http://search:9200' });
    expect(JSON.stringify(failure)).not.toContain('geheim');
  });
});
