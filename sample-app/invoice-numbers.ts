import { numberSeries } from 'nestjs-essequence';

/** Each tenant counts for itself, from 1 in each year. */
export const invoiceNumbers = numberSeries({
  name: 'invoices',
  format: 'INV-{yyyy}-{n:6}',
  restart: 'year',
  timeZone: 'Europe/Vienna',
  scoped: true,
});
