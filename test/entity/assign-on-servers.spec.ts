/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, describe, expect, it } from '@jest/globals';
import { SeriesRegistry } from '../../lib/series/series-registry.js';
import { ElasticsearchSequenceStore, SequenceId, SequenceService } from '../../lib/index.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';
import { realServers, removeIndices, temporaryAlias } from '../support/elasticsearch-clients.js';

class Ticket {
  @SequenceId('tickets') id: number | null | undefined;
}

const servers = realServers();
afterAll(() => Promise.all(servers.map(({ client }) => client.close())));

if (servers.length === 0) {
  it.skip('needs a real server', () => {});
} else {
  describe.each(servers)('On $name', ({ client }) => {
    it('gives 10,000 documents the ids 1 to 10,000, and the next process the next', async () => {
      const index = temporaryAlias();
      try {
        const process = () => {
          const store = new ElasticsearchSequenceStore({ client, index });
          return new SequenceService(
            new SeriesRegistry(store, resolveOptions({ store, blockSize: 1, timeout: 30_000 })),
          );
        };
        const tickets = await process().assign(Array.from({ length: 10_000 }, () => new Ticket()));
        expect(tickets.map(({ id }) => id)).toEqual(tickets.map((_, place) => place + 1));
        expect(await process().create(Ticket, {})).toEqual({ id: 10_001 });
      } finally {
        await removeIndices(client, index);
      }
    });
  });
}
