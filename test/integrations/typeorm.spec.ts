import { Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { fileURLToPath } from 'node:url';
import {
  Column,
  DataSource,
  Entity,
  EntitySchema,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
  TableInheritance,
  ChildEntity,
} from 'typeorm';
import {
  type ClaimRequest,
  MemorySequenceStore,
  numberSeries,
  SequenceError,
  SequenceId,
  SequenceModule,
  SequenceService,
} from '../../lib/index.js';
import { SequenceRegistry } from '../../lib/core/sequence-registry.js';
import { SequenceIdSubscriber } from '../../lib/typeorm.js';
import { run } from '../support/project-copy.js';

@Entity()
class Tag {
  @PrimaryGeneratedColumn() id!: number;
  @Column('varchar') text!: string;
}

@Entity()
class Order {
  @SequenceId('orders') @PrimaryColumn('integer') id!: number;
  @SequenceId('order-numbers', { transform: (id) => `ORD-${id}` })
  @Column('varchar')
  number!: string;
  @Column('varchar', { unique: true }) customer!: string;
  @OneToMany(() => Line, (line) => line.order, { cascade: true }) lines!: Relation<Line[]>;
  @ManyToMany(() => Tag, { cascade: true }) @JoinTable() tags!: Tag[];
}

@Entity()
class Line {
  @SequenceId('lines') @PrimaryColumn('integer') id!: number;
  @SequenceId((line: Line) => `lines:${line.kind}`) @Column('integer') serial!: number;
  @Column('varchar') kind!: string;
  @ManyToOne(() => Order, (order) => order.lines) order!: Relation<Order>;
}

class Stamp {
  @SequenceId('stamps') @Column('integer', { nullable: true }) serial!: number | null;
}

class Label {
  @SequenceId((label: Label) => `labels:${label.kind}`, { transform: (id) => `L-${id}` })
  @Column('varchar')
  text!: string;
  @Column('varchar') kind!: string;
  @Column(() => Stamp) stamp?: Stamp;
}

@Entity()
class Parcel {
  @SequenceId('parcels') @PrimaryColumn('integer') id!: number;
  @Column(() => Label) label!: Label;
  @Column(() => Stamp) stamp?: Stamp;
}

@Entity()
class Crate {
  @PrimaryGeneratedColumn() id!: number;
  @Column(() => Stamp) stamp!: Stamp;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'type' } })
class Document {
  @SequenceId('documents') @PrimaryColumn('integer') id!: number;
}

@ChildEntity()
class Invoice extends Document {
  @SequenceId('invoices') @Column('integer') serial!: number;
}

const receiptNumbers = numberSeries({
  name: 'receipts',
  format: 'R-{yyyy}-{n:3}',
  restart: 'year',
  timeZone: 'Europe/Vienna',
  scoped: true,
});

@Entity()
class Receipt {
  @PrimaryGeneratedColumn() id!: number;
  @SequenceId(receiptNumbers, { scope: (it: Receipt) => it.tenant, at: (it: Receipt) => it.issuedOn })
  @Column('varchar')
  number!: string;
  @Column('varchar') tenant!: string;
  @Column('varchar') issuedOn!: string;
}

const Note = new EntitySchema<{ id: number }>({
  name: 'Note',
  columns: { id: { type: 'integer', primary: true } },
});

class CountingStore extends MemorySequenceStore {
  readonly claims: string[] = [];
  failing = false;

  override claim(request: ClaimRequest) {
    this.claims.push(request.name);
    if (this.failing)
      return Promise.reject(new SequenceError('FORBIDDEN', 'may not claim', { sequence: request.name }));
    return super.claim(request);
  }
}

let store: CountingStore;
let app: TestingModule;
let database: DataSource;

beforeEach(async () => {
  store = new CountingStore();

  @Module({
    imports: [SequenceModule.forRoot({ store, blockSize: 1 })],
    providers: [
      {
        provide: DataSource,
        useFactory: () =>
          new DataSource({
            type: 'sqljs',
            entities: [Order, Line, Tag, Document, Invoice, Note, Parcel, Crate, Receipt],
            synchronize: true,
          }).initialize(),
      },
      SequenceIdSubscriber,
    ],
  })
  class DatabaseModule {}

  app = await Test.createTestingModule({ imports: [DatabaseModule] }).compile();
  await app.init();
  database = app.get(DataSource);
});

afterEach(async () => {
  await database.destroy();
  await app.close();
});

async function idsByCustomer(): Promise<Record<string, number>> {
  const orders = await database.manager.find(Order);
  return Object.fromEntries(orders.map(({ id, customer }) => [customer, id]));
}

const newOrder = (customer: string): Order => Object.assign(new Order(), { customer });

describe('SequenceIdSubscriber on a real database', () => {
  it('numbers documents by their own scope and date, in one claim for each counter', async () => {
    const documents = ['2026-12-31', '2027-01-01', '2026-03-31'].flatMap((issuedOn) =>
      ['acme', 'other'].map((tenant) => Object.assign(new Receipt(), { issuedOn, tenant })),
    );
    await database.manager.save(documents);
    const rows = await database.manager.find(Receipt, { order: { id: 'ASC' } });
    expect(rows.map(({ tenant, number }) => `${tenant} ${number}`)).toEqual([
      'acme R-2026-001',
      'other R-2026-001',
      'acme R-2027-001',
      'other R-2027-001',
      'acme R-2026-002',
      'other R-2026-002',
    ]);
    expect(store.claims).toHaveLength(4);
  });

  it('gives a save of 1,000 entities its ids in one claim per sequence, in array order', async () => {
    const orders = Array.from({ length: 1_000 }, (_, index) => newOrder(`customer ${index}`));
    await database.manager.save(orders);
    expect(orders.map(({ id }) => id)).toEqual(orders.map((_, index) => index + 1));
    expect(store.claims).toEqual(['orders', 'order-numbers']);
    const rows = await database.manager.find(Order, { order: { id: 'ASC' } });
    expect(rows.map(({ id, number, customer }) => ({ id, number, customer }))).toEqual(
      orders.map((_, index) => ({
        id: index + 1,
        number: `ORD-${index + 1}`,
        customer: `customer ${index}`,
      })),
    );
  });

  it('declares the names that classes spell out, so that they have figures of their own', async () => {
    await database.manager.save(
      Object.assign(newOrder('Ada'), { lines: [Object.assign(new Line(), { kind: 'pen' })] }),
    );
    const figures = app.get(SequenceRegistry).readings.figures();
    expect(figures.map(({ label }) => label).toSorted()).toEqual([
      'lines',
      'order-numbers',
      'orders',
      'other',
    ]);
  });

  it('takes one claim per chunk where save is told to work in chunks', async () => {
    const orders = Array.from({ length: 10 }, (_, index) => newOrder(`customer ${index}`));
    await database.manager.save(orders, { chunk: 4 });
    expect(orders.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(store.claims.filter((name) => name === 'orders')).toHaveLength(3);
  });

  it('fills cascaded entities in the same go, and their foreign keys follow', async () => {
    const order = newOrder('Ada');
    order.lines = ['book', 'pen', 'book'].map((kind) => Object.assign(new Line(), { kind }));
    order.tags = [Object.assign(new Tag(), { text: 'new' })];
    await database.manager.save(order);
    expect(store.claims.toSorted()).toEqual(['lines', 'lines:book', 'lines:pen', 'order-numbers', 'orders']);
    const [row] = await database.manager.find(Order, { relations: { lines: true, tags: true } });
    expect(row).toMatchObject({ id: 1, number: 'ORD-1', tags: [{ id: 1, text: 'new' }] });
    expect(row?.lines.map(({ id, kind, serial }) => `${id}: ${kind} ${serial}`).toSorted()).toEqual([
      '1: book 1',
      '2: pen 1',
      '3: book 2',
    ]);
  });

  it('draws nothing for an update, and keeps an id that is there', async () => {
    const order = await database.manager.save(newOrder('Ada'));
    order.customer = 'Grace';
    await database.manager.save(order);
    const imported = await database.manager.save(Object.assign(newOrder('Old'), { id: 77, number: 'X' }));
    expect(imported).toMatchObject({ id: 77, number: 'X' });
    expect(store.claims).toEqual(['orders', 'order-numbers']);
    expect(await database.manager.countBy(Order, { customer: 'Grace' })).toBe(1);
  });

  it('fills plain objects given to a repository: save, insert and the query builder', async () => {
    const orders = database.getRepository(Order);
    const saved = await orders.save({ customer: 'save' });
    expect(saved).toMatchObject({ id: 1, number: 'ORD-1' });
    await orders.insert([{ customer: 'insert 1' }, { customer: 'insert 2' }]);
    await orders.createQueryBuilder().insert().values({ customer: 'builder' }).execute();
    expect((await orders.find({ order: { id: 'ASC' } })).map(({ id, customer }) => [id, customer])).toEqual([
      [1, 'save'],
      [2, 'insert 1'],
      [3, 'insert 2'],
      [4, 'builder'],
    ]);
    expect(store.claims.filter((name) => name === 'orders')).toHaveLength(3);
  });

  it('fills what child entities inherit and what they add', async () => {
    const [document, invoice] = await database.manager.save([new Document(), new Invoice()]);
    expect(document).toEqual({ id: 1 });
    expect(invoice).toMatchObject({ id: 2, serial: 1 });
  });

  it('fills embedded classes, nested ones and plain objects too, in the same go', async () => {
    const stamp = () => new Stamp();
    const label = (kind: string, more = {}) => Object.assign(new Label(), { kind, ...more });
    const parcels = [
      Object.assign(new Parcel(), { label: label('box', { stamp: stamp() }), stamp: stamp() }),
      Object.assign(new Parcel(), { label: label('bag') }),
    ];
    await database.manager.save(parcels);
    expect(store.claims.toSorted()).toEqual(['labels:bag', 'labels:box', 'parcels', 'stamps']);
    await database.getRepository(Parcel).insert({ label: { kind: 'box' }, stamp: {} });
    await database.manager.save(Object.assign(new Crate(), { stamp: stamp() }));
    const rows = await database.manager.find(Parcel, { order: { id: 'ASC' } });
    expect(
      rows.map(({ id, label: { text, stamp: inner }, stamp: outer }) => [
        id,
        text,
        inner?.serial,
        outer?.serial,
      ]),
    ).toEqual([
      [1, 'L-1', 1, 2],
      [2, 'L-1', null, null],
      [3, 'L-2', null, 3],
    ]);
    expect(await database.manager.find(Crate)).toMatchObject([{ stamp: { serial: 4 } }]);
  });

  it('ends no process when a hook of the save throws while the store fails', async () => {
    const script = fileURLToPath(new URL('typeorm-process.ts', import.meta.url));
    expect(await run(process.execPath, ['--import', 'tsx', script], '.')).toBe(
      'save: the second is refused\nstill running\n',
    );
  });

  it('leaves the properties empty for @BeforeInsert and other subscribers; after assign they see the ids', async () => {
    const seen: unknown[] = [];
    database.subscribers.push({ beforeInsert: ({ entity }) => void seen.push((entity as Order).id) });
    await database.manager.save(newOrder('Ada'));
    await database.manager.save(await app.get(SequenceService).assign(newOrder('Grace')));
    expect(seen).toEqual([undefined, 2]);
  });

  it('leaves entities without @SequenceId alone, schemas without a class too', async () => {
    await database.manager.save(Object.assign(new Tag(), { text: 'a' }));
    await database.manager.save('Note', { id: 5 });
    expect(store.claims).toEqual([]);
  });

  it('rejects the save and inserts nothing when an id cannot be drawn', async () => {
    store.failing = true;
    const orders = [newOrder('Ada'), newOrder('Grace')];
    await expect(database.manager.save(orders)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      sequence: 'orders',
    });
    expect(orders.map(({ id }) => id)).toEqual([undefined, undefined]);
    expect(await database.manager.count(Order)).toBe(0);
    store.failing = false;
    await database.manager.save(orders);
    expect(await database.manager.count(Order)).toBe(2);
  });

  it('keeps ids drawn in a transaction that rolls back as gaps', async () => {
    await expect(
      database.transaction(async (manager) => {
        await manager.save(newOrder('Ada'));
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await database.manager.save(newOrder('Grace'))).toMatchObject({ id: 2 });
  });

  it('gives concurrent saves different ids', async () => {
    const saved = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        database.manager.save(newOrder(`c${index}`), { transaction: false }),
      ),
    );
    expect(new Set(saved.map(({ id }) => id)).size).toBe(20);
    expect(await database.manager.count(Order)).toBe(20);
  });

  it('draws for every row of an upsert, but a row that exists keeps its id unless some row brings one', async () => {
    const orders = database.getRepository(Order);
    await orders.save({ customer: 'Ada' });
    const given: Partial<Order>[] = [{ customer: 'Ada' }, { customer: 'Grace' }];
    await orders.upsert(given, ['customer']);
    expect(await idsByCustomer()).toEqual({ Ada: 1, Grace: 3 });
    expect(given[0]).toMatchObject({ id: 2 });
    // As soon as one row brings an id, TypeORM overwrites the id of all that exist.
    await orders.upsert([{ customer: 'Ada' }, { id: 50, customer: 'Old' }], ['customer']);
    expect(await idsByCustomer()).toEqual({ Ada: 4, Grace: 3, Old: 50 });
  });

  it('leaves a data source that another application uses; the last one stays, and late saves fail', async () => {
    const another = (floor: number) =>
      Test.createTestingModule({
        imports: [SequenceModule.forRoot({ store: new MemorySequenceStore(), floor: () => floor })],
        providers: [{ provide: DataSource, useValue: database }, SequenceIdSubscriber],
      }).compile();
    const other = await another(0);
    await app.close();
    expect(await database.manager.save(newOrder('Ada'))).toMatchObject({ id: 1 });
    await other.close();
    await expect(database.manager.save(newOrder('Bob'))).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await database.manager.count(Order)).toBe(1);
    const last = await another(100);
    expect(database.subscribers).toHaveLength(1);
    expect(await database.manager.save(newOrder('Eve'))).toMatchObject({ id: 101 });
    await last.close();
  });

  it('is refused when it is provided twice, where each save would draw twice', () => {
    expect(() => new SequenceIdSubscriber(app.get(SequenceService), database)).toThrow(/Provide it once/);
    expect(database.subscribers).toHaveLength(1);
  });

  it('refuses a data source that is not initialized, which would forget it', () => {
    const uninitialized = new DataSource({ type: 'sqljs', entities: [Order] });
    expect(() => new SequenceIdSubscriber(app.get(SequenceService), uninitialized)).toThrow(
      'needs an initialized DataSource',
    );
  });
});
