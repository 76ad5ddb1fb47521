import { Injectable } from '@nestjs/common';
import { SequenceService } from 'nestjs-essequence';
import { PrismaService } from './prisma.service.js';

@Injectable()
export class OrdersService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly sequences: SequenceService,
  ) {}

  async place(item: string) {
    const id = await this.sequences.next('orders');
    return this.prisma.order.create({ data: { id, item } });
  }

  /** One claim and one statement, however many rows. */
  async placeAll(items: string[]) {
    const ids = await this.sequences.take('orders', items.length);
    return this.prisma.order.createMany({ data: items.map((item, row) => ({ id: ids[row]!, item })) });
  }
}
