import type { ServerCluster } from '../test/support/server-cluster.js';
import { startElasticsearch7, startElasticsearch9 } from '../test/support/elasticsearch-server.js';
import { startOpenSearch } from '../test/support/opensearch-server.js';

export type ServerKind = 'elasticsearch-9' | 'elasticsearch-7' | 'opensearch';

const SERVERS = {
  'elasticsearch-9': { variable: 'ELASTICSEARCH_9_URL', start: () => startElasticsearch9() },
  'elasticsearch-7': { variable: 'ELASTICSEARCH_7_URL', start: () => startElasticsearch7() },
  opensearch: { variable: 'OPENSEARCH_URL', start: () => startOpenSearch() },
};

export const SERVER_NAMES: Record<ServerKind, string> = {
  'elasticsearch-9': 'Elasticsearch 9.5.3, compare-and-set claims',
  'elasticsearch-7': 'Elasticsearch 7.10.2, scripted claims',
  opensearch: 'OpenSearch 3.8.0, scripted claims',
};

/** Real servers, started when the first row asks; those the environment names are used instead. */
export class Servers {
  readonly #started = new Map<ServerKind, Promise<ServerCluster>>();

  async url(kind: ServerKind): Promise<string> {
    const { variable, start } = SERVERS[kind];
    const given = process.env[variable];
    if (given) return given;
    let cluster = this.#started.get(kind);
    if (cluster === undefined) this.#started.set(kind, (cluster = start()));
    return (await cluster).url;
  }

  async stop(): Promise<void> {
    const settled = await Promise.allSettled(this.#started.values());
    await Promise.all(settled.map((each) => (each.status === 'fulfilled' ? each.value.stop() : undefined)));
  }
}
