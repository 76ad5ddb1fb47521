import { Body, Controller, Get, Post } from '@nestjs/common';
import { AssignSequenceIds } from 'nestjs-essequence';
import { Order } from './order.js';
import { OrdersRepository } from './orders.repository.js';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersRepository) {}

  /** The order arrives here with its ids. */
  @Post()
  async place(@Body(AssignSequenceIds) order: Order): Promise<Order> {
    await this.orders.append(order);
    return order;
  }

  @Get()
  all(): Promise<Order[]> {
    return this.orders.all();
  }
}
