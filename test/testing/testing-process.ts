/** A process with testing modules, which must end by itself: `testing-process.ts draw <store>` or `reset`. */
import 'reflect-metadata';
import { Client } from '@elastic/elasticsearch';
import { Test } from '@nestjs/testing';
import { SequenceService, type SequenceStore } from 'nestjs-essequence';
import {
  FaultySequenceStore,
  resetSequences,
  SequenceTestingModule,
  temporaryElasticsearchStore,
  temporaryFileStore,
  temporaryMemoryStore,
} from 'nestjs-essequence/testing';

const [mode, kind] = process.argv.slice(2);

async function testing(store: SequenceStore) {
  return (
    await Test.createTestingModule({ imports: [SequenceTestingModule.forRoot({ store })] }).compile()
  ).init();
}

if (mode === 'draw') {
  const client = new Client({ node: process.env['ELASTICSEARCH_9_URL'] ?? 'http://127.0.0.1:9' });
  const store =
    kind === 'files'
      ? temporaryFileStore()
      : kind === 'elasticsearch'
        ? temporaryElasticsearchStore(client)
        : temporaryMemoryStore();
  const app = await testing(store);
  const service = app.get(SequenceService);
  const drawn = [await service.next('orders'), await service.next('orders')];
  await resetSequences(app);
  drawn.push(await service.next('orders'));
  await app.close();
  await client.close();
  console.log(drawn.join(' '));
} else if (mode === 'reset') {
  const store = new FaultySequenceStore();
  const app = await testing(store);
  store.hangNextClaim();
  const drawn = app.get(SequenceService).next('orders', { timeout: 1 });
  console.log(await drawn.catch(({ code }) => code));
  await resetSequences(app);
  console.log(await app.get(SequenceService).next('orders'));
  await app.close();
}
