import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DataSource } from 'typeorm';
import { MemorySequenceStore, SequenceModule } from '../../lib/index.js';
import { Customer, CustomersModule } from './ids-on-entities/customers.module.js';
import { Order } from './ids-on-entities/order.js';
import { OrdersController } from './ids-on-entities/orders.controller.js';
import { OrdersService } from './ids-on-entities/orders.service.js';
import { ShipmentsModule, ShipmentsService } from './ids-on-entities/shipments.module.js';
import { TicketsController } from './ids-on-entities/tickets.controller.js';
import { read, root } from '../support/pages.js';

const BY_THE_COMPILER = "a transform whose result does not fit the property's type";

/** The test of each row of the table. A row without one is shown by the compiler: types.test-d.ts. */
const CASES: Record<string, [spec: string, title: string]> = {
  'private, readonly and symbol properties, accessors; any target of TypeScript from ES2021 on': [
    'sequence-id',
    'fills public, private, readonly, symbol, inherited and overridden properties compiled with %j',
  ],
  'several decorated properties': [
    'sequence-id',
    'fills entity by entity, properties in declaration order, those of the base class first',
  ],
  "a subclass declares the property anew: `@SequenceId('vip-orders') declare id: number`": [
    'sequence-id',
    'keeps what one subclass declares from its base class and its siblings',
  ],
  'the decorator on a method, a static, a class, a parameter, a getter without setter, or twice': [
    'sequence-id',
    'refuses %s when the class is defined',
  ],
  "a value is there already, also `0` or `''`": ['sequence-id', 'does not fill %p, only null and undefined'],
  '10,000 entities': ['sequence-id', 'costs one claim per sequence for 10,000 entities, ids in array order'],
  'the same entity twice in an array': ['sequence-id', 'gives the same entity twice in an array one id'],
  'a frozen entity, a bad name, no decorated property, a plain object': [
    'sequence-id',
    'touches no entity and asks nobody when one %s',
  ],
  'a transform throws': ['sequence-id', 'touches no entity when a transform throws for the last of them'],
  'one of several sequences fails': [
    'sequence-id',
    'touches no entity when the ids of one of its sequences cannot be drawn',
  ],
  'a setter throws while ids are written': ['sequence-id', 'takes back what it wrote when a setter throws'],
  'two `assign` calls for one entity at once': [
    'sequence-id',
    'never replaces an id that a concurrent assign has given',
  ],
  'a client sends an `id`': ['assign-sequence-ids', 'answers 400 to a body with its own %s (%j)'],
  'the same, with `whitelist: true` and no validator on the property': [
    'assign-sequence-ids',
    'never sees what a ValidationPipe with whitelist stripped: the id in the body is dropped',
  ],
  'a client sends an `id` in what is given to `create(Order, body)`': [
    'sequence-id',
    'refuses an id in the properties, %p: the sequence could hand it out later',
  ],
  'a class made by `PickType`, `OmitType`, `PartialType` or `IntersectionType`': [
    'assign-sequence-ids',
    'takes what the client sends for a property that lost its decorator in a mapped type, unless the class declares it again',
  ],
  'the class gives a decorated property an initial value': [
    'assign-sequence-ids',
    'blames the class, not the client, when a property has an initial value',
  ],
  'a name function makes no valid name of what the client sent': [
    'assign-sequence-ids',
    'answers 400 to %j, of which a name function makes no name',
  ],
  '`__proto__`, `constructor`, or the name of a method in a body': [
    'assign-sequence-ids',
    'lets a body change neither prototype nor methods of the entity',
  ],
  'entities inside the body': [
    'assign-sequence-ids',
    'looks one level deep, %s: parts keep what the client sent, their ids too',
  ],
  '`@InjectSequence` in request-scoped and transient providers': [
    'inject-sequence',
    'serves request-scoped and transient providers, each with a handle on the same ids',
  ],
  '... in modules that are loaded lazily': [
    'inject-sequence',
    'serves modules that are loaded lazily, and classes made after the start',
  ],
  '... in two applications in one process': [
    'inject-sequence',
    'keeps two applications in one process apart, also for one class',
  ],
  '... on a property without `forFeature`': [
    'inject-sequence',
    'fills a property with the plain sequence where there is no forFeature',
  ],
  '... in a constructor without `forFeature`': [
    'inject-sequence',
    "names a forgotten forFeature in Nest's own error",
  ],
  '... without `SequenceModule.forRoot()`, as `forFeature` is': [
    'inject-sequence',
    'says what to import where forRoot is forgotten',
  ],
  "... replaced in a test under `getSequenceToken('shipments')`": [
    'inject-sequence',
    'takes a replacement under its token without SequenceModule, in constructors and properties',
  ],
  'two copies of the package in one process (`npm ls nestjs-essequence`)': [
    'two-copies',
    'Two copies of the package in one process recognise stores, errors and the tokens of sequences of each other',
  ],
  'two definitions of one name disagree on `start` or `blockSize`': [
    'inject-sequence',
    'stops the start when two definitions disagree on %s, showing both',
  ],
};

describe('The page "Ids on entities"', () => {
  it('has a test for every row of its table', () => {
    const rows = [...read('docs/ids-on-entities.md').matchAll(/^\| (.*?) +\| .*\|$/gm)].map(([, row]) => row);
    const shown = rows.filter((row) => row !== 'Case' && !row!.startsWith('---'));
    expect(shown.filter((row) => row !== BY_THE_COMPILER)).toEqual(Object.keys(CASES));
    expect(shown).toContain(BY_THE_COMPILER);
  });

  it.each(Object.entries(CASES))('%s: that test exists', (_, [spec, title]) => {
    const specs = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
    const path = specs.find((each) => basename(each) === `${spec}.spec.ts`) ?? '';
    // Titles stand in quotes of either kind.
    expect(readFileSync(join(root, 'test', path), 'utf8').replaceAll(`"`, `'`)).toContain(`'${title}'`);
  });
});

describe('The code of that page', () => {
  let app: INestApplication;

  beforeAll(async () => {
    @Module({
      imports: [
        SequenceModule.forRoot({ store: new MemorySequenceStore() }),
        ShipmentsModule,
        CustomersModule,
      ],
      controllers: [OrdersController, TicketsController],
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

  it('open tickets that ParseArrayPipe has checked', async () => {
    expect(await post('tickets', [{ subject: 'a' }, { subject: 'b', more: 1 }])).toEqual([
      { id: 1, subject: 'a' },
      { id: 2, subject: 'b' },
    ]);
    expect(await post('tickets', [{ subject: 'a' }, { subject: 7 }])).toMatchObject({
      statusCode: 400,
      message: ['subject must be a string'],
    });
    expect(await post('tickets', [{ subject: 'a', id: 1 }])).toMatchObject({
      statusCode: 400,
      message: 'Property id at index 0 is given by the server; leave it out',
    });
    expect(await post('tickets', {})).toMatchObject({ statusCode: 400 });
    expect(await post('tickets', [{ subject: 'c' }])).toEqual([{ id: 3, subject: 'c' }]);
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
