import { Injectable, NotFoundException } from '@nestjs/common';
import { join } from 'node:path';
import { JsonLines } from './json-lines.js';
import type { Order } from './order.js';

@Injectable()
export class OrdersRepository extends JsonLines<Order> {
  constructor() {
    super(join(process.env['DATA_DIR'] ?? 'data', 'orders.jsonl'));
  }

  async assertKnown(order: number): Promise<void> {
    const known = await this.all();
    if (!known.some(({ id }) => id === order)) throw new NotFoundException(`There is no order ${order}`);
  }
}
