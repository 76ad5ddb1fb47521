import { Body, ConflictException, Controller, Param, ParseIntPipe, Post } from '@nestjs/common';
import { InjectSequence, ScopedSeries } from 'nestjs-essequence';
import { invoiceNumbers } from './invoice-numbers.js';
import { type Invoice, NewInvoice } from './invoice.js';
import { InvoicesRepository } from './invoices.repository.js';
import { OrdersRepository } from './orders.repository.js';

@Controller('orders/:id/invoice')
export class InvoicesController {
  /** Orders that are being invoiced. A database would have a unique index on the order. */
  readonly #underWay = new Set<number>();

  constructor(
    @InjectSequence(invoiceNumbers) private readonly numbers: ScopedSeries,
    private readonly orders: OrdersRepository,
    private readonly invoices: InvoicesRepository,
  ) {}

  /** An order has one invoice. Its number is drawn last: an invoice that is refused after that would leave a gap. */
  @Post()
  async invoice(
    @Param('id', ParseIntPipe) order: number,
    @Body() { tenant, issuedOn }: NewInvoice,
  ): Promise<Invoice> {
    if (this.#underWay.has(order)) throw new ConflictException(`Order ${order} is being invoiced`);
    this.#underWay.add(order);
    try {
      await this.orders.assertKnown(order);
      const former = (await this.invoices.all()).find((invoice) => invoice.order === order);
      if (former) throw new ConflictException(`Order ${order} has invoice ${former.number} already`);
      const number = await this.numbers.of(tenant).next({ at: issuedOn });
      const invoice = { number, tenant, order, issuedOn };
      await this.invoices.append(invoice);
      return invoice;
    } finally {
      this.#underWay.delete(order);
    }
  }
}
