import { Client } from '@elastic/elasticsearch';
import { Test } from '@nestjs/testing';
import { SequenceService } from 'nestjs-essequence';
import { overrideSequences, resetSequences, temporaryElasticsearchStore } from 'nestjs-essequence/testing';
import { AppModule } from './app.module.js';

it('counts in Elasticsearch', async () => {
  const client = new Client({ node: process.env['ELASTICSEARCH_NODE'] ?? 'http://localhost:9200' });
  const store = temporaryElasticsearchStore(client);
  const builder = Test.createTestingModule({ imports: [AppModule] });
  const moduleRef = await overrideSequences(builder, { store }).compile();

  const sequences = moduleRef.get(SequenceService, { strict: false });
  expect(await sequences.take('orders', 3)).toEqual([1, 2, 3]);
  await resetSequences(moduleRef);
  expect(await sequences.next('orders')).toBe(1);

  await moduleRef.close(); // deletes the index
  await client.close();
});
