import { type SequenceError, sequenceError, UnsafeIndexError } from '../../common/sequence-error.js';
import { causes, refusal } from './error-answer.js';
import type { CounterDocument, Sighting } from './identity.js';
import type { Outcome } from './protocol.js';
import type { Answer, Refused } from './request.js';
import { field, isRecord } from './values.js';

/** What Elasticsearch says without Painless, with `script.allowed_types` or `script.allowed_contexts` against us. */
const NO_SCRIPTS =
  /script_lang not supported \[painless\]|cannot execute \[inline\] scripts|cannot execute scripts using \[update\] context/;

export type Seen = { kind: 'seen'; sighting: Sighting };
export type Missing = Extract<Outcome, { kind: 'missing' }>;

/** What an answer says of the counter that was asked about. */
export class CounterAnswers {
  /** The index that the last answer came from. */
  #lastIndex = '';

  constructor(private readonly alias: string) {}

  /** To a read. */
  seen(name: string, answer: Answer): Seen | Missing {
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

  /** To a write. `created`: the document that a `created` answer stands for. */
  outcome(name: string, answer: Answer, created?: CounterDocument): Outcome {
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

  #missing(name: string, answer: Refused): Missing {
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
export function whyNoScript(answer: Answer): 'never' | 'not now' | undefined {
  if (answer.ok || answer.error.status !== 400) return undefined;
  const found = causes(answer.error);
  if (found.some(({ reason }) => NO_SCRIPTS.test(reason))) return 'never';
  return found.some(({ type }) => type === 'circuit_breaking_exception') ? 'not now' : undefined;
}

function missingDocument(index: unknown): Missing {
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
