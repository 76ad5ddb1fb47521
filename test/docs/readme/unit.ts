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
    expect(await orders.place('Ada')).toEqual({ id: 1, customer: 'Ada' });
    expect(await orders.place('Grace')).toEqual({ id: 2, customer: 'Grace' });
  });
});
