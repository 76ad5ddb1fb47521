import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { overrideSequences, resetSequences } from 'nestjs-essequence/testing';
import { AppModule } from './app.module.js';

describe('POST /orders', () => {
  let app: INestApplication;

  beforeAll(async () => {
    const builder = Test.createTestingModule({ imports: [AppModule] });
    const moduleRef = await overrideSequences(builder).compile();
    app = moduleRef.createNestApplication();
    await app.listen(0);
  });
  beforeEach(() => resetSequences(app));
  afterAll(() => app.close());

  it('answers with the id', async () => {
    const response = await fetch(`${await app.getUrl()}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tenant: 'acme', customer: 'Ada' }),
    });
    expect(await response.json()).toMatchObject({ id: 1, receipt: 1 });
  });
});
