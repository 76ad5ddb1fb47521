/**
 * A save in which a synchronous hook throws for the second entity, over a store that refuses: TypeORM waits for no promise
 * then. In a process of its own, which a rejection that nobody handles would end.
 */
import 'reflect-metadata';
import { MemorySequenceStore, SequenceError, SequenceId, SequenceService } from 'nestjs-essequence';
import { SequenceIdSubscriber } from 'nestjs-essequence/typeorm';
import { BeforeInsert, Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { SeriesRegistry } from '../../lib/series/series-registry.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';

@Entity()
class Order {
  @SequenceId('orders') @PrimaryColumn('integer') id!: number;
  @Column('varchar') customer!: string;

  @BeforeInsert()
  refuse(): void {
    if (this.customer === 'second') throw new Error('the second is refused');
  }
}

const store = new MemorySequenceStore();
store.claim = () => Promise.reject(new SequenceError('FORBIDDEN', 'may not claim'));
const sequences = new SequenceService(new SeriesRegistry(store, resolveOptions({ store })));
const database = await new DataSource({ type: 'sqljs', entities: [Order], synchronize: true }).initialize();
const subscriber = new SequenceIdSubscriber(sequences, database);
const orders = ['first', 'second'].map((customer) => Object.assign(new Order(), { customer }));
await database.manager.save(orders).catch((error: Error) => console.log(`save: ${error.message}`));
await new Promise((resolve) => setTimeout(resolve, 0));
console.log('still running');
await database.destroy();
subscriber.onApplicationShutdown();
