import * as http from 'node:http';
import * as https from 'node:https';
import type { ElasticsearchClient, ElasticsearchRequest } from '../store/elasticsearch/request.js';
import type { Credentials } from './environment.js';

/** An answer that is an error, in the shape of the clients' own. */
class ResponseError extends Error {
  /** What was sent: it is taken out of texts that repeat it. */
  readonly meta: { meta: { request: { params: { headers: http.OutgoingHttpHeaders } } } };

  constructor(
    readonly statusCode: number,
    readonly body: unknown,
    headers: http.OutgoingHttpHeaders,
  ) {
    super(`status ${statusCode}`);
    this.name = 'ResponseError';
    this.meta = { meta: { request: { params: { headers } } } };
  }
}

/** No answer came. */
class ConnectionError extends Error {
  readonly meta: { meta: { connection: { url: URL } } };

  constructor(cause: Error, url: URL) {
    const [first] = cause instanceof AggregateError ? (cause.errors as Error[]) : [cause];
    super(first?.message ?? cause.message, { cause });
    this.name = 'ConnectionError';
    this.meta = { meta: { connection: { url } } };
  }
}

/**
 * The little of a client that the command line needs, over Node's own `https`. The real clients would have to be
 * installed, in the right one of their versions, and Elastic's refuses OpenSearch. `fetch` takes no certificate authority.
 */
export class HttpClient implements ElasticsearchClient {
  readonly #agent: http.Agent;

  constructor(
    readonly url: URL,
    private readonly credentials: Credentials,
    /** Milliseconds until a request without an answer is given up, the look-up of the name included. */
    private readonly timeout: number,
  ) {
    const { ca } = credentials;
    this.#agent =
      url.protocol === 'https:'
        ? new https.Agent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
        : new http.Agent({ keepAlive: true });
  }

  readonly transport = {
    request: (params: ElasticsearchRequest, options: { signal?: AbortSignal } = {}) =>
      this.#request(params, options.signal),
  };

  close(): void {
    this.#agent.destroy();
  }

  #request(
    { method, path, querystring = {}, body }: ElasticsearchRequest,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const query = new URLSearchParams(
      Object.entries(querystring).map(([name, value]): [string, string] => [name, String(value)]),
    ).toString();
    const base = this.url.pathname.replace(/\/$/, '');
    const target = new URL(`${base}${path}${query === '' ? '' : `?${query}`}`, this.url.origin);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: http.OutgoingHttpHeaders = { accept: 'application/json' };
    const { authorization } = this.credentials;
    if (authorization !== undefined) headers['authorization'] = authorization;
    if (text !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(text);
    }
    const { request } = target.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      const given = signal === undefined ? [] : [signal];
      const silence = AbortSignal.timeout(this.timeout);
      const fail = (error: Error) => {
        const cause = silence.aborted ? new Error(`no answer within ${this.timeout} ms`) : error;
        reject(new ConnectionError(cause, target));
      };
      const options = { method, headers, agent: this.#agent, signal: AbortSignal.any([...given, silence]) };
      const sent = request(target, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', fail);
        response.once('end', () => {
          const answer = parse(Buffer.concat(chunks).toString('utf8'));
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve({ statusCode: status, body: answer });
          else reject(new ResponseError(status, answer, headers));
        });
      });
      sent.once('error', fail);
      sent.end(text);
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
