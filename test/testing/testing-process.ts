/** A process with testing modules, which must end by itself: `testing-process.ts draw <store>`, `reset` or `without-lmdb`. */
import 'reflect-metadata';
import { Client } from '@elastic/elasticsearch';
import { Test } from '@nestjs/testing';
import { register } from 'node:module';
import { SequenceService, type SequenceStore } from 'nestjs-essequence';

const [mode, kind] = process.argv.slice(2);

if (mode === 'without-lmdb') {
  const refuse = `export const resolve = (specifier, context, next) => {
    if (specifier === 'lmdb') throw Object.assign(new Error('Cannot find package lmdb'), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(specifier, context);
  };`;
  register(`data:text/javascript,${encodeURIComponent(refuse)}`);
}

const {
  FaultySequenceStore,
  resetSequences,
  SequenceTestingModule,
  temporaryElasticsearchStore,
  temporaryLmdbStore,
  temporaryMemoryStore,
} = await import('nestjs-essequence/testing');

async function testing(store: SequenceStore) {
  return (
    await Test.createTestingModule({ imports: [SequenceTestingModule.forRoot({ store })] }).compile()
  ).init();
}

if (mode === 'draw') {
  const client = new Client({ node: process.env['ELASTICSEARCH_9_URL'] ?? 'http://127.0.0.1:9' });
  const store =
    kind === 'lmdb'
      ? temporaryLmdbStore()
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
} else {
  const memory = await testing(temporaryMemoryStore());
  console.log(await memory.get(SequenceService).next('orders'));
  await memory.close();
  const lmdb = await testing(temporaryLmdbStore());
  await lmdb
    .get(SequenceService)
    .next('orders')
    .catch(({ code, message }) => console.log(code, message));
  await lmdb.close();
}
