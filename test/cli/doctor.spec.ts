/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { expect, it } from '@jest/globals';
import { indexBody } from '../../lib/store/elasticsearch/counter-index.js';
import { leastFree } from '../../lib/cli/elasticsearch/check-disk.js';
import type { ShownFinding } from '../support/command-line.js';
import { commandsOnServers } from '../support/commands-on-servers.js';
import { call, concreteIndex } from '../support/elasticsearch-clients.js';

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

commandsOnServers('doctor', (here) => {
  /** An index as the library makes it, but for these settings. */
  const create = (
    settings: Record<string, unknown> = {},
    mappings: object = indexBody(here.index).mappings,
  ) =>
    call(here.client, 'PUT', `/${here.index}-1`, {
      ...indexBody(here.index),
      settings: { ...indexBody(here.index).settings, ...settings },
      mappings,
    });
  const examine = async (...more: string[]) => {
    const found = await here.cli.examine([...here.place, ...more]);
    for (const { status, why, remedy, code: about } of found.findings) {
      if (status !== 'warning') continue;
      const given = { about, why: expect.any(String), remedy: expect.any(String) };
      expect({ about, why, remedy }).toEqual(given);
    }
    return found;
  };
  const errorsOf = (findings: ShownFinding[]) => findings.filter(({ status }) => status === 'error');

  it('finds a sound cluster sound, says what it cannot know, and takes no id', async () => {
    await here.cli.run(['create-index', '--yes', ...here.place]);
    await here.cli.run(['raise', 'orders', '10', '--yes', ...here.place]);
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
    expect((await here.cli.json(['show', 'orders', ...here.place])).data.last).toBe(10);
  });

  it('prints one line for each fact, with what to do', async () => {
    const { out } = await here.cli.run(['doctor', ...here.place]);
    expect(out).toMatch(/^ok {11}REACHABLE {11}The server at http/);
    expect(out).toMatch(/^error {8}ALIAS {15}There is no alias .*create-index/m);
  });

  it('finds no alias', async () => {
    const { code, findings } = await examine();
    expect(code).toBe(1);
    expect(errorsOf(findings)).toMatchObject([{ code: 'ALIAS', what: `There is no alias ${here.index}.` }]);
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
    await call(here.client, 'PUT', `/${here.index}-2`, {
      ...indexBody(here.index),
      aliases: { [here.index]: {} },
    });
    const { code, findings } = await examine();
    expect(code).toBe(1);
    expect(errorsOf(findings)).toMatchObject([
      { code: 'ALIAS', what: expect.stringContaining('several indices') },
    ]);
  });

  it('finds an index where the alias should be', async () => {
    await call(here.client, 'PUT', `/${here.index}`, { ...indexBody('x'), aliases: {} });
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
      await call(here.client, 'PUT', `/${await concreteIndex(here.client, here.index)}/_settings`, {
        [block]: true,
      });
      const { code, findings } = await examine();
      expect(code).toBe(1);
      expect(errorsOf(findings)).toMatchObject([{ code: 'READ_ONLY', what: expect.stringContaining(block) }]);
      await call(here.client, 'PUT', `/${await concreteIndex(here.client, here.index)}/_settings`, {
        [block]: null,
      });
    },
  );

  it('finds counters that hold no id, belong to another index, or have no stamp', async () => {
    await here.cli.run(['create-index', '--yes', ...here.place]);
    await here.cli.run(['raise', 'orders', '10', '--yes', ...here.place]);
    await here.put('text', { iid: '12', epoch: 'e', history: 'h' });
    await here.put('below', { iid: -1, epoch: 'e', history: 'h' });
    await here.put('restored', { iid: 5, epoch: 'e', history: 'another' });
    await here.put('undone', { iid: 5, epoch: 'e', epochs: ['e'], history: 'h' });
    await here.put('old', { iid: 5 });
    const { code, trouble } = await examine();
    expect(code).toBe(1);
    const named = (about: string) => trouble.find(({ code: other }) => other === about)!;
    expect(named('COUNTER_CORRUPT')).toMatchObject({ status: 'error', sequences: ['below', 'text'] });
    expect(named('COUNTER_IDENTITY')).toMatchObject({ status: 'error', sequences: ['restored', 'undone'] });
    expect(named('COUNTER_UNSTAMPED')).toMatchObject({ status: 'warning', sequences: ['old'] });
    expect(await here.cli.json(['show', 'restored', ...here.place])).toMatchObject({
      code: 1,
      data: { trouble: 'COUNTER_IDENTITY' },
    });
    expect(await here.cli.json(['show', 'text', ...here.place])).toMatchObject({
      code: 1,
      data: { last: null },
    });
    expect(await here.cli.json(['show', 'old', ...here.place])).toMatchObject({ code: 0 });
    // What it recommends helps.
    await here.cli.run(['fence', 'restored', '--to', '5', '--yes', ...here.place]);
    expect(await here.cli.json(['show', 'restored', ...here.place])).toMatchObject({
      code: 0,
      data: { trouble: null },
    });
  });
});
