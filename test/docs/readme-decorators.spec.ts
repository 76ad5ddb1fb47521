import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';
import { MemorySequenceStore, SequenceModule } from '../../lib/index.js';
import { Customer, CustomersModule } from './readme/customers.module.js';
import { Order } from './readme/order.js';
import { OrdersController } from './readme/orders.controller.js';
import { OrdersService } from './readme/orders.service.js';
import { ShipmentsModule, ShipmentsService } from './readme/shipments.module.js';

const tests = fileURLToPath(new URL('../', import.meta.url));
const file = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('The section "Ids on entities" of the README', () => {
  const section =
    file('../../README.md')
      .split(/^## /m)
      .find((part) => part.startsWith('Ids on entities\n')) ?? '';

  it('shows the files that this test compiles and runs, word by word', () => {
    const snippets = [...section.matchAll(/```ts\n(.*?)```/gs)].map(([, snippet]) => snippet);
    const files = readdirSync(new URL('readme/', import.meta.url)).map((name) => file(`readme/${name}`));
    expect(snippets.toSorted()).toEqual(files.toSorted());
  });

  it('names tests that exist', () => {
    const specs = readdirSync(tests, { recursive: true, encoding: 'utf8' });
    const named = [...section.matchAll(/\| ([a-z-]+): ([^|]+?) +\|$/gm)];
    expect(named.length).toBeGreaterThan(20);
    for (const [, spec, test] of named) {
      // Titles stand in quotes of either kind, alone on their line or not.
      const path = specs.find((each) => basename(each) === `${spec}.spec.ts`) ?? '';
      expect(readFileSync(join(tests, path), 'utf8').replaceAll(`"`, `'`)).toContain(
        `'${test!.replaceAll('`', '')}'`,
      );
    }
  });
});

describe('The snippets of that section', () => {
  let app: INestApplication;

  beforeAll(async () => {
    @Module({
      imports: [
        SequenceModule.forRoot({ store: new MemorySequenceStore() }),
        ShipmentsModule,
        CustomersModule,
      ],
      controllers: [OrdersController],
      providers: [OrdersService],
    })
    class AppModule {}
    const built = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = built.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
  });

  afterAll(async () => {
    await app.get(DataSource, { strict: false }).destroy();
    await app.close();
  });

  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${await app.getUrl()}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as unknown;
  };

  it('place orders by the service', async () => {
    const orders = app.get(OrdersService);
    const order = await orders.place('acme', 'Ada');
    expect(order).toEqual({ id: 1, number: 'ORD-000001', receipt: 1, tenant: 'acme', customer: 'Ada' });
    const more = ['acme', 'beta'].map((tenant) => Object.assign(new Order(), { tenant }));
    expect(await orders.takeOver(more)).toMatchObject([
      { id: 2, number: 'ORD-000002', receipt: 2 },
      { id: 3, number: 'ORD-000003', receipt: 1 },
    ]);
  });

  it('place orders over HTTP, and refuse an id from outside', async () => {
    expect(await post('orders', { tenant: 'acme', customer: 'Grace' })).toMatchObject({ id: 4, receipt: 3 });
    expect(await post('orders/batch', [{ tenant: 'beta' }, { tenant: 'beta' }])).toMatchObject([
      { id: 5, receipt: 2 },
      { id: 6, receipt: 3 },
    ]);
    expect(await post('orders', { tenant: 'acme', id: 1 })).toMatchObject({
      statusCode: 400,
      message: 'Property id is given by the server; leave it out',
    });
    for (const body of [{}, { tenant: 'a b' }, { tenant: 'nobody' }]) {
      expect(await post('orders', body)).toMatchObject({ statusCode: 400, message: 'Unknown tenant' });
    }
  });

  it('ship', async () => {
    const shipments = app.get(ShipmentsService, { strict: false });
    expect(await shipments.ship()).toEqual({ shipment: 'S-1000', parcels: [1, 2] });
  });

  it('save customers', async () => {
    const { manager } = app.get(DataSource, { strict: false });
    const customers = ['Ada', 'Grace'].map((name) => Object.assign(new Customer(), { name }));
    await manager.save(customers);
    expect(await manager.find(Customer)).toEqual([
      { id: 1, name: 'Ada' },
      { id: 2, name: 'Grace' },
    ]);
  });
});
