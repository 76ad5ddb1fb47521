import { EntityManager, MikroORM } from '@mikro-orm/core';
import { defineConfig } from '@mikro-orm/libsql';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { resetSequences, SequenceTestingModule } from '../../lib/testing.js';
import { Order } from './mikro-orm/order.js';
import { OrdersService } from './mikro-orm/orders.service.js';
import { SequenceIdsSubscriber } from './mikro-orm/sequence-ids.subscriber.js';

let orm: MikroORM;
let moduleRef: TestingModule;

beforeAll(async () => {
  orm = await MikroORM.init(
    defineConfig({ dbName: ':memory:', entities: [Order], allowGlobalContext: true, discovery: {} }),
  );
});
afterAll(() => orm?.close());
beforeEach(async () => {
  await orm.schema.refreshDatabase();
  orm.em.clear();
});

async function start(...providers: [typeof SequenceIdsSubscriber] | []): Promise<EntityManager> {
  moduleRef = await Test.createTestingModule({
    imports: [SequenceTestingModule.forRoot()],
    providers: [{ provide: EntityManager, useValue: orm.em }, OrdersService, ...providers],
  }).compile();
  return moduleRef.get(EntityManager);
}

const stored = () => orm.em.fork().find(Order, {}, { orderBy: { id: 'asc' } });

it('numbers orders one by one and many at once', async () => {
  await start();
  const orders = moduleRef.get(OrdersService);
  expect(await orders.place('tea')).toMatchObject({ id: 1, item: 'tea' });
  await orders.placeAll(['coffee', 'cocoa'].map((item) => Object.assign(new Order(), { item })));
  expect(await stored()).toMatchObject([
    { id: 1, item: 'tea' },
    { id: 2, item: 'coffee' },
    { id: 3, item: 'cocoa' },
  ]);
  await moduleRef.close();
});

it('numbers what is flushed by a subscriber', async () => {
  const em = await start(SequenceIdsSubscriber);
  await resetSequences(moduleRef);
  em.persist(['tea', 'coffee'].map((item) => Object.assign(new Order(), { item })));
  await em.flush();
  expect(await stored()).toMatchObject([
    { id: 1, item: 'tea' },
    { id: 2, item: 'coffee' },
  ]);
  await em.flush(); // nothing new
  await moduleRef.close();
});
