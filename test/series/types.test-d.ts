/** Compiled by `npm run types`, never run: each `@ts-expect-error` fails the build when the line below it compiles. */
import { expectTypeOf } from 'expect-type';
import { type NumberSeries, numberSeries, type SeriesNumber } from '../../lib/series/number-series.js';
import type { NumberSeriesDefinition } from '../../lib/series/series-definition.js';

declare const some: boolean;
declare const definition: NumberSeriesDefinition;

export const orders = numberSeries({ name: 'orders', format: '{n}' });
export const receipts = numberSeries({ name: 'receipts', format: '{n}', scoped: false });
export const invoices = numberSeries({
  name: 'invoices',
  format: '{fy}-{n}',
  restart: { every: 'year', startMonth: 4 },
  timeZone: 'Europe/Vienna',
  scoped: true,
  blockSize: { min: 1, max: 10 },
  formerFormats: ['{n}'],
  charset: /./,
  key: undefined,
});

export function aSeriesKnowsWhetherItIsScoped() {
  expectTypeOf(orders).toEqualTypeOf<NumberSeries<false>>();
  expectTypeOf(receipts).toEqualTypeOf<NumberSeries<false>>();
  expectTypeOf(invoices).toEqualTypeOf<NumberSeries<true>>();
  expectTypeOf(invoices.scoped).toEqualTypeOf<true>();
  expectTypeOf(orders).toExtend<NumberSeries>();
  expectTypeOf(invoices).toExtend<NumberSeries>();
  expectTypeOf(invoices).not.toExtend<NumberSeries<false>>();
  expectTypeOf(orders).not.toExtend<NumberSeries<true>>();
  // @ts-expect-error -- scoped or not is not known
  numberSeries({ name: 'orders', format: '{n}', scoped: some });
  // @ts-expect-error -- nor here
  numberSeries(definition);
}

export function formatTakesAScopeWhereThereIsOne() {
  expectTypeOf(orders.format(1)).toEqualTypeOf<string>();
  orders.format(1, {});
  orders.format(1, { at: '2026-03-01' });
  orders.format(1, { at: new Date(), scope: undefined });
  invoices.format(1, { scope: 'acme' });
  invoices.format(1, { scope: 'acme', at: new Date() });
  // @ts-expect-error -- a scope of a series without
  orders.format(1, { scope: 'acme' });
  // @ts-expect-error -- no scope of a series with
  invoices.format(1);
  // @ts-expect-error -- nor here
  invoices.format(1, { at: '2026-03-01' });
  // @ts-expect-error -- nor here
  invoices.format(1, { scope: undefined });
  // @ts-expect-error -- a scope that is no text
  invoices.format(1, { scope: 7 });
  // @ts-expect-error -- an instant as a number
  orders.format(1, { at: 1_772_323_200_000 });
  // @ts-expect-error -- null for a date
  orders.format(1, { at: null });
  // @ts-expect-error -- an unknown option
  orders.format(1, { on: '2026-03-01' });
  // @ts-expect-error -- a text for the number
  orders.format('1');
}

export function parseGivesANumberOrNothing() {
  expectTypeOf(orders.parse('1')).toEqualTypeOf<SeriesNumber | undefined>();
  expectTypeOf<SeriesNumber>().toEqualTypeOf<{
    readonly n: number;
    readonly period: string;
    readonly scope?: string;
  }>();
  // @ts-expect-error -- a number
  orders.parse(1);
}

export function definitionsAreKnown() {
  // @ts-expect-error -- no format
  numberSeries({ name: 'x' });
  // @ts-expect-error -- no name
  numberSeries({ format: '{n}' });
  // @ts-expect-error -- an unknown option
  numberSeries({ name: 'x', format: '{n}', resets: 'year' });
  // @ts-expect-error -- an unknown restart
  numberSeries({ name: 'x', format: '{n}', restart: 'yearly' });
  // @ts-expect-error -- a fiscal year without its month
  numberSeries({ name: 'x', format: '{n}', restart: { every: 'year' } });
  // @ts-expect-error -- a fiscal month
  numberSeries({ name: 'x', format: '{n}', restart: { every: 'month', startMonth: 4 } });
  // @ts-expect-error -- an unknown block size
  numberSeries({ name: 'x', format: '{n}', blockSize: 'demand' });
  // @ts-expect-error -- a key that is a text
  numberSeries({ name: 'x', format: '{n:8:scrambled}', key: 'secret' });
  // @ts-expect-error -- a charset that is a text
  numberSeries({ name: 'x', format: '{n}', charset: '[A-Z]' });
  // @ts-expect-error -- a series cannot be changed
  orders.name = 'other';
  // @ts-expect-error -- nor its formats
  orders.formats.push('{n}');
}
