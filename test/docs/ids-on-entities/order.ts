import { BadRequestException } from '@nestjs/common';
import { SequenceId } from 'nestjs-essequence';

const TENANTS = ['acme', 'beta'];

// The tenant may come from a client: unchecked it would let the client choose the sequence.
function receiptsOf({ tenant }: Order): string {
  if (!TENANTS.includes(tenant)) throw new BadRequestException('Unknown tenant');
  return `receipts:${tenant}`;
}

export class Order {
  @SequenceId('orders') id!: number;

  @SequenceId('order-numbers', { transform: (id) => `ORD-${String(id).padStart(6, '0')}` })
  number!: string;

  @SequenceId(receiptsOf) receipt!: number;

  tenant!: string;
  customer!: string;
}
