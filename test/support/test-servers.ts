import { SERVER_NAMES, SERVER_VARIABLES, type ServerName } from './declared-servers.js';
import { startElasticsearch7, startElasticsearch9 } from './elasticsearch-server.js';
import { startOpenSearch } from './opensearch-server.js';
import type { ServerCluster } from './server-cluster.js';

const SERVERS: Record<ServerName, { title: string; start: () => Promise<ServerCluster> }> = {
  'elasticsearch-9': { title: 'Elasticsearch 9.5.3', start: startElasticsearch9 },
  'elasticsearch-7': { title: 'Elasticsearch 7.10.2', start: startElasticsearch7 },
  opensearch: { title: 'OpenSearch 3.8.0', start: startOpenSearch },
};

export interface TestServers {
  /** URLs by the names the specs know, of the servers that run. */
  env: Record<string, string>;
  /** A sentence for each server that could not be started. */
  missing: string[];
  stop(): Promise<void>;
}

/** Starts servers of the tests side by side, but for those whose URL the environment names already. */
export async function startTestServers(wanted: readonly ServerName[] = SERVER_NAMES): Promise<TestServers> {
  const clusters: ServerCluster[] = [];
  const env: Record<string, string> = {};
  const missing: string[] = [];
  await Promise.all(
    wanted.map(async (server) => {
      const { title, start } = SERVERS[server];
      const variable = SERVER_VARIABLES[server];
      const given = process.env[variable];
      if (given) {
        env[variable] = given;
        return;
      }
      try {
        process.stderr.write(`Starting ${title} ...\n`);
        const cluster = await start();
        clusters.push(cluster);
        env[variable] = cluster.url;
      } catch (error) {
        missing.push(
          `SKIPPED: all tests that need ${title}: ${error instanceof Error ? error.message : error}`,
        );
      }
    }),
  );
  return { env, missing, stop: async () => void (await Promise.all(clusters.map((each) => each.stop()))) };
}
