import { poolOf } from './client-pool.js';
import { orAborted } from '../../common/abort.js';
import { SequenceError } from '../../common/sequence-error.js';
import type { StoreRequest } from '../sequence-store.js';
import { type ErrorAnswer, errorAnswer, isFinal } from './error-answer.js';
import { safeCause, shownTexts } from './safe-cause.js';
import { notAClient, notOfElasticsearch, trouble } from './trouble.js';
import { field, isRecord } from './values.js';

export interface ElasticsearchRequest {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  querystring?: Record<string, string | number | boolean>;
  body?: Record<string, unknown>;
  /** Lines of a request for many documents. */
  bulkBody?: Record<string, unknown>[];
}

/** Whose request it is: it ends when the signal aborts, and tells its progress. */
export type Asker = Pick<StoreRequest, 'signal' | 'progress'>;

/**
 * The part of a client that the clients 7.13, 8 and 9 of Elasticsearch and that of OpenSearch share. Called with
 * `meta: true`, which the older ones, that always answer so, ignore.
 */
export interface ElasticsearchClient {
  readonly transport: { request(params: ElasticsearchRequest, options?: object): PromiseLike<unknown> };
}

export type Answer = { ok: true; body: Record<string, unknown> } | Refused;

/** `thrown`: what may be shown of it, as the cause of an error. */
export interface Refused {
  ok: false;
  error: ErrorAnswer;
  thrown: Error;
}

export interface RequestOptions {
  /** Which error answers are answers. All others throw. @default isFinal */
  isAnswer?: (error: ErrorAnswer) => boolean;
  /** Told when it was answered or ended. That is after its asker has left, where it stayed open. */
  onEnded?: () => void;
}

/**
 * One request without the client's own retries: by default it sends a POST again after connection errors and
 * 502/503/504, and a claim sent twice is two claims. An error that Elasticsearch itself worded is an answer; anything
 * else throws: UNAVAILABLE if it may pass, REJECTED if only a person can mend it.
 */
export async function request(
  client: ElasticsearchClient,
  params: ElasticsearchRequest,
  asker: Asker,
  { isAnswer = isFinal, onEnded }: RequestOptions = {},
): Promise<Answer> {
  const { signal, progress } = asker;
  signal.throwIfAborted();
  if (typeof field(client, 'transport', 'request') !== 'function') {
    throw notAClient('it has no transport.request()');
  }
  let response: unknown;
  try {
    progress?.sent();
    response = await abandonable(client, params, asker, onEnded);
  } catch (thrown) {
    if (thrown instanceof SequenceError) throw thrown;
    const show = shownTexts(client, thrown);
    const error = errorAnswer(thrown, show);
    const cause = safeCause(thrown, show);
    if (error !== undefined && isAnswer(error)) return { ok: false, error, thrown: cause };
    if (signal.aborted) throw signal.reason;
    throw trouble(thrown, error, cause, { isClosed: poolOf(client)?.length === 0 });
  }
  const status = field(response, 'statusCode');
  if (typeof status !== 'number') throw notAClient('its answers have no statusCode');
  // The clients take redirections for answers.
  if (status < 200 || status > 299) throw notOfElasticsearch(`its status is ${status}`, response);
  const body = field(response, 'body');
  if (!isRecord(body)) throw notOfElasticsearch('it is not a JSON object', response);
  return { ok: true, body };
}

/**
 * Nobody waits longer than the signal allows. The request itself may stay open after that, only to tell that the server
 * answers: its answer is lost to the attempt. Clients before 8 know no signal but have `abort()` on the promise.
 */
function abandonable(
  client: ElasticsearchClient,
  params: ElasticsearchRequest,
  { signal, progress }: Asker,
  onEnded: () => void = () => {},
): Promise<unknown> {
  const own = new AbortController();
  const pending = client.transport.request(params, { meta: true, maxRetries: 0, signal: own.signal });
  const end = () => {
    own.abort(signal.reason);
    const abort = field(pending, 'abort');
    if (typeof abort === 'function') abort.call(pending);
  };
  const answered = Promise.resolve(pending).then(
    (response) => {
      progress?.answered();
      return response;
    },
    (error: unknown) => {
      if (errorAnswer(error) !== undefined) progress?.answered();
      throw error;
    },
  );
  // After an abort nobody else listens.
  answered.then(onEnded, onEnded);
  const ended = new AbortController();
  signal.addEventListener(
    'abort',
    () => {
      if (progress?.staysOpen(end) !== true) end();
    },
    { once: true, signal: ended.signal },
  );
  return orAborted(answered, signal).finally(() => ended.abort());
}
