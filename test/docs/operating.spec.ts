import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type INestApplication, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SequenceService } from '../../lib/index.js';
import { FaultySequenceStore, overrideSequences } from '../../lib/testing.js';
import { AppModule } from './operating/app.module.js';

@Controller('orders')
class OrdersController {
  constructor(private readonly sequences: SequenceService) {}

  @Post()
  async place() {
    return { id: await this.sequences.next('orders', { timeout: 100 }) };
  }
}

describe('The application of the page "Operating"', () => {
  const store = new FaultySequenceStore();
  let app: INestApplication;

  beforeAll(async () => {
    const builder = Test.createTestingModule({ imports: [AppModule], controllers: [OrdersController] });
    app = (await overrideSequences(builder, { store }).compile()).createNestApplication({ logger: false });
    await app.listen(0);
  });
  afterAll(() => app.close());

  const ask = async (path: string, method = 'GET') => fetch(`${await app.getUrl()}/${path}`, { method });

  it('is healthy, and says so at /health', async () => {
    const answer = await ask('health');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'ok', info: { sequences: { status: 'up' } } });
  });

  it('answers 503 with Retry-After while no id can be drawn', async () => {
    store.hangNextClaim({ sequence: 'orders' });
    const refused = await ask('orders', 'POST');
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
