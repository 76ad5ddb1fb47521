import { Test, type TestingModule } from '@nestjs/testing';
import { resetSequences, SequenceTestingModule } from 'nestjs-essequence/testing';
import { OrdersService } from './orders.service.js';

describe('OrdersService', () => {
  let moduleRef: TestingModule;

  beforeAll(async () => {
    moduleRef = await Test.createTestingModule({
      imports: [SequenceTestingModule.forRoot()],
      providers: [OrdersService],
    }).compile();
  });
  beforeEach(() => resetSequences(moduleRef));
  afterAll(() => moduleRef.close());

  it('numbers orders', async () => {
    const orders = moduleRef.get(OrdersService);
    expect(await orders.place('acme', 'Ada')).toMatchObject({ id: 1, number: 'ORD-000001' });
    expect(await orders.place('acme', 'Grace')).toMatchObject({ id: 2, number: 'ORD-000002' });
  });

  it('numbers the receipts of each tenant', async () => {
    const orders = moduleRef.get(OrdersService);
    expect(await orders.place('acme', 'Ada')).toMatchObject({ id: 1, receipt: 1 });
    expect(await orders.place('beta', 'Alan')).toMatchObject({ id: 2, receipt: 1 });
  });
});
