import { Test } from '@nestjs/testing';
import { SequenceService, SequenceStore } from 'nestjs-essequence';
import { temporaryMemoryStore } from 'nestjs-essequence/testing';
import { AppModule } from './app.module.js';

it('counts in memory', async () => {
  const moduleRef = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(SequenceStore)
    .useValue(temporaryMemoryStore())
    .compile();
  expect(await moduleRef.get(SequenceService, { strict: false }).next('orders')).toBe(1);
  await moduleRef.close();
});
