import { Body, Controller, ParseArrayPipe, Post } from '@nestjs/common';
import { AssignSequenceIds } from 'nestjs-essequence';
import { Order } from './order.js';

@Controller('orders')
export class OrdersController {
  @Post()
  place(@Body(AssignSequenceIds) order: Order) {
    return order;
  }

  // No ValidationPipe sees the class of an array: ParseArrayPipe validates each order first.
  @Post('batch')
  placeAll(@Body(new ParseArrayPipe({ items: Order }), AssignSequenceIds.of(Order)) orders: Order[]) {
    return orders;
  }
}
