import { field, isRecord } from './values.js';

/**
 * What may be shown of a client's error. All clients keep the request in their errors, with every header that was set on
 * the client or a node, and the node's URL; these errors become causes of ours, which get logged. So nothing is shown
 * but what is listed here.
 */
const HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'retry-after',
  'server',
  'transfer-encoding',
  'user-agent',
  'vary',
  'warning',
  'x-elastic-client-meta',
  'x-elastic-product',
  'x-opensearch-version',
]);

/** What Node.js says of a failed connection. */
const DETAILS = ['code', 'errno', 'syscall', 'address', 'port', 'hostname', 'reason'] as const;

/** Causes of causes are a few; a circle has no end. */
const DEPTH = 5;

/** A copy: the headers in the error are those of the client's live connection. It is of the same class as the original. */
export function safeCause(thrown: unknown, depth = 0): Error {
  if (!(thrown instanceof Error))
    return new Error(`The client threw ${typeof thrown}, which is not an Error.`);
  const cause = field(thrown, 'cause');
  const nested = cause instanceof Error && depth < DEPTH ? { cause: safeCause(cause, depth + 1) } : undefined;
  const copy = new Error(withoutCredentials(thrown.message), nested);
  Object.setPrototypeOf(copy, Object.getPrototypeOf(thrown) as object);
  hide(copy, 'name', thrown.name);
  hide(copy, 'stack', withoutCredentials(String(thrown.stack)));
  for (const name of DETAILS) {
    const value = field(thrown, name);
    if (typeof value === 'string') Object.assign(copy, { [name]: withoutCredentials(value) });
    if (typeof value === 'number') Object.assign(copy, { [name]: value });
  }
  const errors = field(thrown, 'errors');
  if (Array.isArray(errors) && depth < DEPTH) {
    hide(
      copy,
      'errors',
      errors.map((error) => safeCause(error, depth + 1)),
    );
  }
  const meta = field(thrown, 'meta');
  if (isRecord(meta)) Object.assign(copy, { meta: safeMeta(meta) });
  return copy;
}

/** The address of the node an error or an answer came from, without anything that may be a secret. */
export function nodeOf(result: unknown): string | undefined {
  const url =
    field(result, 'meta', 'meta', 'connection', 'url') ?? field(result, 'meta', 'connection', 'url');
  if (!(url instanceof URL) && typeof url !== 'string') return undefined;
  const { origin } = URL.canParse(String(url)) ? new URL(String(url)) : { origin: 'null' };
  return origin === 'null' ? undefined : origin;
}

export function withoutCredentials(text: string): string {
  return text
    .replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1')
    .replaceAll(/(https?:\/\/[^\s?#]*)\?\S*/gi, '$1');
}

function safeMeta(meta: Record<string, unknown>): Record<string, unknown> {
  const { body, statusCode, headers, warnings } = meta;
  const { name, attempts, aborted } = (meta['meta'] ?? {}) as Record<string, unknown>;
  const {
    method,
    path,
    headers: sent,
  } = (field(meta, 'meta', 'request', 'params') ?? {}) as Record<string, unknown>;
  const params = {
    method,
    path,
    body: field(meta, 'meta', 'request', 'params', 'body'),
    headers: allowed(sent),
  };
  const id = field(meta, 'meta', 'request', 'id');
  return {
    body,
    statusCode,
    headers: allowed(headers),
    warnings,
    meta: { name, request: { params, id }, connection: { url: nodeOf({ meta }) }, attempts, aborted },
  };
}

function allowed(headers: unknown): Record<string, unknown> {
  if (!isRecord(headers)) return {};
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HEADERS.has(name.toLowerCase())));
}

/** As errors have it: not listed among their fields. */
function hide(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, enumerable: false, writable: true, configurable: true });
}
