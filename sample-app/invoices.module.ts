import { Module } from '@nestjs/common';
import { SequenceModule } from 'nestjs-essequence';
import { invoiceNumbers } from './invoice-numbers.js';
import { InvoicesController } from './invoices.controller.js';
import { InvoicesRepository } from './invoices.repository.js';
import { OrdersModule } from './orders.module.js';

@Module({
  imports: [OrdersModule, SequenceModule.forFeature(invoiceNumbers)],
  controllers: [InvoicesController],
  providers: [InvoicesRepository],
})
export class InvoicesModule {}
