import { Controller, Get, Param } from '@nestjs/common';
import { ParseSeriesNumberPipe, type SeriesNumber } from 'nestjs-essequence';
import { invoiceNumbers } from './invoice-numbers.js';

@Controller('invoices')
export class InvoicesController {
  @Get(':number')
  find(@Param('number', new ParseSeriesNumberPipe(invoiceNumbers)) number: SeriesNumber) {
    return number;
  }
}
