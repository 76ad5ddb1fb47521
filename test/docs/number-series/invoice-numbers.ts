import { numberSeries } from 'nestjs-essequence';

export const invoiceNumbers = numberSeries({
  name: 'invoices',
  format: 'INV-{yyyy}-{n:6}',
  restart: 'year',
  timeZone: 'Europe/Vienna',
  scoped: true,
});
