import { Client } from '@elastic/elasticsearch';
import { Client as OpenSearchClient } from '@opensearch-project/opensearch';
import { Client as Client7 } from 'elasticsearch-7';
import type { ElasticsearchClient } from '../lib/store/elasticsearch/request.js';
import { ElasticsearchSequenceStore } from '../lib/store/elasticsearch/elasticsearch-sequence-store.js';

export type ServerKind = 'elasticsearch-9' | 'elasticsearch-7' | 'opensearch';

export interface StorePlan {
  server: ServerKind;
  nodes: string[];
  index: string;
}

/** A client as its users make it: retries, keep-alive and the choice of nodes as they come. */
export function openClient({ server, nodes }: Pick<StorePlan, 'server' | 'nodes'>): {
  client: ElasticsearchClient;
  close(): Promise<void>;
} {
  const Made = { 'elasticsearch-9': Client, 'elasticsearch-7': Client7, opensearch: OpenSearchClient }[
    server
  ];
  const client = new Made({ nodes }) as unknown as ElasticsearchClient & { close(): Promise<void> };
  return { client, close: async () => void (await client.close()) };
}

export function openStore(plan: StorePlan): {
  store: ElasticsearchSequenceStore;
  close(): Promise<void>;
} {
  const { client, close } = openClient(plan);
  return { store: new ElasticsearchSequenceStore({ client, index: plan.index }), close };
}
