import { Entity, PrimaryKey, Property } from '@mikro-orm/core';
import { SequenceId } from 'nestjs-essequence';

@Entity()
export class Order {
  @SequenceId('orders') @PrimaryKey({ type: 'integer', autoincrement: false }) id!: number;
  @Property({ type: 'string' }) item!: string;
}
