/** @servers elasticsearch-9 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandLine } from '../support/command-line.js';
import { realServers, removeIndices, temporaryAlias } from '../support/elasticsearch-clients.js';

const URL_OF_9 = process.env['ELASTICSEARCH_9_URL'];

describe('runCli', () => {
  let cli: CommandLine;
  let folder: string;

  beforeAll(async () => {
    const built = await CommandLine.build();
    await cp(fileURLToPath(new URL('run-cli-app.js', import.meta.url)), join(built.folder, 'app.js'));
    cli = built.running('app.js');
  });
  afterAll(() => cli.remove());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'essequence-run-cli-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("works on the store of the application, with the application's floor, and closes it", async () => {
    const APP_FOLDER = join(folder, 'data');
    expect(await cli.json(['raise', 'orders', '10', '--yes'], { APP_FOLDER })).toEqual({
      code: 0,
      data: { name: 'orders', before: null, last: 500, changed: true },
    });
    expect(await cli.json(['fence', 'orders', '--to', '900', '--yes'], { APP_FOLDER })).toMatchObject({
      code: 0,
      data: { before: 500, last: 900 },
    });
    const { code, out, err } = await cli.run(['list'], { APP_FOLDER });
    // What the application logs does not stand among the results.
    expect({ code, out, err }).toEqual({ code: 0, out: 'orders  900\n', err: 'closed\n' });
    const doctor = await cli.json(['doctor'], { APP_FOLDER });
    expect(doctor).toMatchObject({ code: 0, data: { sound: true } });
    const refused = await cli.run(['raise', 'orders', '1000'], { APP_FOLDER });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(`in folder "${APP_FOLDER}"`);
  });

  (URL_OF_9 === undefined ? it.skip : it)(
    'works on the index and with the client of the application',
    async () => {
      const APP_INDEX = temporaryAlias();
      const environment = { APP_NODE: URL_OF_9!, APP_INDEX };
      const { client } = realServers().find(({ name }) => name === 'Elasticsearch 9')!;
      try {
        expect((await cli.json(['raise', 'orders', '10', '--yes'], environment)).data.last).toBe(500);
        expect((await cli.json(['list'], environment)).data.counters).toEqual([
          { name: 'orders', last: 500, trouble: null },
        ]);
        const { code, data } = await cli.json(['doctor'], environment);
        expect(code).toBe(0);
        expect(data.findings[0]).toMatchObject({ code: 'REACHABLE', status: 'ok' });
      } finally {
        await removeIndices(client, APP_INDEX);
        await client.close();
      }
    },
  );

  it('says what is wrong where the store keeps the application from starting', async () => {
    const environment = { APP_NODE: 'http://127.0.0.1:1', APP_INDEX: 'essequences' };
    const { code, out } = await cli.run(['doctor'], environment);
    expect(code).toBe(3);
    expect(out).toContain('ECONNREFUSED');
  });

  it('knows of a store of your own no more than the contract', async () => {
    expect(await cli.json(['list'])).toMatchObject({ code: 1, data: { error: { code: 'UNSUPPORTED' } } });
    expect((await cli.json(['raise', 'orders', '10', '--yes'])).data.last).toBe(500);
    expect(await cli.json(['show', 'orders'])).toMatchObject({
      code: 1,
      data: { error: { code: 'NO_COUNTER' } },
    });
    expect((await cli.json(['doctor'])).code).toBe(0);
  });

  it('takes neither server nor folder from its arguments', async () => {
    for (const place of ['--node', '--index', '--files']) {
      expect((await cli.run(['list', place, 'x'])).code).toBe(2);
    }
  });

  it('says so where the module has no sequences', async () => {
    const { code, err } = await cli.run(['list'], { WITHOUT_MODULE: 'yes' });
    expect(code).toBe(2);
    expect(err).toContain('does not import SequenceModule.forRoot()');
  });

  it('throws what else keeps the application from starting', async () => {
    const { code, err } = await cli.run(['list'], { BROKEN: 'yes' });
    expect(code).toBe(1);
    expect(err).toContain('the application is broken');
  });
});
