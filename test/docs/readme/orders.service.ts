import { Injectable } from '@nestjs/common';
import { SequenceId, SequenceService } from 'nestjs-essequence';

export class Order {
  @SequenceId('orders') id!: number;
  customer!: string;
}

@Injectable()
export class OrdersService {
  constructor(private readonly sequences: SequenceService) {}

  place(customer: string): Promise<Order> {
    return this.sequences.create(Order, { customer });
  }
}
