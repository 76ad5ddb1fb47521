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

/** `onTogether` is told of each request for many counters, before it is sent. */
export function openStore(
  plan: StorePlan,
  onTogether: (operations: number) => void = () => {},
): {
  store: ElasticsearchSequenceStore;
  close(): Promise<void>;
} {
  const { client, close } = openClient(plan);
  const request: ElasticsearchClient['transport']['request'] = (params, options) => {
    const { body, bulkBody } = params;
    const ids = body?.['ids'];
    if (bulkBody !== undefined) onTogether(bulkBody.length / 2);
    else if (Array.isArray(ids)) onTogether(ids.length);
    return client.transport.request(params, options);
  };
  return {
    store: new ElasticsearchSequenceStore({ client: { transport: { request } }, index: plan.index }),
    close,
  };
}
