import { UnsafeIndexError, sequenceError } from '../../common/sequence-error.js';
import { type DocumentOperation, singleRequest } from './document-operation.js';
import { refusal } from './error-answer.js';
import { movedAlias } from './errors.js';
import { type Answer, type Asker, type ElasticsearchClient, type Refused, request } from './request.js';
import { field, text } from './values.js';
import { SERIES_FIELD } from './series-field.js';
import type { VerifiedIndex } from './verified-index.js';
import type { SeriesRecordRequest } from '../sequence-store.js';

interface Seen {
  readonly record: string;
  readonly seqNo: number;
  readonly term: number;
}

export interface SeriesDocumentsOptions {
  client: ElasticsearchClient;
  alias: string;
  index: VerifiedIndex;
  /** Whether a record that is missing may be created. */
  creates: boolean;
}

/**
 * The records of number series: one document each, beside the counters. Its `_id` begins with `~`, which no counter's
 * name does.
 */
export class SeriesDocuments {
  constructor(private readonly options: SeriesDocumentsOptions) {}

  /** Writes `record` if the stored one is `expected`, and gives the one that is stored afterwards. */
  async record({ name, expected, record, signal, progress }: SeriesRecordRequest): Promise<string> {
    const { creates, index } = this.options;
    const asker = { signal, progress };
    const verified = await index.name(asker);
    // Each race that is lost here was won by a process with another definition, so they are few.
    for (;;) {
      const seen = await this.#read(name, verified, asker);
      if (seen === undefined && !creates) {
        throw sequenceError(
          name,
          'MISSING',
          'there is no record of this series, and with create: "never" this process does not create it. Nothing was claimed; restore it, or let a process with create: "auto" use the series first.',
        );
      }
      if (seen !== undefined && seen.record !== expected) return seen.record;
      if (await this.#write(name, seen, record, asker)) return record;
    }
  }

  async #read(name: string, verified: string, asker: Asker): Promise<Seen | undefined> {
    const { alias, index } = this.options;
    const answer = await this.#send({ kind: 'get', name: idOf(name) }, asker);
    const body: unknown = answer.ok ? answer.body : answer.error.body;
    const lacking = !answer.ok && answer.error.status === 404 && field(body, 'found') === false;
    if (!answer.ok && !lacking) throw this.#refused(name, 'read the record of a number series', answer);
    const found = field(body, '_index');
    if (field(body, '_id') !== idOf(name) || typeof found !== 'string') throw unreadable(name);
    if (found !== verified) {
      index.doubt();
      throw movedAlias(name, alias, verified, found, { ambiguous: false });
    }
    if (lacking) return undefined;
    const record = field(body, '_source', 'series');
    const [seqNo, term] = [field(body, '_seq_no'), field(body, '_primary_term')];
    if (typeof seqNo !== 'number' || typeof term !== 'number') throw unreadable(name);
    if (typeof record === 'string') return { record, seqNo, term };
    throw sequenceError(
      name,
      'CORRUPT',
      `the document ${idOf(name)} is not the record of a number series. Nothing was changed; delete it if it is not yours.`,
    );
  }

  /** False: another process was faster. */
  async #write(name: string, seen: Seen | undefined, record: string, asker: Asker): Promise<boolean> {
    const id = idOf(name);
    const operation: DocumentOperation =
      seen === undefined
        ? { kind: 'create', name: id, body: { name, series: record } }
        : {
            kind: 'update',
            name: id,
            condition: { if_seq_no: seen.seqNo, if_primary_term: seen.term },
            body: { doc: { series: record } },
          };
    let answer = await this.#send(operation, asker);
    if (!answer.ok && answer.error.type === 'strict_dynamic_mapping_exception') {
      await this.#addField(name, asker);
      answer = await this.#send(operation, asker);
    }
    if (answer.ok) return true;
    if (answer.error.status === 409) return false;
    throw this.#refused(name, 'write the record of a number series', answer);
  }

  /** An index that was created before there were number series. */
  async #addField(name: string, asker: Asker): Promise<void> {
    const { client, alias } = this.options;
    const path = `/${encodeURIComponent(alias)}/_mapping`;
    const body = { properties: { series: SERIES_FIELD } };
    const answer = await request(client, { method: 'PUT', path, body }, asker);
    if (answer.ok) return;
    if (answer.error.status !== 403) throw refusal('add the field series to the mapping', answer, name);
    throw new UnsafeIndexError(
      alias,
      [
        'the mapping is strict and lacks series, for the records of number series, and this process may not add it: add it as "keyword" with "index": false and "doc_values": false',
      ],
      { sequence: name, cause: answer.thrown },
    );
  }

  #send(operation: DocumentOperation, asker: Asker): Promise<Answer> {
    return request(this.options.client, singleRequest(this.options.alias, operation), asker);
  }

  #refused(name: string, doing: string, answer: Refused): Error {
    const { status, type } = answer.error;
    if (status !== 404) return refusal(doing, answer, name);
    this.options.index.doubt();
    return sequenceError(
      name,
      'UNAVAILABLE',
      `the ${text(type).startsWith('document') ? 'record' : 'index'} of the series was removed meanwhile. Nothing was claimed; the call may be repeated.`,
      { cause: answer.thrown },
    );
  }
}

function idOf(series: string): string {
  return `~${series}`;
}

function unreadable(name: string): Error {
  return sequenceError(
    name,
    'UNAVAILABLE',
    'an answer did not come from Elasticsearch (a proxy?). Nothing was claimed; the call may be repeated.',
  );
}
