import { SequenceError } from '../../common/sequence-error.js';
import { type ErrorAnswer, inWords } from './error-answer.js';
import { nodeOf } from './safe-cause.js';
import { field, text } from './values.js';

/** Nobody was reached, so nothing was applied. */
const UNREACHED: readonly [RegExp, string][] = [
  [/ECONNREFUSED/, 'nothing listens there'],
  [/ENOTFOUND/, 'the host is unknown'],
  [/EAI_AGAIN/, 'the host cannot be looked up now'],
  [/EHOSTUNREACH|ENETUNREACH/, 'there is no way to the host'],
];

/**
 * What only a person can mend. First what the server says of this process by an alert of TLS: some of these speak of
 * certificates, too, and mean the one of the process.
 */
const TLS: readonly [RegExp, string][] = [
  [
    /alert .*(certificate|unknown ca|access denied)/i,
    'demands a client certificate that it trusts: give one to the client (`tls: { cert, key }`, with older clients `ssl: { cert, key }`)',
  ],
  [
    /alert handshake failure/i,
    'refused the handshake: it demands a client certificate (`tls: { cert, key }`, with older clients `ssl: { cert, key }`), or has no cipher suite in common with this process',
  ],
  [
    /alert protocol version|unsupported protocol/i,
    'has no version of TLS in common with this process: allow one that both know (`tls: { minVersion, maxVersion }`, with older clients `ssl: { minVersion, maxVersion }`)',
  ],
  [/wrong version number|packet length too long/i, 'does not speak https: write http in the URL of the node'],
  [
    /self[- ]signed certificate/i,
    'cannot be trusted: its certificate is self-signed, or signed by a CA that this process does not know: give the CA to the client (`tls: { ca }`, with older clients `ssl: { ca }`)',
  ],
  [
    /altnames/i,
    'cannot be trusted: its certificate is for another name: connect by a name that stands in it',
  ],
  [/certificate has expired/i, 'cannot be trusted: its certificate has expired: renew it'],
  [
    /unable to (get|verify)/i,
    'cannot be trusted: this process does not know the CA of its certificate: give the CA to the client (`tls: { ca }`, with older clients `ssl: { ca }`)',
  ],
  [/certificate/i, 'cannot be trusted: the certificates do not fit'],
];

/** What a client throws before it sends anything, because of what it was given. */
const OWN_FAULTS = /^(SerializationError|ConfigurationError)$/;

/**
 * What became of a request that got no answer of Elasticsearch. Most of it may pass: UNAVAILABLE. What only a person can
 * mend is REJECTED at once. `cause` is what may be shown of `thrown`; `isClosed`: the client has no connections any more.
 */
export function trouble(
  thrown: unknown,
  error: ErrorAnswer | undefined,
  cause: Error,
  { isClosed = false } = {},
): SequenceError {
  if (failedProductCheck(thrown)) return notOfElastic(nodeOf(thrown), cause);
  if (error !== undefined) return page(error, cause);
  const node = nodeOf(thrown);
  const where = node === undefined ? 'Elasticsearch' : `Elasticsearch at ${node}`;
  const name = thrown instanceof Error ? thrown.name : 'unknown error';
  const said = thrown instanceof Error ? saying(cause) : '';
  if (OWN_FAULTS.test(name)) {
    return rejected(`The client could not send the request (${name}: ${said}).`, cause);
  }
  if (name === 'NoLivingConnectionsError') {
    if (isClosed) return rejected('The client has no node to ask: it was closed.', cause);
    // Its pool gives none for a moment, too, while nodes that failed come back.
    return unavailable('The client found no node that it may ask.', cause, false);
  }
  const refused = TLS.find(([pattern]) => name === 'ConnectionError' && pattern.test(said));
  if (refused !== undefined) return rejected(`${where} ${refused[1]} (${said}).`, cause);
  const unreached = UNREACHED.find(([pattern]) => pattern.test(said));
  const why =
    unreached === undefined
      ? [name, said].filter((part) => part !== '').join(': ') + hint(node, said)
      : `${unreached[1]} (${said})`;
  return unavailable(`${where} did not answer: ${why}.`, cause, unreached === undefined);
}

/** An answer that did not come from Elasticsearch, whatever its status: a gateway's page, a redirection, a cut. */
export function notOfElasticsearch(what: string, answer: unknown): SequenceError {
  const node = nodeOf(answer);
  const from = node === undefined ? '' : ` from ${node}`;
  return unavailable(
    `An answer${from} did not come from Elasticsearch: ${what} (a proxy?).`,
    undefined,
    true,
  );
}

export function notAClient(what: string): SequenceError {
  return rejected(`The client is not one of Elasticsearch or OpenSearch: ${what}.`, undefined);
}

/** 429, 5xx, and what others than Elasticsearch answered. */
function page(error: ErrorAnswer, cause: Error): SequenceError {
  const where = error.node === undefined ? 'Elasticsearch' : `Elasticsearch at ${error.node}`;
  if (/plain HTTP request was sent to HTTPS port/i.test(text(error.body))) {
    return rejected(`${where} speaks https: write https in the URL of the node.`, cause);
  }
  const said = `${where} cannot work now (${inWords(error)}${error.type === '' ? ', not worded by Elasticsearch' : ''}).`;
  // 429: nothing was applied; all else may have been.
  return unavailable(said, cause, error.status !== 429);
}

/** Clients from 8 on say so of every page without the header of Elastic's servers; a page may pass, another server not. */
function failedProductCheck(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || thrown.name !== 'ProductNotSupportedError') return false;
  const type = text(field(thrown, 'meta', 'headers', 'content-type'));
  return type === '' || /json/i.test(type);
}

function notOfElastic(node: string | undefined, cause: Error): SequenceError {
  return rejected(
    `Elasticsearch${node === undefined ? '' : ` at ${node}`} did not pass the product check of the client: it is another server, or a gateway takes the header x-elastic-product away. For OpenSearch use the client @opensearch-project/opensearch.`,
    cause,
  );
}

function hint(node: string | undefined, said: string): string {
  const cut =
    /socket hang up|other side closed|ECONNRESET|EPIPE|disconnected before secure|Expected HTTP|Parse Error/i.test(
      said,
    );
  if (!cut || node === undefined) return '';
  // With TLS 1.3 the client is done before the server has looked at its certificate, and may miss the alert.
  return node.startsWith('https:')
    ? ' (if this lasts: a server may demand a client certificate that it trusts, `tls: { cert, key }`, and close without a word)'
    : ' (if this port speaks https, write https in the URL of the node)';
}

function saying({ message }: Error): string {
  const [line = ''] = message.trim().split('\n');
  // OpenSSL puts a thread, a file and a line around what it says.
  const reason = /SSL routines:[^:]*:([^:]+):/.exec(line)?.[1];
  return (reason ?? line).slice(0, 300);
}

function unavailable(said: string, cause: Error | undefined, ambiguous: boolean): SequenceError {
  return new SequenceError('UNAVAILABLE', `${said} Nothing was handed out; the call may be repeated.`, {
    cause,
    ambiguous,
  });
}

function rejected(said: string, cause: Error | undefined): SequenceError {
  return new SequenceError('REJECTED', `${said} Nothing was handed out; the same request will fail again.`, {
    cause,
  });
}
