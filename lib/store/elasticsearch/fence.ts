import { randomInt } from 'node:crypto';
import type { CounterDocuments } from './counter-documents.js';
import { corrupt, didNothing, identityError, movedAlias } from './errors.js';
import type { HistoryReader } from './history-reader.js';
import { isValue, type Sighting } from './identity.js';
import { findIndex } from './counter-index.js';
import {
  fieldsAfterFence,
  highestKnown,
  type Known,
  learnFence,
  type Outcome,
  valueAfterFence,
  wasFenced,
} from './protocol.js';
import type { Asker, ElasticsearchClient } from './request.js';
import { type SequenceError, sequenceError } from '../../common/sequence-error.js';
import { fenceBelowKnown, nothingToFence } from '../requests.js';
import type { CounterState, FenceRequest } from '../sequence-store.js';

export interface Place {
  client: ElasticsearchClient;
  alias: string;
  documents: CounterDocuments;
  histories: HistoryReader;
}

/**
 * One attempt of an operator's repair: by compare-and-set whatever the strategy, on the counter as it is, whatever this
 * process is pinned to. `known`: what the process knows from then on; undefined: no more than before.
 */
export async function fence(
  place: Place,
  before: Known,
  request: FenceRequest,
): Promise<{ state: CounterState; known?: Known }> {
  const { client, alias, documents, histories } = place;
  const { name, to, floor = 0, epoch } = request;
  const verified = await findIndex(client, alias, request);
  if (verified === undefined) throw nothingToFence(name, 'index');
  const seen = await documents.get(name, request);
  if (seen.kind === 'missing') throw nothing(name, seen);
  const { sighting } = seen;
  if (sighting.index !== verified.name) throw movedAlias(name, alias, verified.name, sighting.index);
  const { document } = sighting;
  if (!isValue(document.iid)) throw corrupt(name, document.iid);
  const replace = async (
    fields: NonNullable<ReturnType<Parameters<CounterDocuments['replace']>[2]>>,
  ): Promise<Sighting> => {
    const outcome = await documents.replace(name, sighting, () => fields, request);
    if (outcome.kind === 'missing') throw nothing(name, outcome);
    if (outcome.kind === 'unchanged') throw didNothing(name);
    await vouch(name, outcome.sighting, histories, request);
    return outcome.sighting;
  };
  if (wasFenced(document, epoch)) {
    // The answer to an earlier attempt of this call was lost. Only a write says that what it left will stay, as with a
    // raise. The next claim follows the fence as any process does.
    const { iid: last, epoch: present, history } = document;
    await replace({ iid: last, epoch: present });
    return { state: { last, epoch: present ?? undefined, history } };
  }
  const value = valueAfterFence(document.iid, request, before, randomInt(1e9));
  if (value === undefined) throw fenceBelowKnown(name, to!, highestKnown(document.iid, floor, before));
  if (!Number.isSafeInteger(value)) {
    throw sequenceError(
      name,
      'EXHAUSTED',
      'the fence would pass 2^53 - 1. Nothing was written; choose a smaller jump or above.',
    );
  }
  const history = await histories.read(sighting.index, request);
  const written = await replace(fieldsAfterFence(document, value, epoch, history));
  return {
    state: { last: value, epoch, history: history ?? undefined },
    known: learnFence(before, written),
  };
}

/** A restore that overtakes a fence leaves a counter that all processes refuse; only the operator can be told. */
async function vouch(
  name: string,
  { index, document }: Sighting,
  histories: HistoryReader,
  asker: Asker,
): Promise<void> {
  const history = await histories.read(index, asker);
  // Undefined: it could not be read when the fence was written.
  if (history === null || document.history === undefined || history === document.history) return;
  throw identityError(name, 'IDENTITY_CHANGED', `its index ${index} was restored while it was fenced`);
}

function nothing(name: string, { what }: Extract<Outcome, { kind: 'missing' }>): SequenceError {
  return nothingToFence(name, what === 'index' ? 'index' : 'counter');
}
