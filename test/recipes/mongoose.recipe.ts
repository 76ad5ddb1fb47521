import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getConnectionToken, getModelToken, MongooseModule } from '@nestjs/mongoose';
import { Test, type TestingModule } from '@nestjs/testing';
import type { Connection, Model } from 'mongoose';
import { SequenceTestingModule } from '../../lib/testing.js';
import { FerretServer } from './ferretdb/server.js';
import { Order, OrdersModule } from './mongoose/orders.module.js';

// MONGODB_URI names a server that runs already; else FerretDB is built and started, which needs Go.
const server = await FerretServer.start(process.env['MONGODB_URI']);
if (server === undefined) it.skip('needs MONGODB_URI, or Go to build FerretDB with', () => {});

(server === undefined ? describe.skip : describe)('Mongoose', () => {
  let moduleRef: TestingModule;
  let orders: Model<Order>;

  beforeAll(async () => {
    moduleRef = await Test.createTestingModule({
      imports: [
        SequenceTestingModule.forRoot(),
        MongooseModule.forRoot(server!.uri, { dbName: 'essequence_recipes' }),
        OrdersModule,
      ],
    }).compile();
    await moduleRef.init();
    await moduleRef.get<Connection>(getConnectionToken()).dropDatabase();
    orders = moduleRef.get(getModelToken(Order.name));
  });
  afterAll(async () => {
    await moduleRef?.close();
    await server!.stop();
  });

  it('numbers documents one by one and many at once, and leaves ids that are given', async () => {
    expect(await orders.create({ item: 'tea' })).toMatchObject({ _id: 1, item: 'tea' });
    const saved = await new orders({ item: 'coffee' }).save();
    expect(saved._id).toBe(2);
    await orders.insertMany([{ item: 'cocoa' }, { _id: 100, item: 'water' }, { item: 'milk' }]);
    expect(await orders.find().sort({ _id: 1 }).lean()).toMatchObject([
      { _id: 1, item: 'tea' },
      { _id: 2, item: 'coffee' },
      { _id: 3, item: 'cocoa' },
      { _id: 4, item: 'milk' },
      { _id: 100, item: 'water' },
    ]);
  });

  it('draws nothing when a document is changed', async () => {
    const tea = await orders.findById(1).orFail();
    tea.item = 'green tea';
    await tea.save();
    expect(await orders.findById(1)).toMatchObject({ _id: 1, item: 'green tea' });
  });
});
