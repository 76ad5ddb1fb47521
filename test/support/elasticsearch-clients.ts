import { Client } from '@elastic/elasticsearch';
import { Client as OpenSearchClient } from '@opensearch-project/opensearch';
import { Client as Client7 } from 'elasticsearch-7';
import { randomBytes } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { runningServers, type ServerName } from './declared-servers.js';
import type { ElasticsearchClient, ElasticsearchRequest } from '../../lib/store/elasticsearch/request.js';

export interface RealServer {
  name: string;
  url: string;
  /** Whether the server runs Painless; else claims are compare-and-set. */
  scripted: boolean;
  client: ElasticsearchClient & { close(): unknown };
}

const SERVERS: Record<ServerName, (node: string) => Omit<RealServer, 'url'>> = {
  'elasticsearch-9': (node) => ({ name: 'Elasticsearch 9', scripted: false, client: new Client({ node }) }),
  'elasticsearch-7': (node) => ({
    name: 'Elasticsearch 7',
    scripted: true,
    client: new Client7({ node }) as unknown as RealServer['client'],
  }),
  opensearch: (node) => ({ name: 'OpenSearch', scripted: true, client: new OpenSearchClient({ node }) }),
};

/**
 * The servers that the spec asks for and that run, each with the client its users have. `ELASTICSEARCH_NODE` is the
 * user's own cluster.
 */
export function realServers(): RealServer[] {
  const servers = [...runningServers()].map(([name, url]): RealServer => ({ ...SERVERS[name](url), url }));
  const own = process.env['ELASTICSEARCH_NODE'];
  if (own) {
    const client = new Client({ node: own });
    servers.push({ name: 'ELASTICSEARCH_NODE', url: own, scripted: true, client });
  }
  return servers;
}

/** The clients that users have, by name; `tls` is called `ssl` in the older ones. */
export const CLIENTS: Record<string, (options: ClientOptions) => RealServer['client']> = {
  '@elastic/elasticsearch 9': (options) => new Client(options as never),
  '@elastic/elasticsearch 7.13': ({ tls, ...options }) =>
    new Client7({ ...options, ssl: tls } as never) as unknown as RealServer['client'],
  '@opensearch-project/opensearch': ({ tls, ...options }) =>
    new OpenSearchClient({ ...options, ssl: tls } as never),
};

export interface ClientOptions {
  node: string | { url: URL; headers?: Record<string, string> };
  auth?: { username: string; password: string };
  headers?: Record<string, string>;
  tls?: ConnectionOptions;
}

/** A name for an alias of its own; its indices are removed by {@link removeIndices}. */
export function temporaryAlias(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

export async function call(
  client: ElasticsearchClient,
  method: ElasticsearchRequest['method'] | 'DELETE',
  path: string,
  body?: Record<string, unknown>,
): Promise<Record<string, any>> {
  const params = { method: method as 'GET', path, ...(body === undefined ? {} : { body }) };
  return ((await client.transport.request(params, { meta: true })) as { body: Record<string, any> }).body;
}

export async function concreteIndex(client: ElasticsearchClient, alias: string): Promise<string> {
  return Object.keys(await call(client, 'GET', `/${alias}/_alias`))[0]!;
}

export async function removeIndices(client: ElasticsearchClient, alias: string): Promise<void> {
  const found = await call(client, 'GET', `/${alias}*/_alias?expand_wildcards=all`);
  for (const index of Object.keys(found)) await call(client, 'DELETE', `/${index}`);
}

export interface Tampering {
  /** Called before a request is sent; what it throws is what the client throws. */
  before?(params: ElasticsearchRequest): unknown;
  /** Called with the answer; may change it, wait, or throw instead of it. */
  after?(params: ElasticsearchRequest, body: Record<string, any>): unknown;
}

/** A real client between which and the caller answers can be changed, held back or lost. */
export class TamperingClient implements ElasticsearchClient {
  readonly requests: ElasticsearchRequest[] = [];
  readonly options: Record<string, any>[] = [];
  tampering: Tampering = {};

  constructor(private readonly client: ElasticsearchClient) {}

  readonly transport = {
    request: async (params: ElasticsearchRequest, options: object = {}) => {
      // A copy: the 7.13 client turns querystring and body of what it is given into text.
      this.requests.push(structuredClone(params));
      this.options.push(options);
      await this.tampering.before?.(params);
      const response = (await this.client.transport.request(params, options)) as {
        body: Record<string, any>;
      };
      await this.tampering.after?.(params, response.body);
      return response;
    },
  };

  /** Requests by kind since the last call. */
  drain(): Record<string, number> {
    const kinds: Record<string, number> = {};
    for (const { path } of this.requests.splice(0)) {
      const kind = /\/(_[a-z]+)/.exec(path)?.[1] ?? 'index';
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    return kinds;
  }
}

export const isWrite = ({ path }: ElasticsearchRequest): boolean => /_update|_create/.test(path);
