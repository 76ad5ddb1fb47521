import { Controller, Param, ParseIntPipe, Post } from '@nestjs/common';
import { InjectSequence, type Sequence } from 'nestjs-essequence';
import { OrdersRepository } from './orders.repository.js';

interface Shipment {
  number: string;
  order: number;
}

@Controller('orders/:id/shipments')
export class ShipmentsController {
  constructor(
    @InjectSequence('shipments') private readonly numbers: Sequence<string>,
    private readonly orders: OrdersRepository,
  ) {}

  @Post()
  async ship(@Param('id', ParseIntPipe) order: number): Promise<Shipment> {
    await this.orders.assertKnown(order);
    return { number: await this.numbers.next(), order };
  }
}
