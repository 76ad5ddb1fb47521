import { CounterDocuments } from '../../store/elasticsearch/counter-documents.js';
import { DirectRequests } from '../../store/elasticsearch/operation-channel.js';
import { HistoryReader } from '../../store/elasticsearch/history-reader.js';
import { isValue } from '../../store/elasticsearch/identity.js';
import { field } from '../../store/elasticsearch/values.js';
import { type Finding, notChecked, ok } from '../finding.js';
import type { Patient } from './patient.js';
import { ask } from './look.js';

const ROUNDS = 5;
/** A claim this slow still works; the cache then has to cover it. */
const SLOW = 500;

/**
 * What a claim costs. Its reading half is always timed; its writing half only on demand, by writing a counter back as
 * it was read: no id is taken, and a process that claims meanwhile wins.
 */
export async function checkClaimTime(
  { client, alias, claim, signal }: Patient,
  index: string,
): Promise<Finding[]> {
  const histories = new HistoryReader(client);
  const reading = await median(() => histories.read(index, { signal }));
  if (!claim) {
    const what = `Reading the history, the lesser half of a claim, takes ${reading} ms.`;
    return [notChecked('CLAIM_TIME', what, 'Say --claim to time a write too; it takes no id.')];
  }
  const answer = await ask(
    client,
    `/${encodeURIComponent(alias)}/_search`,
    { size: 100, _source: ['iid'] },
    signal,
  );
  const hits = answer.ok ? field(answer.body, 'hits', 'hits') : undefined;
  const sound = Array.isArray(hits) ? hits.find((hit) => isValue(field(hit, '_source', 'iid'))) : undefined;
  if (sound === undefined) return [notChecked('CLAIM_TIME', 'There is no counter yet to time a write with.')];
  const name = String(field(sound, '_id'));
  const documents = new CounterDocuments(new DirectRequests(client, alias), alias);
  const writing = await median(async () => {
    const seen = await documents.get(name, { signal });
    if (seen.kind === 'missing') return;
    const { iid, epoch } = seen.sighting.document;
    await documents.replace(name, seen.sighting, () => ({ iid, epoch }), { signal });
  });
  const took = writing + reading;
  const what = `A claim by conditional write takes ${took} ms: ${writing} to read and write, ${reading} for the history.`;
  if (took < SLOW) return [ok('CLAIM_TIME', what)];
  return [
    {
      status: 'warning',
      code: 'CLAIM_TIME',
      what,
      why: 'First ids and short caches make callers wait that long.',
      remedy: 'Look for a slow disk, a far network or an overloaded node; raise reserveTime meanwhile.',
    },
  ];
}

/** Milliseconds, rounded up. */
async function median(work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await work();
    took.push(performance.now() - began);
  }
  return Math.ceil(took.toSorted((one, other) => one - other)[Math.floor(ROUNDS / 2)]!);
}
