import { SequenceId } from 'nestjs-essequence';

export class Order {
  @SequenceId('orders') id!: number;

  @SequenceId('order-numbers', { transform: (id) => `ORD-${String(id).padStart(6, '0')}` })
  number!: string;

  @SequenceId((order: Order) => `receipts:${order.tenant}`) receipt!: number;

  tenant!: string;
  customer!: string;
}
