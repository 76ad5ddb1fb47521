import { poolOf } from './client-pool.js';
import { field, isRecord } from './values.js';

/** The shortest text that is taken for a secret. Shorter ones occur by chance. */
const SHORTEST = 6;
/** The same for a part of a node's path: ordinary ones are words. */
const SHORTEST_SEGMENT = 16;

/**
 * Takes out of texts what a client sent and nobody else should see. Gateways repeat a request in their pages, with its
 * headers and its path, and such a page reaches the message of an error and its cause. `isShown`: of a header's name.
 */
export function withoutSecrets(
  client: unknown,
  thrown: unknown,
  isShown: (header: string) => boolean,
): (text: string) => string {
  const connections = connectionsOf(client, thrown);
  const sent = ['params', 'options'].map((part) => field(thrown, 'meta', 'meta', 'request', part, 'headers'));
  const headers = [...sent, ...connections.map((connection) => field(connection, 'headers'))];
  const secrets = [
    ...new Set([
      ...headers.flatMap((each) => headerSecrets(each, isShown)),
      ...connections.flatMap((connection) => urlSecrets(field(connection, 'url'))),
    ]),
  ];
  // The longer ones first: one may be part of another.
  secrets.sort((one, other) => other.length - one.length);
  return (text) => {
    let shown = withoutCredentials(text);
    for (const secret of secrets) shown = shown.replaceAll(secret, '[redacted]');
    return shown;
  };
}

function withoutCredentials(text: string): string {
  return text
    .replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1')
    .replaceAll(/(https?:\/\/[^\s?#]*)\?\S*/gi, '$1');
}

/** Also those of the client: later clients redact the one in the error, and so hide what a page has of it. */
function connectionsOf(client: unknown, thrown: unknown): unknown[] {
  const known = poolOf(client) ?? [];
  return [field(thrown, 'meta', 'meta', 'connection'), field(thrown, 'meta', 'connection'), ...known];
}

/** Whole values, and their parts: `Bearer <token>`, `name=<value>; name=<value>`. */
function headerSecrets(headers: unknown, isShown: (header: string) => boolean): string[] {
  if (!isRecord(headers)) return [];
  return Object.entries(headers)
    .filter(([name]) => !isShown(name))
    .flatMap(([, value]) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter((value) => typeof value === 'string')
    .flatMap((value) => [value, ...value.split(/[\s;,]+/), ...value.split(/[\s;,=]+/)])
    .filter((value) => value.length >= SHORTEST);
}

function urlSecrets(given: unknown): string[] {
  if (!URL.canParse(String(given))) return [];
  const url = new URL(String(given));
  const [username, password] = [url.username, url.password].map(decoded) as [string, string];
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  const parts = [password, ...(username === '' ? [] : [basic]), ...url.searchParams.values()];
  return [
    ...parts.filter((part) => part.length >= SHORTEST),
    ...url.pathname.split('/').filter((part) => part.length >= SHORTEST_SEGMENT),
  ].flatMap((part) => [part, encodeURIComponent(part)]);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
