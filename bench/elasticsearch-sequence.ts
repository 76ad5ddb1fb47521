import { Client } from '@elastic/elasticsearch';
import { Client as OpenSearchClient } from '@opensearch-project/opensearch';
import { Client as Client7 } from 'elasticsearch-7';
import type { ElasticsearchClient } from '../lib/store/elasticsearch/request.js';
import type { Sequence } from '../lib/core/sequence.js';
import type { SequenceModuleOptions } from '../lib/nest/sequence-module.options.js';
import { removeIndices } from '../test/support/elasticsearch-clients.js';
import type { ServerKind } from './servers.js';
import { ElasticsearchSequenceStore, resolveOptions, SequenceRegistry } from './shipped.js';

export interface Place {
  kind: ServerKind;
  url: string;
  index: string;
}

export interface Opened {
  sequence: Sequence;
  registry: InstanceType<typeof SequenceRegistry>;
  /** Requests sent so far. */
  requests(): number;
  close(): Promise<void>;
}

export function clientOf({ kind, url }: Pick<Place, 'kind' | 'url'>): Client7 {
  // The parts used here are the same in all.
  switch (kind) {
    case 'elasticsearch-7':
      return new Client7({ node: url });
    case 'elasticsearch-9':
      return new Client({ node: url }) as never;
    case 'opensearch':
      return new OpenSearchClient({ node: url }) as never;
  }
}

/** A sequence as an application has it, and a count of what it asks of the server. */
export function openSequence(place: Place, options: SequenceModuleOptions = {}): Opened {
  const client = clientOf(place) as unknown as ElasticsearchClient & { close(): Promise<void> };
  let requests = 0;
  const counting: ElasticsearchClient = {
    transport: {
      request(params, settings) {
        requests++;
        return client.transport.request(params, settings);
      },
    },
  };
  const store = new ElasticsearchSequenceStore({ client: counting, index: place.index });
  const registry = new SequenceRegistry(store, resolveOptions(options));
  return {
    sequence: registry.get('orders'),
    registry,
    requests: () => requests,
    async close() {
      await registry.close();
      await client.close();
    },
  };
}

export async function removePlace(place: Place): Promise<void> {
  const client = clientOf(place) as unknown as ElasticsearchClient & { close(): Promise<void> };
  await removeIndices(client, place.index);
  await client.close();
}
