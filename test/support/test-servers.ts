import { startElasticsearch7, startElasticsearch9 } from './elasticsearch-server.js';
import { startOpenSearch } from './opensearch-server.js';
import type { ServerCluster } from './server-cluster.js';

const SERVERS: Record<string, { name: string; start: () => Promise<ServerCluster> }> = {
  ELASTICSEARCH_9_URL: { name: 'Elasticsearch 9.5.3', start: startElasticsearch9 },
  ELASTICSEARCH_7_URL: { name: 'Elasticsearch 7.10.2', start: startElasticsearch7 },
  OPENSEARCH_URL: { name: 'OpenSearch 3.8.0', start: startOpenSearch },
};

export interface TestServers {
  /** URLs by the names the specs know, of the servers that run. */
  env: Record<string, string>;
  /** A sentence for each server that could not be started. */
  missing: string[];
  stop(): Promise<void>;
}

/** Starts the servers of the tests side by side, but for those whose URL the environment names already. */
export async function startTestServers(): Promise<TestServers> {
  const clusters: ServerCluster[] = [];
  const env: Record<string, string> = {};
  const missing: string[] = [];
  await Promise.all(
    Object.entries(SERVERS).map(async ([variable, { name, start }]) => {
      const given = process.env[variable];
      if (given) {
        env[variable] = given;
        return;
      }
      try {
        const cluster = await start();
        clusters.push(cluster);
        env[variable] = cluster.url;
      } catch (error) {
        missing.push(
          `SKIPPED: all tests that need ${name}: ${error instanceof Error ? error.message : error}`,
        );
      }
    }),
  );
  return { env, missing, stop: async () => void (await Promise.all(clusters.map((each) => each.stop()))) };
}
