import { Injectable } from '@nestjs/common';
import { InjectSequence, type ScopedSeries } from 'nestjs-essequence';
import { invoiceNumbers } from './invoice-numbers.js';

@Injectable()
export class InvoicesService {
  @InjectSequence(invoiceNumbers) private readonly invoices!: ScopedSeries;

  /** A draft has no number. It gets one when it becomes final. */
  async finish(tenant: string, issuedOn: string): Promise<string> {
    return this.invoices.of(tenant).next({ at: issuedOn });
  }

  preview(tenant: string): Promise<string> {
    return this.invoices.of(tenant).preview();
  }
}
