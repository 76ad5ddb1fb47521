import { Test, type TestingModule } from '@nestjs/testing';
import { FaultySequenceStore, resetSequences, SequenceTestingModule } from 'nestjs-essequence/testing';
import { OrdersService } from './orders.service.js';

describe('OrdersService, when the store fails', () => {
  const store = new FaultySequenceStore();
  let moduleRef: TestingModule;

  beforeAll(async () => {
    moduleRef = await Test.createTestingModule({
      imports: [SequenceTestingModule.forRoot({ store, blockSize: 10, timeout: 1_000 })],
      providers: [OrdersService],
    }).compile();
  });
  beforeEach(() => resetSequences(moduleRef)); // forgets the faults as well
  afterAll(() => moduleRef.close());

  it('survives a lost answer, with a gap', async () => {
    store.failNextClaimAfterApply({ sequence: 'orders' });
    expect(await moduleRef.get(OrdersService).place('acme', 'Ada')).toMatchObject({ id: 11 });
  });

  it('says that the counter was lost, and numbers nothing', async () => {
    await store.loseCounter('orders');
    const placed = moduleRef.get(OrdersService).place('acme', 'Ada');
    await expect(placed).rejects.toMatchObject({ code: 'VANISHED', retryable: false });
  });

  it('gives up in time', async () => {
    store.hangNextClaim({ sequence: 'orders' });
    store.hangNextClaim({ sequence: 'orders' });
    const placed = moduleRef.get(OrdersService).place('acme', 'Ada');
    await expect(placed).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true });
  });
});
