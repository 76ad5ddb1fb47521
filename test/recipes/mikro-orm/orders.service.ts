import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { SequenceService } from 'nestjs-essequence';
import { Order } from './order.js';

@Injectable()
export class OrdersService {
  constructor(
    private readonly em: EntityManager,
    private readonly sequences: SequenceService,
  ) {}

  async place(item: string): Promise<Order> {
    const order = await this.sequences.create(Order, { item });
    await this.em.persist(order).flush();
    return order;
  }

  /** One claim, however many orders. */
  async placeAll(orders: Order[]): Promise<void> {
    await this.em.persist(await this.sequences.assign(orders)).flush();
  }
}
