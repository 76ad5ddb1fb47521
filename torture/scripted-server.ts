import { startElasticsearch7 } from '../test/support/elasticsearch-server.js';

/** A server with Painless: the one the environment names, or one of its own. */
export async function startScriptedServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const url = process.env['ELASTICSEARCH_7_URL'] ?? process.env['OPENSEARCH_URL'];
  if (url !== undefined) return { url, stop: () => Promise.resolve() };
  return startElasticsearch7();
}
