import { Body, Controller, Post } from '@nestjs/common';
import { AssignSequenceIds } from 'nestjs-essequence';
import { Order } from './order.js';

@Controller('orders')
export class OrdersController {
  @Post()
  place(@Body(AssignSequenceIds) order: Order) {
    return order;
  }

  @Post('batch')
  placeAll(@Body(AssignSequenceIds.of(Order)) orders: Order[]) {
    return orders;
  }
}
