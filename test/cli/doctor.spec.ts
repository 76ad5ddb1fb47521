/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CommandLine } from '../support/command-line.js';
import {
  call,
  concreteIndex,
  realServers,
  removeIndices,
  temporaryAlias,
} from '../support/elasticsearch-clients.js';
import { indexBody } from '../../lib/store/elasticsearch/counter-index.js';
import { leastFree } from '../../lib/cli/elasticsearch/check-disk.js';

const URLS: Record<string, string | undefined> = {
  'Elasticsearch 9': process.env['ELASTICSEARCH_9_URL'],
  'Elasticsearch 7': process.env['ELASTICSEARCH_7_URL'],
  OpenSearch: process.env['OPENSEARCH_URL'],
};

const servers = realServers().filter(({ name }) => URLS[name] !== undefined);

interface Finding {
  status: string;
  code: string;
  what: string;
  why: string | null;
  remedy: string | null;
  sequences: string[];
}

it.each([
  ['85%', undefined, 150],
  ['0.85', undefined, 150],
  ['85%', '100b', 100],
  ['85%', '1kb', 150],
  ['85%', '-1', 150],
  ['2kb', '1b', 2_048],
  [undefined, undefined, 0],
])(
  'of a disk of 1000 bytes the watermark %s with headroom %s wants %s free',
  (watermark, headroom, least) => {
    expect(leastFree(watermark, headroom, 1_000)).toBeCloseTo(least, 5);
  },
);

describe('doctor', () => {
  let cli: CommandLine;
  beforeAll(async () => {
    cli = await CommandLine.build();
  });
  afterAll(() => cli.remove());

  if (servers.length === 0) it.skip('needs a real server', () => {});

  describe.each(servers)('on $name', ({ name: server, client }) => {
    let index: string;
    let place: string[];
    const started: string[] = [];

    beforeEach(() => {
      index = temporaryAlias();
      started.push(index);
      place = ['--node', URLS[server]!, '--index', index];
    });

    afterAll(async () => {
      for (const alias of started) await removeIndices(client, alias);
      await client.close();
    });

    /** An index as the library makes it, but for these settings. */
    const create = (settings: Record<string, unknown> = {}, mappings: object = indexBody(index).mappings) =>
      call(client, 'PUT', `/${index}-1`, {
        ...indexBody(index),
        settings: { ...indexBody(index).settings, ...settings },
        mappings,
      });
    const put = (name: string, document: Record<string, unknown>) =>
      call(client, 'PUT', `/${index}/_doc/${name}?refresh=true`, { name, ...document });
    const examine = async (...more: string[]) => {
      const { code, data } = await cli.json(['doctor', ...place, ...more]);
      const findings = data.findings as Finding[];
      for (const { status, why, remedy, code: about } of findings) {
        if (status === 'warning')
          expect({ about, why, remedy }).toEqual({
            about,
            why: expect.any(String),
            remedy: expect.any(String),
          });
      }
      return {
        code,
        findings,
        trouble: findings.filter(({ status }) => status === 'error' || status === 'warning'),
      };
    };
    const errorsOf = (findings: Finding[]) => findings.filter(({ status }) => status === 'error');

    it('finds a sound cluster sound, says what it cannot know, and takes no id', async () => {
      await cli.run(['create-index', '--yes', ...place]);
      await cli.run(['raise', 'orders', '10', '--yes', ...place]);
      const { code, findings, trouble } = await examine();
      expect(code).toBe(0);
      // One node, and no security.
      expect(trouble.map(({ code: about }) => about).toSorted()).toEqual(['COPIES', 'SECURITY']);
      const fine = findings.filter(({ status }) => status === 'ok').map(({ code: about }) => about);
      expect(fine).toEqual([
        'REACHABLE',
        'ALIAS',
        'UNSAFE_INDEX',
        'VERSION',
        'READ_ONLY',
        'HISTORY',
        'COUNTER_IDENTITY',
      ]);
      expect(findings.find(({ code: about }) => about === 'VERSION')!.what).toMatch(
        /(Elasticsearch|OpenSearch) \d/,
      );
      expect((await examine('--strict')).code).toBe(1);
      const timed = await examine('--claim');
      expect(timed.findings.find(({ code: about }) => about === 'CLAIM_TIME')).toMatchObject({
        status: expect.stringMatching(/ok|warning/),
        what: expect.stringMatching(/^A claim by conditional write takes \d+ ms/),
      });
      expect((await cli.json(['show', 'orders', ...place])).data.last).toBe(10);
    });

    it('prints one line for each fact, with what to do', async () => {
      const { out } = await cli.run(['doctor', ...place]);
      expect(out).toMatch(/^ok {11}REACHABLE {11}The server at http/);
      expect(out).toMatch(/^error {8}ALIAS {15}There is no alias .*create-index/m);
    });

    it('finds no alias', async () => {
      const { code, findings } = await examine();
      expect(code).toBe(1);
      expect(errorsOf(findings)).toMatchObject([{ code: 'ALIAS', what: `There is no alias ${index}.` }]);
    });

    it.each([
      ['index.translog.durability', 'async', /durability is "async"/],
      ['index.default_pipeline', 'drop', /default_pipeline is "drop"/],
      ['index.final_pipeline', 'drop', /final_pipeline is "drop"/],
    ])('finds %s set to %s', async (setting, value, what) => {
      await create({ [setting]: value });
      const { code, findings } = await examine();
      expect(code).toBe(1);
      expect(errorsOf(findings)).toMatchObject([{ code: 'UNSAFE_INDEX', what: expect.stringMatching(what) }]);
    });

    it('finds a mapping that is not the one of counters', async () => {
      await create({}, { properties: { iid: { type: 'integer' } } });
      const { findings } = await examine();
      expect(errorsOf(findings)).toMatchObject([
        { code: 'UNSAFE_INDEX', what: expect.stringContaining('iid') },
      ]);
    });

    it('finds an alias that stands for two indices', async () => {
      await create();
      await call(client, 'PUT', `/${index}-2`, { ...indexBody(index), aliases: { [index]: {} } });
      const { code, findings } = await examine();
      expect(code).toBe(1);
      expect(errorsOf(findings)).toMatchObject([
        { code: 'ALIAS', what: expect.stringContaining('several indices') },
      ]);
    });

    it('finds an index where the alias should be', async () => {
      await call(client, 'PUT', `/${index}`, { ...indexBody('x'), aliases: {} });
      const { findings } = await examine();
      expect(errorsOf(findings)).toMatchObject([
        { code: 'ALIAS', what: expect.stringContaining('not an alias') },
      ]);
    });

    it('finds a replica that is not there', async () => {
      await create({ 'index.auto_expand_replicas': 'false', 'index.number_of_replicas': 1 });
      const { code, trouble } = await examine();
      expect(code).toBe(0);
      expect(trouble).toContainEqual(
        expect.objectContaining({
          code: 'COPIES',
          status: 'warning',
          what: expect.stringContaining('yellow'),
        }),
      );
    });

    it.each(['index.blocks.write', 'index.blocks.read_only_allow_delete'])(
      'finds the block %s',
      async (block) => {
        await create();
        await call(client, 'PUT', `/${await concreteIndex(client, index)}/_settings`, { [block]: true });
        const { code, findings } = await examine();
        expect(code).toBe(1);
        expect(errorsOf(findings)).toMatchObject([
          { code: 'READ_ONLY', what: expect.stringContaining(block) },
        ]);
        await call(client, 'PUT', `/${await concreteIndex(client, index)}/_settings`, { [block]: null });
      },
    );

    it('finds counters that hold no id, belong to another index, or have no stamp', async () => {
      await cli.run(['create-index', '--yes', ...place]);
      await cli.run(['raise', 'orders', '10', '--yes', ...place]);
      await put('text', { iid: '12', epoch: 'e', history: 'h' });
      await put('below', { iid: -1, epoch: 'e', history: 'h' });
      await put('restored', { iid: 5, epoch: 'e', history: 'another' });
      await put('undone', { iid: 5, epoch: 'e', epochs: ['e'], history: 'h' });
      await put('old', { iid: 5 });
      const { code, trouble } = await examine();
      expect(code).toBe(1);
      const named = (about: string) => trouble.find(({ code: other }) => other === about)!;
      expect(named('COUNTER_CORRUPT')).toMatchObject({ status: 'error', sequences: ['below', 'text'] });
      expect(named('COUNTER_IDENTITY')).toMatchObject({ status: 'error', sequences: ['restored', 'undone'] });
      expect(named('COUNTER_UNSTAMPED')).toMatchObject({ status: 'warning', sequences: ['old'] });
      expect(await cli.json(['show', 'restored', ...place])).toMatchObject({
        code: 1,
        data: { trouble: 'COUNTER_IDENTITY' },
      });
      expect(await cli.json(['show', 'text', ...place])).toMatchObject({ code: 1, data: { last: null } });
      expect(await cli.json(['show', 'old', ...place])).toMatchObject({ code: 0 });
      // What it recommends helps.
      await cli.run(['fence', 'restored', '--to', '5', '--yes', ...place]);
      expect(await cli.json(['show', 'restored', ...place])).toMatchObject({
        code: 0,
        data: { trouble: null },
      });
    });
  });
});
