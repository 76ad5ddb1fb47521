import { BadRequestException, type PipeTransform } from '@nestjs/common';
import { show } from '../common/arguments.js';
import { NumberSeries, type SeriesNumber } from '../series/number-series.js';

/**
 * Reads a parameter as the text of a number of a series. Anything else is refused with 400. It does not know whether the
 * number was ever handed out.
 *
 * @throws TypeError when it is made, for what is not a series.
 * @example
 * \@Get(':number') find(\@Param('number', new ParseSeriesNumberPipe(invoiceNumbers)) number: SeriesNumber) {}
 */
export class ParseSeriesNumberPipe implements PipeTransform<unknown, SeriesNumber> {
  constructor(private readonly series: NumberSeries) {
    if (!(series instanceof NumberSeries)) {
      throw new TypeError(`Expected a number series, made by numberSeries(), got ${show(series)}`);
    }
  }

  transform(value: unknown): SeriesNumber {
    const number = typeof value === 'string' ? this.series.parse(value) : undefined;
    if (number !== undefined) return number;
    throw new BadRequestException(`Expected a number like ${this.series.formats[0]}`);
  }
}
