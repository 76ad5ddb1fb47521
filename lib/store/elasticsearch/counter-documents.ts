import { causes, refusal } from './error-answer.js';
import type { DocumentOperation } from './document-operation.js';
import type { OperationChannel } from './operation-channel.js';
import type { Answer, Asker } from './request.js';
import { field, isRecord } from './values.js';
import type { CounterDocument, Pins, Sighting } from './identity.js';
import { type Change, fieldsAfter, metWhatWasSeen, type Outcome } from './protocol.js';
import { CLAIM_SCRIPT, RAISE_SCRIPT } from './scripts.js';
import {
  type SequenceError,
  sequenceError,
  SequenceIdentityError,
  UnsafeIndexError,
} from '../../common/sequence-error.js';

/** How often Elasticsearch itself repeats a script that lost a race, without a pause, before it answers 409. */
const SERVER_RETRIES = 3;

/** What Elasticsearch says without Painless, with `script.allowed_types` or `script.allowed_contexts` against us. */
const NO_SCRIPTS =
  /script_lang not supported \[painless\]|cannot execute \[inline\] scripts|cannot execute scripts using \[update\] context/;

/** What a write of a counter is to do, decided when its request goes out. */
export interface Prepared {
  change: Change;
  pins: Pins | undefined;
}

/** The requests on one counter document, through an alias: a write that finds no alias fails and creates nothing. */
export class CounterDocuments {
  /** The index that the last answer came from. */
  #lastIndex = '';

  constructor(
    private readonly requests: OperationChannel,
    private readonly alias: string,
  ) {}

  /** What became of it, or why this server runs no scripts: `never`, or `not now`. */
  async changeByScript(
    name: string,
    prepare: () => Prepared,
    asker: Asker,
  ): Promise<Outcome | 'never' | 'not now'> {
    const answer = await this.#send(name, { kind: 'write', begun: false }, asker, () => {
      const { change, pins } = prepare();
      const identity = {
        pinned: pins !== undefined,
        epoch: pins?.epoch ?? null,
      };
      const { kind, ...asked } = change;
      const script =
        kind === 'claim'
          ? { source: CLAIM_SCRIPT, params: { ...identity, ...asked } }
          : { source: RAISE_SCRIPT, params: { ...identity, ...asked, max: Number.MAX_SAFE_INTEGER } };
      return {
        kind: 'update',
        name,
        condition: { retry_on_conflict: SERVER_RETRIES },
        body: { script: { lang: 'painless', ...script } },
      };
    });
    return whyNoScript(answer!) ?? this.#outcome(name, answer!);
  }

  /**
   * For servers without scripts. The condition is what this very attempt read: a remembered `_seq_no` may belong to a
   * former life of the index.
   */
  async changeByCompareAndSet(name: string, prepare: () => Prepared, asker: Asker): Promise<Outcome> {
    const seen = await this.get(name, asker);
    if (seen.kind === 'missing') return seen;
    const { sighting } = seen;
    const fields = () => {
      const { change, pins } = prepare();
      return fieldsAfter(sighting, change, pins);
    };
    return this.replace(name, sighting, fields, asker);
  }

  /** Writes fields of a document that is still as it was seen. No fields: nothing is written. */
  async replace(
    name: string,
    seen: Sighting,
    fields: () => ({ epoch: string | null } & Record<string, unknown>) | undefined,
    asker: Asker,
  ): Promise<Outcome> {
    let written: { epoch: string | null } | undefined;
    const answer = await this.#send(name, { kind: 'write', begun: true }, asker, () => {
      const doc = (written = fields());
      if (doc === undefined) return undefined;
      const condition = { if_seq_no: seen.seqNo, if_primary_term: seen.term };
      // A write of what is there already is a write: only its acknowledgement says that the value will stay.
      return { kind: 'update', name, condition, body: { doc, detect_noop: false } };
    });
    if (answer === undefined || written === undefined) return { kind: 'unchanged', sighting: seen };
    const outcome = this.#outcome(name, answer);
    if (outcome.kind !== 'written') return outcome;
    if (!metWhatWasSeen(outcome.sighting, seen, written.epoch)) {
      throw new SequenceIdentityError(
        'IDENTITY_CHANGED',
        `Sequence "${name}": the counter was replaced between reading and writing it. Cached ids were dropped; if this repeats, run Sequence.fence().`,
        { sequence: name },
      );
    }
    return outcome;
  }

  /**
   * A new counter. Undefined: it exists, or `document` said that it must not be created any more. What `document` gives
   * is what a `created` answer stands for.
   */
  async create(
    name: string,
    document: () => (CounterDocument & { iid: number }) | undefined,
    asker: Asker,
  ): Promise<Outcome | undefined> {
    let created: CounterDocument | undefined;
    const answer = await this.#send(name, { kind: 'write', begun: true }, asker, () => {
      const counter = (created = document());
      if (counter === undefined) return undefined;
      const { iid, epoch, history } = counter;
      const body = { name, iid, epoch, ...(history === undefined ? {} : { history }) };
      return { kind: 'create', name, body };
    });
    if (answer === undefined || (!answer.ok && answer.error.status === 409)) return undefined;
    return this.#outcome(name, answer, created);
  }

  async get(
    name: string,
    asker: Asker,
  ): Promise<{ kind: 'seen'; sighting: Sighting } | Extract<Outcome, { kind: 'missing' }>> {
    const answer = (await this.#send(name, { kind: 'read', begun: false }, asker, () => ({
      kind: 'get',
      name,
    }))) as Answer;
    if (!answer.ok) {
      if (answer.error.status === 404 && field(answer.error.body, 'found') === false) {
        if (field(answer.error.body, '_id') !== name) throw unreadable(name, undefined);
        return missingDocument(field(answer.error.body, '_index'));
      }
      return this.#missing(name, answer);
    }
    const { body } = answer;
    const sighting = this.#sight(name, body, body['_source']);
    if (sighting.index === this.alias) {
      throw new UnsafeIndexError(this.alias, [
        'it is an index, not an alias: rename it and give it the alias',
      ]);
    }
    return { kind: 'seen', sighting };
  }

  #send(
    name: string,
    turn: { kind: 'read' | 'write'; begun: boolean },
    asker: Asker,
    build: () => DocumentOperation | undefined,
  ): Promise<Answer | undefined> {
    return this.requests.send({ name, ...turn, build }, asker);
  }

  #outcome(name: string, answer: Answer, created?: CounterDocument): Outcome {
    if (!answer.ok) {
      if (answer.error.status === 409) {
        throw sequenceError(
          name,
          'CONFLICT',
          'another process was faster. Nothing was claimed; the call may be repeated.',
          { cause: answer.thrown },
        );
      }
      return this.#missing(name, answer);
    }
    const { body } = answer;
    const source = created === undefined ? field(body, 'get', '_source') : created;
    const sighting = this.#sight(name, body, source);
    const { result } = body;
    const written = result === 'updated' || result === 'created';
    return { kind: written ? 'written' : 'unchanged', sighting };
  }

  #sight(name: string, body: Record<string, unknown>, source: unknown): Sighting {
    const sighting = sight(name, body, source);
    if (sighting === undefined) throw unreadable(name, body);
    const { iid } = sighting.document;
    // A text may be what is stored; these two never are.
    if (typeof iid === 'bigint' || isRecord(iid)) throw brokenNumbers(name);
    if (sighting.seqNo < 0) {
      throw new UnsafeIndexError(
        this.alias,
        ['it keeps no sequence numbers (index.disable_sequence_numbers, index.mode): reindex without'],
        { sequence: name, ambiguous: true },
      );
    }
    // Each answer brings the name of the index as a string of its own, and the pins of each counter would keep theirs: 40 bytes.
    if (sighting.index === this.#lastIndex) sighting.index = this.#lastIndex;
    else this.#lastIndex = sighting.index;
    return sighting;
  }

  #missing(name: string, answer: Extract<Answer, { ok: false }>): Extract<Outcome, { kind: 'missing' }> {
    const { status, type, reason, body } = answer.error;
    if (status === 404 && type === 'document_missing_exception') {
      return missingDocument(field(body, 'error', 'index'));
    }
    if (status === 404 && type === 'index_not_found_exception') return { kind: 'missing', what: 'index' };
    if (status === 400 && reason.includes('no write index is defined')) {
      throw new UnsafeIndexError(
        this.alias,
        ['the alias stands for several indices: remove it from all but one'],
        {
          sequence: name,
          cause: answer.thrown,
        },
      );
    }
    throw refusal('claim ids', answer, name);
  }
}

/**
 * The top-level text is the same for a plain fault of a script; only the chain of causes tells. `not now`: other scripts
 * have used up what may be compiled in five minutes (`script.max_compilations_rate`), and ours is not in the cache.
 */
function whyNoScript(answer: Answer): 'never' | 'not now' | undefined {
  if (answer.ok || answer.error.status !== 400) return undefined;
  const found = causes(answer.error);
  if (found.some(({ reason }) => NO_SCRIPTS.test(reason))) return 'never';
  return found.some(({ type }) => type === 'circuit_breaking_exception') ? 'not now' : undefined;
}

function missingDocument(index: unknown): Outcome & { kind: 'missing' } {
  return { kind: 'missing', what: 'document', ...(typeof index === 'string' ? { index } : {}) };
}

/** Undefined: this is not an answer about the document, or not one of Elasticsearch. */
function sight(name: string, body: Record<string, unknown>, source: unknown): Sighting | undefined {
  const { _index: index, _id: id, _seq_no: seqNo, _primary_term: term } = body;
  if (typeof index !== 'string' || id !== name || typeof seqNo !== 'number' || typeof term !== 'number') {
    return undefined;
  }
  if (!isRecord(source)) return undefined;
  const { iid, epoch, history, epochs } = source;
  return {
    index,
    seqNo,
    term,
    document: {
      iid,
      epoch: typeof epoch === 'string' ? epoch : null,
      history: typeof history === 'string' ? history : undefined,
      epochs: Array.isArray(epochs) ? epochs.map((one) => (typeof one === 'string' ? one : null)) : [],
    },
  };
}

/** What a parser with large numbers of its own makes of a number: a text, a bigint, an object. */
function isBrokenNumber(value: unknown): boolean {
  return (typeof value === 'string' && /^-?\d+$/.test(value)) || typeof value === 'bigint' || isRecord(value);
}

function unreadable(name: string, body: Record<string, unknown> | undefined): SequenceError {
  if (isBrokenNumber(body?.['_seq_no']) || isBrokenNumber(body?.['_primary_term']))
    return brokenNumbers(name);
  return sequenceError(
    name,
    'UNAVAILABLE',
    'an answer did not come from Elasticsearch (a proxy?). Nothing was handed out; the call may be repeated.',
    { ambiguous: true },
  );
}

function brokenNumbers(name: string): SequenceError {
  return sequenceError(
    name,
    'REJECTED',
    "the client's serializer does not give numbers as numbers. Nothing was handed out; every claim will fail: give the store a client that parses JSON as JSON.parse does.",
    { ambiguous: true },
  );
}
