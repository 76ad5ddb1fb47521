import { withoutSecrets } from './sent-secrets.js';
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

/**
 * A copy: the headers in the error are those of the client's live connection. It is of the same class as the original.
 * `show`: see {@link shownTexts}.
 */
export function safeCause(thrown: unknown, show: (text: string) => string, depth = 0): Error {
  if (!(thrown instanceof Error))
    return new Error(`The client threw ${typeof thrown}, which is not an Error.`);
  const cause = field(thrown, 'cause');
  const nested =
    cause instanceof Error && depth < DEPTH ? { cause: safeCause(cause, show, depth + 1) } : undefined;
  const copy = new Error(show(thrown.message), nested);
  Object.setPrototypeOf(copy, Object.getPrototypeOf(thrown) as object);
  hide(copy, 'name', thrown.name);
  hide(copy, 'stack', show(String(thrown.stack)));
  for (const name of DETAILS) {
    const value = field(thrown, name);
    if (typeof value === 'string') Object.assign(copy, { [name]: show(value) });
    if (typeof value === 'number') Object.assign(copy, { [name]: value });
  }
  const errors = field(thrown, 'errors');
  if (Array.isArray(errors) && depth < DEPTH) {
    hide(
      copy,
      'errors',
      errors.map((error) => safeCause(error, show, depth + 1)),
    );
  }
  const meta = field(thrown, 'meta');
  if (isRecord(meta)) Object.assign(copy, { meta: safeMeta(meta, show) });
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

/** Makes texts of what `client` threw, and of the answer in it, fit to be shown. */
export function shownTexts(client: unknown, thrown: unknown): (text: string) => string {
  return withoutSecrets(client, thrown, isShown);
}

function isShown(header: string): boolean {
  return HEADERS.has(header.toLowerCase());
}

/** Texts at any depth. */
function shownValue(value: unknown, show: (text: string) => string, depth = 0): unknown {
  if (typeof value === 'string') return show(value);
  if (typeof value !== 'object' || value === null || depth > 20) return value;
  if (Array.isArray(value)) return value.map((one) => shownValue(one, show, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, shownValue(one, show, depth + 1)]),
  );
}

function safeMeta(meta: Record<string, unknown>, show: (text: string) => string): Record<string, unknown> {
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
    body: shownValue(body, show),
    statusCode,
    // A header that may be shown may repeat one that may not.
    headers: shownValue(allowed(headers), show),
    warnings: shownValue(warnings, show),
    meta: { name, request: { params, id }, connection: { url: nodeOf({ meta }) }, attempts, aborted },
  };
}

function allowed(headers: unknown): Record<string, unknown> {
  if (!isRecord(headers)) return {};
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isShown(name)));
}

/** As errors have it: not listed among their fields. */
function hide(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, enumerable: false, writable: true, configurable: true });
}
