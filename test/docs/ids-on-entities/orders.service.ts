import { Injectable } from '@nestjs/common';
import { SequenceService } from 'nestjs-essequence';
import { Order } from './order.js';

@Injectable()
export class OrdersService {
  constructor(private readonly sequences: SequenceService) {}

  place(tenant: string, customer: string): Promise<Order> {
    return this.sequences.create(Order, { tenant, customer });
  }

  // 10,000 orders cost one claim per sequence. All get their ids, or none is touched.
  takeOver(orders: Order[]): Promise<Order[]> {
    return this.sequences.assign(orders, { timeout: 2_000 });
  }
}
