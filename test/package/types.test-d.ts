/** Compiled by `npm run types`, never run: each `@ts-expect-error` fails the build when the line below it compiles. */
import type { Client } from '@elastic/elasticsearch';
import type { INestApplicationContext, PipeTransform, Type } from '@nestjs/common';
import type { ElasticsearchService } from '@nestjs/elasticsearch';
import type { Test } from '@nestjs/testing';
import type { Client as OpenSearchClient } from '@opensearch-project/opensearch';
import { expectTypeOf } from 'expect-type';
import {
  AssignSequenceIds,
  type ElasticsearchClient,
  type ElasticsearchSequenceStore,
  type GetOptions,
  InjectSequence,
  type NumberSeries,
  numberSeries,
  ParseSeriesNumberPipe,
  type ScopedSeries,
  type Sequence,
  SequenceId,
  SequenceModule,
  SequenceService,
  type Series,
  type SeriesNumber,
} from 'nestjs-essequence';
import {
  describeSequenceStore,
  type FaultySequenceStore,
  overrideSequences,
  resetSequences,
  SequenceTestingModule,
  temporaryElasticsearchStore,
} from 'nestjs-essequence/testing';
import type { SequenceIdSubscriber } from 'nestjs-essequence/typeorm';
import * as nodeTest from 'node:test';
import type { DataSource, EntitySubscriberInterface } from 'typeorm';
// By its path: the types of 7.13 are not among the exports of its package.
import type { Client as Client7 } from '../../node_modules/elasticsearch-7/index.js';

declare const sequences: SequenceService;
const text = (id: number): string => `T-${id}`;
const key = Symbol('key');

export class Fitting {
  @SequenceId('orders') number!: number;
  @SequenceId('orders') optional?: number;
  @SequenceId('orders') nullable!: number | null;
  @SequenceId('orders') wide!: number | string;
  @SequenceId('orders') unknown!: unknown;
  @SequenceId('orders') readonly readonly!: number;
  @SequenceId('orders') [key]!: number;
  @SequenceId('orders', {}) options!: number;
  @SequenceId('orders', { transform: undefined }) untransformed!: number;
  @SequenceId('orders', { transform: text }) text!: string;
  @SequenceId('orders', { transform: (id) => BigInt(id) }) big!: bigint;
  @SequenceId('orders', { transform: (id) => ({ id }) }) object!: { id: number };
  @SequenceId((entity: Fitting) => `orders:${entity.number}`) named!: number;
  @SequenceId((entity: Fitting) => entity.text, { transform: text }) namedText!: string;
  @SequenceId((entity: { number: number }) => `orders:${entity.number}`) structural!: number;
  @SequenceId(() => 'orders') constant!: number;
  @SequenceId<Fitting>((entity) => entity.text) explicit!: number;
  @SequenceId<string, Fitting>((entity) => entity.text, { transform: text }) explicitText!: string;
  #stored: number | undefined;
  @SequenceId('orders')
  get accessor(): number | undefined {
    return this.#stored;
  }
  set accessor(id: number | undefined) {
    this.#stored = id;
  }

  // Private and protected properties are not checked: these two compile although they do not fit.
  @SequenceId('orders') private readonly hidden!: string;
  @SequenceId('orders') protected guarded!: string;

  show(): string {
    return this.hidden;
  }
}

const orderNumbers = numberSeries({ name: 'orders', format: '{n}' });
const invoiceNumbers = numberSeries({ name: 'invoices', format: '{n}', scoped: true });
const creditNumbers = numberSeries({ name: 'credits', format: 'C{n}', scoped: true });

export class Numbered {
  @SequenceId(orderNumbers) order!: string;
  @SequenceId(orderNumbers, { at: (it: Numbered) => it.issuedOn }) dated!: string;
  @SequenceId(invoiceNumbers, { scope: (it: Numbered) => it.tenant }) scoped!: string | null;
  @SequenceId(invoiceNumbers, { scope: (it: Numbered) => it.tenant, at: (it: Numbered) => it.issuedOn })
  both!: string;
  @SequenceId((it: Numbered) => (it.tenant === '' ? creditNumbers : invoiceNumbers), {
    scope: (it: Numbered) => it.tenant,
  })
  chosen!: string;
  // @ts-expect-error -- a text for a number
  @SequenceId(orderNumbers) number!: number;
  // @ts-expect-error -- no scope of a scoped series
  @SequenceId(invoiceNumbers) unscoped!: string;
  // @ts-expect-error -- nor here
  @SequenceId(invoiceNumbers, { at: (it: Numbered) => it.issuedOn }) onlyDated!: string;
  // @ts-expect-error -- a scope of a series without
  @SequenceId(orderNumbers, { scope: (it: Numbered) => it.tenant }) overscoped!: string;
  // @ts-expect-error -- a date that may be missing
  @SequenceId(orderNumbers, { at: (it: Numbered) => it.maybe }) undated!: string;
  // @ts-expect-error -- a date that is not a function of the entity
  @SequenceId(orderNumbers, { at: new Date() }) fixed!: string;
  // @ts-expect-error -- a transform of a series
  @SequenceId(orderNumbers, { transform: text }) transformed!: string;
  tenant!: string;
  issuedOn!: Date;
  maybe!: Date | undefined;
}

export class Derived extends Fitting {
  @SequenceId('derived') declare number: number;
}

export class Unfitting {
  // @ts-expect-error -- a number for a string
  @SequenceId('orders') string!: string;
  // @ts-expect-error -- only a transform makes a text
  @SequenceId<string>('orders') claimed!: string;
  // @ts-expect-error -- a number for a narrower type
  @SequenceId('orders') literal!: 1 | 2;
  // @ts-expect-error -- a string for a number
  @SequenceId('orders', { transform: text }) number!: number;
  // @ts-expect-error -- a string or undefined for a string
  @SequenceId('orders', { transform: (id): string | undefined => (id > 1 ? 'x' : undefined) }) maybe!: string;
  // @ts-expect-error -- a promise is not awaited
  @SequenceId('orders', { transform: async (id) => id }) awaited!: number;
  // @ts-expect-error -- a name for another class
  @SequenceId((other: { tenant: string }) => other.tenant) otherClass!: number;
  // @ts-expect-error -- a name must be a text
  @SequenceId((entity: Unfitting) => entity.count) nameType!: number;
  // @ts-expect-error -- a promise of a name
  @SequenceId(async () => 'orders') promised!: number;
  // @ts-expect-error -- no name
  @SequenceId() unnamed!: number;
  // @ts-expect-error -- a start belongs to the name, not to the property
  @SequenceId('orders', { start: 1 }) start!: number;
  // @ts-expect-error -- an unfitting symbol property
  @SequenceId('orders') [key]!: string;
  // @ts-expect-error -- a static property
  @SequenceId('orders') static shared: number;
  // @ts-expect-error -- a method
  @SequenceId('orders')
  method(): void {}
  count = 1;
}

// @ts-expect-error -- a class
@SequenceId('orders')
export class Decorated {}

export class Parameter {
  // @ts-expect-error -- a constructor parameter
  constructor(@SequenceId('orders') readonly id: number) {}
}

export class Injected {
  @InjectSequence('shipments') readonly property!: Sequence<string>;
  constructor(@InjectSequence('shipments') private readonly parameter: Sequence) {}
  show(): Sequence {
    return this.parameter;
  }
}

export async function assignKeepsTheType(one: Fitting, many: Fitting[], fixed: readonly [Fitting, Derived]) {
  expectTypeOf(await sequences.assign(one)).toEqualTypeOf<Fitting>();
  expectTypeOf(await sequences.assign(many)).toEqualTypeOf<Fitting[]>();
  expectTypeOf(await sequences.assign(fixed)).toEqualTypeOf<readonly [Fitting, Derived]>();
  expectTypeOf(
    await sequences.assign(one, { timeout: 1, signal: AbortSignal.timeout(1) }),
  ).toEqualTypeOf<Fitting>();
  // @ts-expect-error -- no object
  void sequences.assign(5);
  // @ts-expect-error -- no object
  void sequences.assign('orders');
  // @ts-expect-error -- an unknown option
  void sequences.assign(one, { transform: text });
}

export async function createMakesAnInstance() {
  expectTypeOf(await sequences.create(Derived, { optional: 1 })).toEqualTypeOf<Derived>();
  // @ts-expect-error -- a property of another type
  void sequences.create(Fitting, { number: 'one' });
  // @ts-expect-error -- an unknown property
  void sequences.create(Fitting, { unheardOf: 1 });
  // @ts-expect-error -- a class that needs arguments
  void sequences.create(Parameter, {});
  abstract class Abstract {}
  // @ts-expect-error -- an abstract class
  void sequences.create(Abstract, {});
}

export async function sequenceFollowsItsTransform() {
  expectTypeOf(sequences.get('orders')).toEqualTypeOf<Sequence>();
  expectTypeOf(sequences.get('orders', { blockSize: 10 })).toEqualTypeOf<Sequence<number>>();
  const texts = sequences.get('orders', { transform: text });
  expectTypeOf(texts).toEqualTypeOf<Sequence<string>>();
  expectTypeOf(await texts.next()).toEqualTypeOf<string>();
  expectTypeOf(texts.tryNext()).toEqualTypeOf<string | undefined>();
  expectTypeOf(await texts.take(2)).toEqualTypeOf<string[]>();
  for await (const each of texts) expectTypeOf(each).toEqualTypeOf<string>();
  texts.stream(2).subscribe((each) => expectTypeOf(each).toEqualTypeOf<string>());
  // The service's own calls know no transform.
  expectTypeOf(await sequences.next('orders')).toEqualTypeOf<number>();
  expectTypeOf(await sequences.take('orders', 2)).toEqualTypeOf<number[]>();
  SequenceModule.forFeature('orders', {
    name: 'shipments',
    transform: text,
    start: 1,
    blockSize: { min: 1, max: 2 },
  });
  expectTypeOf(sequences.get('orders', { transform: undefined })).toEqualTypeOf<Sequence>();
  expectTypeOf(sequences.get<string>('orders', { transform: text })).toEqualTypeOf<Sequence<string>>();
  expectTypeOf(sequences.get('orders', { transform: (id) => BigInt(id) })).toEqualTypeOf<Sequence<bigint>>();
  // @ts-expect-error -- a sequence of texts is not one of numbers
  const numbers: Sequence<number> = texts;
  // @ts-expect-error -- only a transform makes texts
  const untransformed: Sequence<string> = sequences.get('orders');
  // @ts-expect-error -- nor does saying so
  const declared: Sequence<string> = sequences.get<string>('orders', { blockSize: 10 });
  const options: GetOptions<string> = { blockSize: 10 };
  expectTypeOf(sequences.get('orders', options)).toEqualTypeOf<Sequence<string | number>>();
  return { numbers, untransformed, declared };
}

declare const anySeries: NumberSeries;

export class InjectedSeries {
  @InjectSequence(orderNumbers) readonly orders!: Series;
  constructor(@InjectSequence(invoiceNumbers) private readonly invoices: ScopedSeries) {}
  show(): Series {
    return this.invoices.of('acme');
  }
}

export async function seriesAskForTheirScope() {
  expectTypeOf(sequences.get(orderNumbers)).toEqualTypeOf<Series>();
  expectTypeOf(sequences.get(orderNumbers, {})).toEqualTypeOf<Series>();
  expectTypeOf(sequences.get(invoiceNumbers, { scope: 'acme' })).toEqualTypeOf<Series>();
  expectTypeOf(sequences.get(anySeries, { scope: undefined })).toEqualTypeOf<Series>();
  // @ts-expect-error -- no scope of a scoped series
  sequences.get(invoiceNumbers);
  // @ts-expect-error -- nor here
  sequences.get(invoiceNumbers, {});
  // @ts-expect-error -- a scope that is not a text
  sequences.get(invoiceNumbers, { scope: 7 });
  // @ts-expect-error -- a scope of a series without
  sequences.get(orderNumbers, { scope: 'acme' });
  // @ts-expect-error -- a series has its block size from its definition
  sequences.get(orderNumbers, { blockSize: 1 });
  // @ts-expect-error -- nor a transform
  sequences.get(orderNumbers, { transform: text });
  // @ts-expect-error -- numbers of a series are texts
  const number: number = await sequences.get(orderNumbers).next();
  // @ts-expect-error -- a series has nothing cached to try
  sequences.get(orderNumbers).tryNext();
  // @ts-expect-error -- a series does not jump
  void sequences.get(orderNumbers).fence({ to: 1, jump: 1 });
  // @ts-expect-error -- to where is not said
  void sequences.get(orderNumbers).fence({ at: '2026-03-31' });
  // @ts-expect-error -- a series is not a name
  void sequences.next(orderNumbers);
  SequenceModule.forFeature('orders', orderNumbers, invoiceNumbers);
  SequenceModule.forRoot({
    now: () => new Date(0),
    floor: (name, counter) => (counter?.period === '2026' ? name.length : null),
  });
  // @ts-expect-error -- a present that is not a Date
  SequenceModule.forRoot({ now: () => 0 });
  expectTypeOf(new ParseSeriesNumberPipe(invoiceNumbers).transform('x')).toEqualTypeOf<SeriesNumber>();
  // @ts-expect-error -- a name instead of a series
  void new ParseSeriesNumberPipe('invoices');
  return number;
}

declare const builder: ReturnType<typeof Test.createTestingModule>;
declare const context: INestApplicationContext;
declare const one: Fitting;
declare const storeOf: (
  ...args: ConstructorParameters<typeof ElasticsearchSequenceStore>
) => ElasticsearchSequenceStore;
declare const subscriberOf: (
  ...args: ConstructorParameters<typeof SequenceIdSubscriber>
) => SequenceIdSubscriber;

export function optionsAreKnown() {
  // @ts-expect-error -- an unknown option
  SequenceModule.forRoot({ blocksize: 10 });
  // @ts-expect-error -- an option of another type
  SequenceModule.forRoot({ timeout: '5 s' });
  // @ts-expect-error -- a store that is not a SequenceStore
  SequenceModule.forRoot({ store: {} });
  // @ts-expect-error -- an unknown option, made by a factory
  SequenceModule.forRootAsync({ useFactory: () => ({ store: {} }) });
  // @ts-expect-error -- an unknown option of a feature
  SequenceModule.forFeature({ name: 'shipments', first: 1 });
  // @ts-expect-error -- a feature without a name
  SequenceModule.forFeature({ start: 1 });
}

export function pipesAreOfClasses() {
  expectTypeOf(AssignSequenceIds.of(Fitting)).toEqualTypeOf<
    Type<PipeTransform<unknown, Promise<Fitting[]>>>
  >();
  // @ts-expect-error -- an instance
  AssignSequenceIds.of(one);
  // @ts-expect-error -- an arrow function
  AssignSequenceIds.of(() => one);
  // @ts-expect-error -- an array of classes
  AssignSequenceIds.of([Fitting]);
  // @ts-expect-error -- a class that needs arguments
  AssignSequenceIds.of(Parameter);
}

export function entitiesAreNotNull() {
  // @ts-expect-error -- null
  void sequences.assign(null);
  // @ts-expect-error -- undefined
  void sequences.assign(undefined);
  // @ts-expect-error -- maybe none
  void sequences.assign(one as Fitting | undefined);
  // @ts-expect-error -- no properties
  void sequences.create(Fitting, null);
  // @ts-expect-error -- a property that may not be null
  void sequences.create(Fitting, { number: null });
  // @ts-expect-error -- no class
  void sequences.create(null);
}

export function testingKnowsItsArguments(store: FaultySequenceStore) {
  expectTypeOf(overrideSequences(builder)).toEqualTypeOf<typeof builder>();
  expectTypeOf(overrideSequences(builder, { store })).toEqualTypeOf<typeof builder>();
  // @ts-expect-error -- a module instead of its builder
  overrideSequences(context);
  // @ts-expect-error -- an option of the module
  overrideSequences(builder, { timeout: 1 });
  // @ts-expect-error -- an option of the default store
  SequenceTestingModule.forRoot({ index: 'essequences' });
  // @ts-expect-error -- a builder instead of its module
  void resetSequences(builder);
  // @ts-expect-error -- a name that is not a text
  void resetSequences(context, 1);

  expectTypeOf(store.pendingFaults).toEqualTypeOf<number>();
  store.failNextClaim(new Error('down'), { sequence: 'orders' });
  store.delayNextClaim(Promise.resolve('any'));
  // @ts-expect-error -- a message instead of an error
  store.failNextClaim('down');
  // @ts-expect-error -- a name instead of options
  store.failNextClaimAfterApply('orders');
  // @ts-expect-error -- how long is not said
  store.delayNextClaim();
  // @ts-expect-error -- a function instead of a promise
  store.delayNextClaim(async () => {});
  // @ts-expect-error -- an unknown option
  store.hangNextClaim({ name: 'orders' });
  // @ts-expect-error -- how many is not said
  store.conflictStorm();
  // @ts-expect-error -- which is not said
  void store.loseCounter();
  // @ts-expect-error -- to where is not said
  void store.rollBackCounter('orders');
  // @ts-expect-error -- how many are left is for reading
  store.pendingFaults = 0;

  describeSequenceStore('mine', () => ({ open: () => store, close: () => Promise.resolve() }), nodeTest);
  // @ts-expect-error -- a store instead of an environment
  describeSequenceStore('mine', () => store);
  // @ts-expect-error -- an environment instead of what makes one
  describeSequenceStore('mine', { open: () => store });
  // @ts-expect-error -- a runner without it
  describeSequenceStore('mine', () => ({ open: () => store }), { describe: nodeTest.describe });
}

export function clientsOfEveryMajorFit(
  client: Client,
  client7: Client7,
  openSearch: OpenSearchClient,
  service: ElasticsearchService,
) {
  expectTypeOf(client7).not.toBeAny();
  for (const each of [client, client7, openSearch, service] satisfies ElasticsearchClient[]) {
    temporaryElasticsearchStore(each);
    storeOf({ client: each });
  }
  // @ts-expect-error -- options of a client
  storeOf({ client: { node: 'http://localhost:9200' } });
  // @ts-expect-error -- a transport that requests nothing
  storeOf({ client: { transport: {} } });
  // @ts-expect-error -- no client
  storeOf({});
  // @ts-expect-error -- an option of the module
  storeOf({ client, timeout: 1 });
  // @ts-expect-error -- an object without transport
  temporaryElasticsearchStore({ request: client.transport.request });
  // @ts-expect-error -- the alias is the store's own
  temporaryElasticsearchStore(client, { index: 'essequences' });
}

export function subscribersTakeADataSource(dataSource: DataSource) {
  expectTypeOf(subscriberOf(sequences, dataSource)).toExtend<EntitySubscriberInterface>();
  // @ts-expect-error -- options of a data source
  subscriberOf(sequences, { type: 'sqljs' });
  // @ts-expect-error -- without a data source
  subscriberOf(sequences);
}
