import { SequenceError } from '../../common/sequence-error.js';

export interface ElasticsearchRequest {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  querystring?: Record<string, string | number | boolean>;
  body?: Record<string, unknown>;
}

/**
 * The part of a client that the clients of Elasticsearch 7.13 to 9 and of OpenSearch share. Called with `meta: true`,
 * which the older ones, that always answer so, ignore.
 */
export interface ElasticsearchClient {
  readonly transport: { request(params: ElasticsearchRequest, options?: object): PromiseLike<unknown> };
}

/** What an Elasticsearch error answer says. `type` and `reason` are those of the outermost error. */
export interface ErrorAnswer {
  status: number;
  type: string;
  reason: string;
  body: unknown;
}

export type Answer =
  { ok: true; body: Record<string, unknown> } | { ok: false; error: ErrorAnswer; thrown: unknown };

/**
 * One request without the client's own retries: by default it sends a POST again after connection errors and
 * 502/503/504, and a claim sent twice is two claims. An error that Elasticsearch itself worded is an answer; anything
 * else throws, as trouble that may pass.
 */
export async function request(
  client: ElasticsearchClient,
  params: ElasticsearchRequest,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  let response: unknown;
  try {
    const pending = client.transport.request(params, { meta: true, maxRetries: 0, signal });
    response = await abandonable(pending, signal);
  } catch (thrown) {
    redact(thrown);
    const error = errorAnswer(thrown);
    if (error !== undefined && isFinal(error)) return { ok: false, error, thrown };
    throw signal.aborted ? signal.reason : trouble(thrown, error);
  }
  const body = field(response, 'body');
  if (!isRecord(body)) {
    throw new SequenceError(
      'UNAVAILABLE',
      'Elasticsearch gave an answer that is no JSON object (a proxy?).',
      {
        ambiguous: true,
      },
    );
  }
  return { ok: true, body };
}

/** What no other code of the library makes sense of. `doing` is for the message: "claim ids". */
export function refusal(
  doing: string,
  { error, thrown }: Extract<Answer, { ok: false }>,
  sequence?: string,
): SequenceError {
  const { status, type, reason } = error;
  const said = `Elasticsearch refused to ${doing} (${status} ${type}: ${reason}). Nothing was handed out.`;
  const about = { sequence, cause: thrown };
  if (type === 'cluster_block_exception') {
    return new SequenceError(
      'READ_ONLY',
      `${said} Remove the block from the index or free disk space.`,
      about,
    );
  }
  if (status === 401 || status === 403) {
    return new SequenceError(
      'FORBIDDEN',
      `${said} Check the credentials; on the index the role needs: read, index, view_index_metadata, monitor (and create_index, manage to create it).`,
      about,
    );
  }
  return new SequenceError('REJECTED', `${said} The same request will be refused again.`, about);
}

/** All error types of an answer, outermost first, along `caused_by` and `root_cause`: the outermost is often too general. */
export function causes(error: ErrorAnswer): { type: string; reason: string }[] {
  const found: { type: string; reason: string }[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (!isRecord(value) || depth > 20) return;
    found.push({ type: text(value['type']), reason: text(value['reason']) });
    visit(value['caused_by'], depth + 1);
    if (Array.isArray(value['root_cause'])) for (const cause of value['root_cause']) visit(cause, depth + 1);
  };
  visit(field(error.body, 'error'), 0);
  return found;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function field(value: unknown, ...path: string[]): unknown {
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 500) : '';
}

/** Clients before 8 know no signal but have `abort()` on the promise; whether it works or not, nobody waits longer. */
function abandonable(pending: PromiseLike<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const abandon = () => {
      const abort = field(pending, 'abort');
      if (typeof abort === 'function') abort.call(pending);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abandon, { once: true });
    const settled = () => signal.removeEventListener('abort', abandon);
    pending.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(error);
      },
    );
  });
}

/**
 * The clients of Elasticsearch 7 and of OpenSearch keep the request in their errors, headers and all, and these errors
 * become causes of ours, which get logged. Later clients redact such headers by themselves.
 */
function redact(thrown: unknown): void {
  const headers = field(thrown, 'meta', 'meta', 'request', 'params', 'headers');
  if (!isRecord(headers)) return;
  for (const name of Object.keys(headers)) {
    if (/^(authorization|cookie|apikey|x-api-key|x-elastic-app-auth)$/i.test(name))
      headers[name] = '[redacted]';
  }
}

function errorAnswer(thrown: unknown): ErrorAnswer | undefined {
  const status = field(thrown, 'meta', 'statusCode') ?? field(thrown, 'statusCode');
  const body = field(thrown, 'meta', 'body') ?? field(thrown, 'body');
  // The later clients say 0 where no answer came.
  if (typeof status !== 'number' || status === 0) return undefined;
  const error = field(body, 'error');
  return {
    status,
    type: text(field(error, 'type')),
    reason: text(field(error, 'reason')) || text(error),
    body,
  };
}

/**
 * Worded by Elasticsearch and not about to pass. A 404 without `error.type` may be a proxy's page; only GET and
 * DELETE of a document have their own forms of "not found".
 */
function isFinal({ status, type, body }: ErrorAnswer): boolean {
  if (status === 429 || status >= 500) return false;
  if (status === 401 || status === 403) return true;
  return (
    type !== '' ||
    typeof field(body, 'found') === 'boolean' ||
    field(body, 'result') === 'not_found' ||
    typeof field(body, 'error') === 'string'
  );
}

/** Trouble that may pass: no answer, 429, 5xx, or an answer that did not come from Elasticsearch. */
function trouble(thrown: unknown, error: ErrorAnswer | undefined): SequenceError {
  if (thrown instanceof SequenceError) return thrown;
  const refused = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/;
  const message = thrown instanceof Error ? thrown.message : '';
  const said =
    error === undefined
      ? `Elasticsearch did not answer (${thrown instanceof Error ? thrown.name : 'unknown error'}).`
      : `Elasticsearch cannot work now (${error.status} ${error.type || 'no Elasticsearch error'}).`;
  return new SequenceError('UNAVAILABLE', `${said} Nothing was handed out; the call may be repeated.`, {
    cause: thrown,
    // 429 and a refused connection mean that nothing was applied; all else may have been.
    ambiguous: error === undefined ? !refused.test(message) : error.status !== 429,
  });
}
