import { randomUUID } from 'node:crypto';
import { SequenceError } from '../lib/common/sequence-error.js';
import { ElasticsearchSequenceStore } from '../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { ON_DEMAND_CHECK } from './checker.js';
import { type ControlProcess, type ControlStage, must, SEQUENCE } from './control-stage.js';
import { FaultProxy } from './fault-proxy.js';
import {
  claimByEpoch,
  claimByPlainScript,
  claimOrAdopt,
  claimOrCreate,
  ClonedCache,
  ensureAtLeast,
  handBack,
  put,
  read,
} from './naive-claimers.js';
import { openClient } from './store-plan.js';
import { ask } from './torture-cluster.js';

export interface Control {
  name: string;
  /** The guard of this library that the naive way lacks. */
  guard: string;
  /** The check that has to notice. Default: that no id is handed out twice. */
  check?: string;
  /** Writes histories that break what the guard is for. May answer what this library does there. */
  play(stage: ControlStage): Promise<string | void>;
}

export const CONTROLS: readonly Control[] = [
  {
    name: 'async durability and kill -9',
    guard: 'the index is created with durability request, and verified',
    async play(stage) {
      const node = stage.cluster.nodes[0]!;
      await stage.createIndex(stage.url, {
        'index.translog.durability': 'async',
        'index.translog.sync_interval': '60s',
        'index.routing.allocation.require._name': node.name,
      });
      await claims(stage.process(), 1, () => claimOrCreate(stage.url, stage.index, 10));
      await must(ask(stage.url, 'POST', `/${stage.index}/_flush`));
      await claims(stage.process(), 20, () => claimOrCreate(stage.url, stage.index, 10));
      await node.restart();
      await claims(stage.process(), 20, () => claimOrCreate(stage.url, stage.index, 10));
    },
  },
  {
    name: 'no require_alias and a deleted index',
    guard: 'require_alias on every write, and updates only after the first contact',
    async play(stage) {
      await claims(stage.process(), 5, () => claimOrCreate(stage.url, stage.index, 10));
      await stage.removeIndex();
      await claims(stage.process(), 5, () => claimOrCreate(stage.url, stage.index, 10));
    },
  },
  {
    name: 'plain += at 2^31',
    guard: 'the script widens to long before it adds',
    async play(stage) {
      await counter(stage, stage.scriptedUrl, 0);
      const count = 2 ** 30;
      const process = stage.process();
      for (let block = 0; block < 5; block++) {
        const last = await claimByPlainScript(stage.scriptedUrl, stage.index, count);
        process.claimed(last - count + 1, last);
        process.drew(last - count + 1, last - count + 10);
      }
      await stage.removeIndex(stage.scriptedUrl);
    },
  },
  {
    name: 'fractional count',
    guard: 'counts are integers, checked by the caller and by the script',
    async play(stage) {
      await counter(stage, stage.scriptedUrl, 100);
      const process = stage.process();
      const count = 2.5; // A rate times a time, not rounded.
      for (let block = 0; block < 3; block++) {
        process.used(await claimByPlainScript(stage.scriptedUrl, stage.index, count), Math.ceil(count));
      }
      await stage.removeIndex(stage.scriptedUrl);
    },
  },
  {
    name: 'read back and adopt',
    guard: 'an attempt without an answer never contributes a block',
    async play(stage) {
      await counter(stage, stage.url, 100);
      const [unlucky, other] = [stage.process(), stage.process()];
      const proxy = await FaultProxy.start(stage.cluster.nodes[0]!.httpPort);
      const last = await claimOrAdopt(proxy.url, stage.index, 10, async (write) => {
        proxy.set('reset');
        const answer = await write();
        proxy.set('pass');
        other.used(await claimOrCreate(stage.url, stage.index, 10), 10);
        return answer;
      });
      if (last !== undefined) unlucky.used(last, 10);
      await proxy.stop();
    },
  },
  {
    name: 'hand-back of the unused tail',
    guard: 'nothing is ever handed back: the stored value only rises',
    async play(stage) {
      await counter(stage, stage.url, 0);
      const [closing, importing, later] = [stage.process(), stage.process(), stage.process()];
      const last = await claimOrCreate(stage.url, stage.index, 10);
      closing.claimed(1, last);
      closing.drew(1, 3);
      // Rows with ids of their own, which the counter is above already: nothing to raise.
      await ensureAtLeast(stage.url, stage.index, 10);
      importing.claimed(4, 10);
      importing.drew(4, 10);
      await handBack(stage.url, stage.index, last, 3);
      later.used(await claimOrCreate(stage.url, stage.index, 10), 10);
    },
  },
  {
    name: 'history check off and a restore',
    guard: 'the history of the shard is read after every claim and compared with the document',
    async play(stage) {
      const { client, close } = openClient({ server: 'elasticsearch-9', nodes: [stage.url] });
      const store = (historyCheck: boolean) =>
        new ElasticsearchSequenceStore({ client, index: stage.index, historyCheck });
      const claim = async (from: ElasticsearchSequenceStore): Promise<number> =>
        (await from.claim({ name: SEQUENCE, count: 10, start: 1, signal: AbortSignal.timeout(30_000) })).last;
      const before = store(false);
      const process = stage.process();
      await claims(process, 2, () => claim(before));
      await snapshotAndRestore(stage, () => claims(process, 3, () => claim(before)));
      const fresh = store(false);
      await claims(stage.process(), 3, () => claim(fresh));
      const refused = await claim(store(true)).catch((error: unknown) => error);
      await close();
      if (!(refused instanceof SequenceError)) throw new Error('The library took no notice of the restore');
      return `a fresh process with the history check on: ${refused.code}`;
    },
  },
  {
    name: 'on demand out of a cached block',
    guard: 'on demand an id goes only to a call that was waiting when its claim was sent',
    check: ON_DEMAND_CHECK,
    async play(stage) {
      await counter(stage, stage.url, 0);
      const caching = async () => {
        const process = stage.process();
        const last = await claimOrCreate(stage.url, stage.index, 10);
        process.claimed(last - 9, last);
        return { process, cache: new ClonedCache(last - 9, last) };
      };
      const [one, other] = [await caching(), await caching()];
      for (const { process, cache } of [one, other, one]) await process.called(async () => cache.draw()!);
    },
  },
  {
    name: 'cloned cache',
    guard: 'none is possible: excluded from the promise',
    async play(stage) {
      const last = await claimOrCreate(stage.url, stage.index, 10);
      const cache = new ClonedCache(1, last);
      for (const each of [cache, cache.clone()]) {
        const process = stage.process();
        process.claimed(1, last);
        for (let id = each.draw(); id !== undefined; id = each.draw()) process.drew(id);
      }
    },
  },
  {
    name: 'PUT of the document from a remembered seq_no on a re-created index',
    guard:
      'compare-and-set updates fields on what this very attempt read, never a whole document from memory',
    async play(stage) {
      await stage.createIndex();
      const [first, second] = [stage.process(), stage.process()];
      const remembered = await put(stage.url, stage.index, undefined, { iid: 10, epoch: randomUUID() });
      if (remembered === undefined) throw new Error('The counter could not be created');
      first.used(10, 10);
      await stage.removeIndex();
      await stage.createIndex();
      // With a floor above all ids in use, as it should be.
      await put(stage.url, stage.index, undefined, { iid: 20, epoch: randomUUID() });
      second.used(20, 10);
      const next = await put(stage.url, stage.index, remembered, { iid: 20, epoch: remembered.epoch });
      if (next !== undefined) first.used(next.iid, 10);
    },
  },
  {
    name: 'alias switch without the _index pin',
    guard: 'the concrete index is pinned beside the epoch',
    async play(stage) {
      const alias = `${stage.index}-alias`;
      const [from, to] = [`${stage.index}-1`, `${stage.index}-2`];
      const epoch = randomUUID();
      for (const index of [from, to]) await stage.createIndex(stage.url, {}, index);
      await put(stage.url, from, undefined, { iid: 100, epoch });
      await pointAlias(stage, alias, from);
      const process = stage.process();
      const claim = async () => (await claimByEpoch(stage.url, alias, 10, epoch)) ?? NaN;
      const copied = await read(stage.url, from);
      await claims(process, 2, claim);
      await put(stage.url, to, undefined, { iid: copied!.iid, epoch });
      await pointAlias(stage, alias, to, from);
      await claims(process, 2, claim);
    },
  },
];

async function claims(process: ControlProcess, blocks: number, claim: () => Promise<number>): Promise<void> {
  for (let block = 0; block < blocks; block++) process.used(await claim(), 10);
}

async function counter(stage: ControlStage, url: string, iid: number): Promise<void> {
  await stage.createIndex(url);
  await put(url, stage.index, undefined, { iid, epoch: randomUUID() });
}

async function pointAlias(stage: ControlStage, alias: string, index: string, former?: string): Promise<void> {
  const remove = former === undefined ? [] : [{ remove: { index: former, alias } }];
  const actions = [...remove, { add: { index, alias } }];
  await must(ask(stage.url, 'POST', '/_aliases', { actions }));
}

/** What happens in `meanwhile` is lost from the server and stays in the histories. */
async function snapshotAndRestore(stage: ControlStage, meanwhile: () => Promise<void>): Promise<void> {
  const { url, index: alias } = stage;
  const aliases = await must(ask<Record<string, unknown>>(url, 'GET', `/${alias}/_alias`));
  const index = Object.keys(aliases)[0]!;
  const snapshot = `/_snapshot/${alias}/snapshot`;
  const settings = { location: `${stage.cluster.repoPath}/${alias}` };
  await must(ask(url, 'PUT', `/_snapshot/${alias}`, { type: 'fs', settings }));
  const indices = { indices: index, include_global_state: false };
  await must(ask(url, 'PUT', `${snapshot}?wait_for_completion=true`, indices));
  await meanwhile();
  await must(ask(url, 'POST', `/${index}/_close`));
  await must(ask(url, 'POST', `${snapshot}/_restore?wait_for_completion=true`, indices));
}
