/** The TypeORM subscriber: a save of many, an embedded class, an insert of plain objects. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MemorySequenceStore, SequenceId, SequenceModule } from 'nestjs-essequence';
import { SequenceIdSubscriber } from 'nestjs-essequence/typeorm';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';

class Receipt {
  @SequenceId('receipts') @Column('integer', { nullable: true }) number!: number;
}

@Entity()
class Order {
  @SequenceId('orders') @PrimaryColumn('integer') id!: number;
  @Column('varchar') customer!: string;
  @Column(() => Receipt) receipt!: Receipt;
}

@Module({
  imports: [SequenceModule.forRootAsync({ useFactory: () => ({ store: new MemorySequenceStore() }) })],
  providers: [
    {
      provide: DataSource,
      useFactory: () => new DataSource({ type: 'sqljs', entities: [Order], synchronize: true }).initialize(),
    },
    SequenceIdSubscriber,
  ],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
const database = app.get(DataSource);
const order = (customer: string) => Object.assign(new Order(), { customer, receipt: new Receipt() });
await database.manager.save([order('Ada'), order('Grace')]);
await database.getRepository(Order).insert({ customer: 'Alan', receipt: {} });
const rows = await database.manager.find(Order, { order: { id: 'ASC' } });
console.log(JSON.stringify(rows.map(({ id, customer, receipt }) => [id, customer, receipt.number])));
await database.destroy();
await app.close();
