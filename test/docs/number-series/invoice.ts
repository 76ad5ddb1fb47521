import { SequenceId } from 'nestjs-essequence';
import { invoiceNumbers } from './invoice-numbers.js';

export class Invoice {
  @SequenceId(invoiceNumbers, {
    scope: (invoice: Invoice) => invoice.tenant,
    at: (invoice: Invoice) => invoice.issuedOn,
  })
  number!: string;

  tenant!: string;
  issuedOn!: string;
}
