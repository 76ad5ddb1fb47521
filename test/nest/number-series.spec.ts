/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { BadRequestException, Controller, Get, Injectable, type ModuleMetadata, Param } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  getSequenceToken,
  InjectSequence,
  MemorySequenceStore,
  numberSeries,
  ParseSeriesNumberPipe,
  ScopedSeries,
  SequenceModule,
  type SequenceModuleOptions,
  SequenceService,
  SequenceStore,
  Series,
  type SeriesNumber,
} from '../../lib/index.js';
import { resetSequences, SequenceTestingModule } from '../../lib/testing.js';
import { temporaryStoreKinds } from '../support/temporary-stores.js';
import { SeriesRegistry } from '../../lib/series/series-registry.js';

const invoiceNumbers = numberSeries({
  name: 'invoices',
  format: 'INV-{yyyy}-{n:4}',
  restart: 'year',
  timeZone: 'Europe/Vienna',
  scoped: true,
});
const orderNumbers = numberSeries({ name: 'orders', format: 'ORD-{n:4}' });

/** Of 2027 in Vienna, of 2026 in UTC. */
const now = () => new Date('2026-12-31T23:30:00Z');

const apps: TestingModule[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function boot(
  metadata: ModuleMetadata = {},
  options: Omit<SequenceModuleOptions, 'index' | 'strategy' | 'create' | 'historyCheck'> = { now },
): Promise<TestingModule> {
  const imports = [SequenceTestingModule.forRoot(options), ...(metadata.imports ?? [])];
  const app = await Test.createTestingModule({ ...metadata, imports }).compile();
  apps.push(app);
  return app.init();
}

@Injectable()
class Constructed {
  constructor(
    @InjectSequence(orderNumbers) readonly orders: Series,
    @InjectSequence(invoiceNumbers) readonly invoices: ScopedSeries,
  ) {}
}

@Injectable()
class Filled {
  @InjectSequence(orderNumbers) readonly orders!: Series;
  @InjectSequence(invoiceNumbers) readonly invoices!: ScopedSeries;
}

const feature = SequenceModule.forFeature('orders', orderNumbers, invoiceNumbers);

describe('SequenceService.get of a series', () => {
  it('gives a handle on its numbers, by the present that the option now tells', async () => {
    const sequences = (await boot()).get(SequenceService);
    const acme = sequences.get(invoiceNumbers, { scope: 'acme' });
    expect(acme).toBeInstanceOf(Series);
    expect(await acme.next()).toBe('INV-2027-0001');
    expect(await sequences.get(invoiceNumbers, { scope: 'acme' }).next()).toBe('INV-2027-0002');
    expect(await sequences.get(orderNumbers).next()).toBe('ORD-0001');
  });

  it('counts apart from the plain sequence of the same name', async () => {
    const sequences = (await boot()).get(SequenceService);
    expect(await sequences.next('orders')).toBe(1);
    expect(await sequences.get(orderNumbers).next()).toBe('ORD-0001');
  });

  it('refuses a scope that is missing or that it does not have, and other options', async () => {
    const sequences = (await boot()).get(SequenceService);
    const get = sequences.get.bind(sequences) as (...args: unknown[]) => unknown;
    expect(() => get(invoiceNumbers)).toThrow(/every call needs a scope/);
    expect(() => get(orderNumbers, { scope: 'acme' })).toThrow(/is not scoped/);
    expect(() => get(orderNumbers, { blockSize: 1 })).toThrow(TypeError);
  });

  it('takes another present of each application', async () => {
    const other = await boot({}, { now: () => new Date('2030-06-01') });
    const texts = [await boot(), other].map((app) =>
      app.get(SequenceService).get(invoiceNumbers, { scope: 'acme' }).next(),
    );
    expect(await Promise.all(texts)).toEqual(['INV-2027-0001', 'INV-2030-0001']);
  });

  it('is of the present of the global Date where there is no now', async () => {
    const sequences = (await boot({}, {})).get(SequenceService);
    jest.useFakeTimers({ now: now(), doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });
    try {
      expect(await sequences.get(invoiceNumbers, { scope: 'acme' }).next()).toBe('INV-2027-0001');
    } finally {
      jest.useRealTimers();
    }
  });

  it('refuses a now that is not a function', () => {
    expect(() => SequenceModule.forRoot({ now: new Date() as never })).not.toThrow();
    return expect(boot({}, { now: new Date() as never })).rejects.toThrow(/Expected now to be a function/);
  });
});

describe('@InjectSequence of a series', () => {
  it.each([Constructed, Filled])('gives %p the handles of forFeature', async (Class) => {
    const app = await boot({ imports: [feature], providers: [Class] });
    const { orders, invoices } = app.get<Filled>(Class);
    expect(await orders.next()).toBe('ORD-0001');
    expect(await invoices.of('acme').next({ at: '2026-03-31' })).toBe('INV-2026-0001');
  });

  it('fills a property without a forFeature', async () => {
    const { orders, invoices } = (await boot({ providers: [Filled] })).get(Filled);
    expect(orders).toBeInstanceOf(Series);
    expect(invoices).toBeInstanceOf(ScopedSeries);
    expect(await orders.next()).toBe('ORD-0001');
  });

  it('has a token apart from that of the plain sequence', () => {
    expect(getSequenceToken(orderNumbers)).toBe("Series('orders')");
    expect(getSequenceToken('orders')).toBe("Sequence('orders')");
  });

  it('takes a replacement under its token', async () => {
    const fake = { next: async () => 'fake' };
    const providers = [Filled, { provide: getSequenceToken(orderNumbers), useValue: fake }];
    expect((await boot({ providers })).get(Filled).orders).toBe(fake);
  });

  it('says where forRoot is missing', async () => {
    const compile = (metadata: ModuleMetadata) => Test.createTestingModule(metadata).compile();
    await expect(compile({ imports: [feature] })).rejects.toThrow(/needs SequenceModule.forRoot/);
    await expect(compile({ providers: [Filled] })).rejects.toThrow(
      /@InjectSequence\(series "orders"\) on Filled.orders needs SequenceModule.forRoot/,
    );
  });

  it('refuses a series twice in one forFeature, and two definitions of one name at start', async () => {
    const other = numberSeries({ name: 'orders', format: 'O-{n}' });
    expect(() => SequenceModule.forFeature(orderNumbers, other)).toThrow(/names series "orders" twice/);
    const imports = [feature, SequenceModule.forFeature(other)];
    await expect(boot({ imports })).rejects.toThrow(/is defined twice in this application/);
  });
});

describe('A floor hook', () => {
  it('is told of which series, scope and period a counter is', async () => {
    const floor = jest.fn(async () => 41);
    const app = await boot({}, { now, floor });
    const acme = app.get(SequenceService).get(invoiceNumbers, { scope: 'acme' });
    expect(await acme.next()).toBe('INV-2027-0042');
    expect(floor.mock.calls).toEqual([
      ['invoices~acme~2027', { series: 'invoices', scope: 'acme', period: '2027' }],
    ]);
  });

  it('does not stand in the way of a series that is used before the start is over', async () => {
    @Injectable()
    class Early {
      constructor(@InjectSequence(orderNumbers) private readonly orders: Series) {}
      async onModuleInit() {
        await this.orders.next();
      }
    }
    const app = await boot({ imports: [feature], providers: [Early] }, { now, floor: () => null });
    expect(await app.get(SequenceService).get(orderNumbers).next()).toBe('ORD-0002');
  });
});

describe('Series.fence', () => {
  it('goes on above the number that is known to be the last one', async () => {
    const acme = (await boot()).get(SequenceService).get(invoiceNumbers, { scope: 'acme' });
    await acme.next({ at: '2026-03-31' });
    expect(await acme.fence({ to: 512, at: '2026-03-31' })).toMatchObject({
      name: 'invoices~acme~2026',
      last: 512,
      scope: 'acme',
      period: '2026',
    });
    expect(await acme.next({ at: '2026-12-01' })).toBe('INV-2026-0513');
    await expect(acme.fence({ to: 512, at: '2026-03-31' })).rejects.toMatchObject({ code: 'REJECTED' });
  });

  it('refuses a jump, and what is not the number of a series', async () => {
    const app = await boot();
    const fence = jest.spyOn(app.get<MemorySequenceStore>(SequenceStore), 'fence');
    const orders = app.get(SequenceService).get(orderNumbers);
    await expect(orders.fence({ to: 1, jump: 5 } as never)).rejects.toThrow(/jump/);
    await expect(orders.fence({} as never)).rejects.toThrow(TypeError);
    await expect(orders.fence({ to: -1 })).rejects.toThrow(RangeError);
    expect(fence).not.toHaveBeenCalled();
  });
});

describe('ParseSeriesNumberPipe', () => {
  const pipe = new ParseSeriesNumberPipe(invoiceNumbers);

  it('reads what a number says', () => {
    @Controller()
    class Invoices {
      @Get(':number') find(@Param('number', new ParseSeriesNumberPipe(invoiceNumbers)) number: SeriesNumber) {
        return number;
      }
    }
    expect(Invoices).toBeDefined();
    expect(pipe.transform('INV-2026-0042')).toEqual({ n: 42, period: '2026' });
  });

  it.each(['INV-2026-042', 'inv-2026-0042', '', undefined, null, 42, ['INV-2026-0042']])(
    'refuses %p with 400',
    (value) => {
      expect(() => pipe.transform(value)).toThrow(BadRequestException);
      expect(() => pipe.transform(value)).toThrow('Expected a number like INV-{yyyy}-{n:4}');
    },
  );

  it('refuses what is not a series when it is made', () => {
    expect(() => new ParseSeriesNumberPipe({} as never)).toThrow(/Expected a number series/);
  });
});

describe.each(temporaryStoreKinds())('resetSequences over $name', ({ create, end }) => {
  afterAll(end);

  it('starts series anew', async () => {
    const { store } = create();
    const app = await boot({}, { now, store });
    const acme = app.get(SequenceService).get(invoiceNumbers, { scope: 'acme' });
    expect(await acme.take(2)).toEqual(['INV-2027-0001', 'INV-2027-0002']);
    await resetSequences(app);
    expect(await acme.next()).toBe('INV-2027-0001');
  });

  it('starts one series anew, asleep or awake, and no other', async () => {
    const { store } = create();
    const app = await boot({}, { now, store });
    const service = app.get(SequenceService);
    const [acme, other] = ['acme', 'other'].map((scope) => service.get(invoiceNumbers, { scope }));
    for (const tenant of [acme!, other!]) await tenant.take(2);
    const { sequences } = app.get(SeriesRegistry);
    expect(sequences.putToSleep('invoices~other~2027')).toBe(true);
    await service.next('invoices');
    const reset = resetSequences(app, invoiceNumbers);
    const [one, another, unknown] = [
      acme!.next(),
      other!.next(),
      service.get(invoiceNumbers, { scope: 'new' }).next(),
    ];
    await reset;
    expect(await Promise.all([one, another, unknown])).toEqual([
      'INV-2027-0001',
      'INV-2027-0001',
      'INV-2027-0001',
    ]);
    expect(await service.next('invoices')).toBe(2);
    expect(await acme!.next()).toBe('INV-2027-0002');
  });

  it('gives calls that still wait for the record of their series numbers of the old counter', async () => {
    const { store } = create();
    const app = await boot({}, { now, store });
    const acme = app.get(SequenceService).get(invoiceNumbers, { scope: 'acme' });
    const before = acme.take(2);
    const reset = resetSequences(app, invoiceNumbers);
    const after = acme.next();
    await reset;
    expect([await before, await after, await acme.next()]).toEqual([
      ['INV-2027-0001', 'INV-2027-0002'],
      'INV-2027-0001',
      'INV-2027-0002',
    ]);
  });

  it('removes their records, and a process that runs writes them again', async () => {
    const { store } = create();
    if (store.recordSeries === undefined) return;
    const signal = AbortSignal.timeout(30_000);
    const record = () => store.recordSeries!({ name: 'invoices', expected: 'none', record: 'x', signal });
    const app = await boot({}, { now, store });
    const acme = app.get(SequenceService).get(invoiceNumbers, { scope: 'acme' });
    await acme.next();
    const before = await record();
    expect(before).toMatch(/INV-/);
    const reset = resetSequences(app);
    expect(await acme.next()).toBe('INV-2027-0001');
    await reset;
    expect(await record()).toBe(before);
  });
});
