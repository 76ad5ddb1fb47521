/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, describe } from '@jest/globals';
import { ResettableElasticsearchStore } from '../../../lib/testing/stores/temporary-elasticsearch-store.js';
import { describeSequenceStore, temporaryElasticsearchStore } from '../../../lib/testing.js';
import { onRealServers } from '../../support/on-real-servers.js';

/** One index for all cases: making one is what takes the time. */
onRealServers(({ client }) => {
  describe('The Elasticsearch store keeps the contract', () => {
    for (const strategy of ['auto', 'cas'] as const) {
      const owner = temporaryElasticsearchStore(client, { strategy });
      describeSequenceStore(`by ${strategy}`, () => ({
        open: () => new ResettableElasticsearchStore({ client, index: owner.index, strategy }),
        // Its first use makes the index; from then on its close has something to remove.
        close: () => owner.inspect({ name: 'unknown', signal: new AbortController().signal }).then(() => {}),
      }));
      afterAll(() => owner.close());
    }
    afterAll(async () => void (await client.close()));
  });
});
