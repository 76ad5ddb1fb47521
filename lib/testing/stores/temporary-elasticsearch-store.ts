import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { assertKnownKeys, show } from '../../common/arguments.js';
import { refusal } from '../../store/elasticsearch/error-answer.js';
import { type Answer, type ElasticsearchClient, request } from '../../store/elasticsearch/request.js';
import { field, isRecord } from '../../store/elasticsearch/values.js';
import { ElasticsearchSequenceStore } from '../../store/elasticsearch/elasticsearch-sequence-store.js';
import type { ElasticsearchStoreOptions } from '../../store/elasticsearch/store-options.js';
import { RESET_COUNTERS, type ResettableSequenceStore } from '../resettable-store.js';
import { SequenceError } from '../../common/sequence-error.js';

/** The options of {@link temporaryElasticsearchStore}. */
export interface TemporaryElasticsearchOptions extends Pick<
  ElasticsearchStoreOptions,
  'strategy' | 'historyCheck'
> {
  /**
   * The beginning of the names of aliases and indices: 1 to 100 characters of a-z 0-9 . _ -.
   *
   * @default 'essequences-test'
   */
  prefix?: string | undefined;
}

/** Milliseconds for all requests of one reset or of one close. */
const REQUESTS_TIMEOUT = 30_000;
/** Milliseconds after which an index must come from a test run that was killed. */
const LIFETIME = 24 * 60 * 60 * 1_000;
/** Counters that are listed at a time and then deleted in parallel. */
const PAGE = 100;
/** Names per request: a path has at most 4,096 bytes. */
const NAMES_PER_REQUEST = 20;

/**
 * Counters for tests in an index of their own, on a real Elasticsearch or OpenSearch. The name of the alias contains
 * the time and a random suffix, so that parallel test runs on one cluster do not meet. The index is created at first
 * use and deleted on close. The counters can be reset.
 *
 * On close the store also deletes indices with the same prefix that killed test runs left behind more than a day ago.
 * It reports them with `process.emitWarning` and the type `SequenceWarning`.
 *
 * Under fake timers the client of Elasticsearch 9 needs a real `setImmediate`, or it never uses a connection again.
 *
 * @param client The store never closes it. Its role needs all privileges on `<prefix>-*`.
 * @throws TypeError for an invalid client, option or prefix.
 *
 * @example
 * const client = new Client({ node: 'http://localhost:9200' });
 * SequenceTestingModule.forRoot({ store: temporaryElasticsearchStore(client) })
 */
export function temporaryElasticsearchStore(
  client: ElasticsearchClient,
  options: TemporaryElasticsearchOptions = {},
): TemporaryElasticsearchStore {
  assertKnownKeys('the options of temporaryElasticsearchStore', options, [
    'prefix',
    'strategy',
    'historyCheck',
  ]);
  const { prefix = 'essequences-test', strategy, historyCheck } = options;
  if (typeof prefix !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,99}$/.test(prefix)) {
    throw new TypeError(
      `Expected prefix to be 1 to 100 characters of a-z 0-9 . _ - with a letter or digit first, got ${show(prefix)}`,
    );
  }
  return new TemporaryElasticsearchStore(client, prefix, { strategy, historyCheck });
}

/** Several stores with the same alias act like several processes. */
export class ResettableElasticsearchStore
  extends ElasticsearchSequenceStore
  implements ResettableSequenceStore
{
  async [RESET_COUNTERS](name?: string): Promise<void> {
    const signal = AbortSignal.timeout(REQUESTS_TIMEOUT);
    const isSeries = name?.endsWith('~') === true;
    if (name === undefined || isSeries) {
      for (;;) {
        const names = await this.#names(name, signal);
        if (names.length === 0) break;
        await Promise.all(names.map((found) => this.#delete(found, signal)));
        for (const found of names) this.forget(found);
      }
    }
    // The record of a series has the name of the series behind a tilde.
    if (name !== undefined) await this.#delete(isSeries ? `~${name.slice(0, -1)}` : name, signal);
    this.forget(name);
  }

  /** Some of the documents that there are. `prefix`: of those whose names begin like this. */
  async #names(prefix: string | undefined, signal: AbortSignal): Promise<string[]> {
    const path = `/${encodeURIComponent(this.alias)}`;
    const refreshed = await request(this.client, { method: 'POST', path: `${path}/_refresh` }, { signal });
    if (isMissing(refreshed)) return [];
    const query = prefix === undefined ? { match_all: {} } : { prefix: { name: prefix } };
    const search = { size: PAGE, _source: false, query };
    const found = await request(
      this.client,
      { method: 'POST', path: `${path}/_search`, body: search },
      { signal },
    );
    if (isMissing(found)) return [];
    if (!found.ok) throw refusal('list the counters', found);
    const hits = field(found.body, 'hits', 'hits');
    return Array.isArray(hits) ? hits.map((hit) => String(field(hit, '_id'))) : [];
  }

  async #delete(name: string, signal: AbortSignal): Promise<void> {
    const path = `/${encodeURIComponent(this.alias)}/_doc/${encodeURIComponent(name)}`;
    const answer = await request(this.client, { method: 'DELETE', path }, { signal });
    if (!answer.ok && answer.error.status !== 404) throw refusal('delete the counter', answer, name);
  }
}

/** The store from {@link temporaryElasticsearchStore}. Tests can reset it, and close deletes its index. */
export class TemporaryElasticsearchStore extends ResettableElasticsearchStore {
  readonly #client: NotedClient;
  readonly #prefix: string;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(
    client: ElasticsearchClient,
    prefix: string,
    options: Pick<ElasticsearchStoreOptions, 'strategy' | 'historyCheck'>,
  ) {
    const noted = new NotedClient(client);
    super({ ...options, client: noted, index: `${prefix}-${timestamp()}-${randomBytes(8).toString('hex')}` });
    this.#client = noted;
    this.#prefix = prefix;
  }

  /** The alias. An `ElasticsearchSequenceStore` with this `index` acts like another process on the same counters. */
  get index(): string {
    return this.alias;
  }

  override async [RESET_COUNTERS](name?: string): Promise<void> {
    if (this.#client.used && !this.#client.closed) await super[RESET_COUNTERS](name);
  }

  override close(): Promise<void> {
    this.#closing ??= this.#remove();
    return this.#closing;
  }

  async #remove(): Promise<void> {
    this.#client.closed = true;
    if (!this.#client.used) return;
    const { client } = this.#client;
    const signal = AbortSignal.timeout(REQUESTS_TIMEOUT);
    const names = await this.#indices(client, signal);
    const own = names.filter((name) => name.startsWith(`${this.alias}-`));
    const leftOver = names.filter((name) => this.#isLeftOver(name));
    const doomed = [...own, ...leftOver];
    for (let from = 0; from < doomed.length; from += NAMES_PER_REQUEST) {
      const path = `/${doomed.slice(from, from + NAMES_PER_REQUEST).join(',')}`;
      // Another test run may delete the same indices at the same time.
      const querystring = { ignore_unavailable: true };
      const answer = await request(client, { method: 'DELETE', path, querystring }, { signal });
      if (!answer.ok) throw refusal('delete the index of a test', answer);
    }
    if (leftOver.length > 0) {
      process.emitWarning(
        `Deleted Elasticsearch indices that test runs left behind more than a day ago: ${leftOver.join(', ')}`,
        { type: 'SequenceWarning' },
      );
    }
  }

  async #indices(client: ElasticsearchClient, signal: AbortSignal): Promise<string[]> {
    const path = `/${this.#prefix}-*/_alias`;
    const querystring = { expand_wildcards: 'all' };
    const answer = await request(client, { method: 'GET', path, querystring }, { signal });
    if (isMissing(answer)) return [];
    if (!answer.ok) throw refusal('list the indices of tests', answer);
    return Object.keys(answer.body).filter((name) => isRecord(answer.body[name]));
  }

  /** Only names of the form that this store makes: other indices may have the same prefix. */
  #isLeftOver(name: string): boolean {
    const [, year, month, day, hour, minute, second] =
      /^-(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)-[0-9a-f]{16}-[0-9a-f]{8}$/.exec(
        name.slice(this.#prefix.length),
      ) ?? [];
    if (year === undefined) return false;
    const created = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    return created < now() - LIFETIME;
  }
}

/** Notes whether any request was sent, so that an unused store has nothing to delete. After close it sends none. */
class NotedClient implements ElasticsearchClient {
  used = false;
  closed = false;

  constructor(readonly client: ElasticsearchClient) {
    if (typeof client !== 'object' || client === null) {
      throw new TypeError(`Expected client to be an Elasticsearch or OpenSearch client, got ${show(client)}`);
    }
  }

  readonly transport: ElasticsearchClient['transport'] = {
    request: (params, options) => {
      if (this.closed) throw new SequenceError('CLOSED', 'The store is closed. Nothing was changed.');
      this.used = true;
      return this.client.transport.request(params, options);
    },
  };
}

/** Not `Date.now()`: under fake timers an index in use, or every other one, would look old. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function timestamp(): string {
  const [date = '', time = ''] = new Date(now()).toISOString().split('T');
  return `${date.replaceAll('-', '')}t${time.slice(0, 8).replaceAll(':', '')}`;
}

function isMissing(answer: Answer): boolean {
  return !answer.ok && answer.error.status === 404 && answer.error.type === 'index_not_found_exception';
}
