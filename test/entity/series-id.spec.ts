import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  type ClaimRequest,
  MemorySequenceStore,
  numberSeries,
  SequenceId,
  SequenceService,
} from '../../lib/index.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';
import { AssignSequenceIds } from '../../lib/nest/assign-sequence-ids.pipe.js';
import { SeriesRegistry } from '../../lib/series/series-registry.js';

const timeZone = 'Europe/Vienna';
const invoiceNumbers = numberSeries({
  name: 'invoices',
  format: 'INV-{yyyy}{MM}-{n:3}',
  restart: 'year',
  timeZone,
  scoped: true,
});
const creditNumbers = numberSeries({
  name: 'credits',
  format: 'CN-{yyyy}-{n:3}',
  restart: 'year',
  timeZone,
  scoped: true,
});
const orderNumbers = numberSeries({ name: 'orders', format: 'ORD-{yyyy}-{n:3}', restart: 'year', timeZone });

class Invoice {
  @SequenceId(invoiceNumbers, { scope: (i: Invoice) => i.tenant, at: (i: Invoice) => i.issuedOn })
  number!: string;
  tenant!: string;
  issuedOn!: Date | string;
}

class Order {
  @SequenceId('orders') id!: number;
  @SequenceId(orderNumbers) number!: string;
}

class Document {
  @SequenceId((document: Document) => (document.isCredit ? creditNumbers : invoiceNumbers), {
    scope: (document: Document) => document.tenant,
  })
  number!: string;
  tenant = 'acme';
  isCredit!: boolean;
}

const NEW_YEAR = new Date('2026-12-31T23:00:00Z');

let claims: { name: string; count: number }[];
let times: Date[];
let store: MemorySequenceStore;
let sequences: SequenceService;

beforeEach(() => {
  claims = [];
  times = [NEW_YEAR];
  store = new MemorySequenceStore();
  const claim = store.claim.bind(store);
  store.claim = (request: ClaimRequest) => {
    claims.push({ name: request.name, count: request.count });
    return claim(request);
  };
  const now = jest.fn(() => (times.length > 1 ? times.shift()! : times[0]!));
  sequences = new SequenceService(new SeriesRegistry(store, resolveOptions({ store }), now));
});

function invoice(tenant: string, issuedOn: unknown): Invoice {
  return Object.assign(new Invoice(), { tenant, issuedOn });
}

describe('@SequenceId of a number series', () => {
  it('numbers each entity by its own scope and date, in one claim for each counter', async () => {
    const invoices = [
      invoice('acme', '2026-03-31'),
      invoice('acme', '2026-04-01'),
      invoice('other', '2026-04-01'),
      invoice('acme', NEW_YEAR),
      invoice('acme', '2026-03-30'),
    ];
    await sequences.assign(invoices);
    expect(invoices.map(({ number }) => number)).toEqual([
      'INV-202603-001',
      'INV-202604-002',
      'INV-202604-001',
      'INV-202701-001',
      'INV-202603-003',
    ]);
    expect(claims).toEqual([
      { name: 'invoices~acme~2026', count: 3 },
      { name: 'invoices~other~2026', count: 1 },
      { name: 'invoices~acme~2027', count: 1 },
    ]);
  });

  it('without a date numbers all entities of an assign as of one moment', async () => {
    times = [new Date('2026-12-31T22:59:59.999Z'), NEW_YEAR];
    const orders = [new Order(), new Order(), new Order()];
    await sequences.assign(orders);
    expect(orders.map(({ number }) => number)).toEqual(['ORD-2026-001', 'ORD-2026-002', 'ORD-2026-003']);
    expect(await sequences.assign(new Order())).toMatchObject({ number: 'ORD-2027-001' });
  });

  it('counts apart from the plain sequence of the same name', async () => {
    expect(await sequences.assign(new Order())).toEqual({ id: 1, number: 'ORD-2027-001' });
  });

  it('takes a function of the entity that gives the series', async () => {
    const documents = [true, false, true].map((isCredit) => Object.assign(new Document(), { isCredit }));
    await sequences.assign(documents);
    expect(documents.map(({ number }) => number)).toEqual(['CN-2027-001', 'INV-202701-001', 'CN-2027-002']);
  });

  it('leaves a number that is there', async () => {
    const filled = Object.assign(invoice('acme', '2026-03-31'), { number: 'INV-202601-007' });
    await sequences.assign([filled, invoice('acme', '2026-03-31')]);
    expect(filled.number).toBe('INV-202601-007');
    expect(claims).toEqual([{ name: 'invoices~acme~2026', count: 1 }]);
  });

  it.each([undefined, null, new Date(Number.NaN), '2026-02-30', 20_260_331])(
    'refuses the date %p before any request, and changes no entity',
    async (issuedOn) => {
      const good = invoice('acme', '2026-03-31');
      const recorded = jest.spyOn(store, 'recordSeries');
      await expect(sequences.assign([good, invoice('acme', issuedOn)])).rejects.toThrow(
        /^@SequenceId on Invoice\.number: Expected at to be a Date/,
      );
      expect(good.number).toBeUndefined();
      expect(claims).toEqual([]);
      expect(recorded).not.toHaveBeenCalled();
    },
  );

  it.each([undefined, null, '', 'a~b', 7])('refuses the scope %p before any request', async (tenant) => {
    await expect(sequences.assign(invoice(tenant as string, '2026-03-31'))).rejects.toThrow(
      /^@SequenceId on Invoice\.number: /,
    );
    expect(claims).toEqual([]);
  });

  it('waits for the record of the series', async () => {
    const other = new SequenceService(new SeriesRegistry(store, resolveOptions({ store }), () => NEW_YEAR));
    const changed = numberSeries({ name: 'orders', format: 'ORD-{n:3}' });
    await other.get(changed).next();
    await expect(sequences.assign(new Order())).rejects.toMatchObject({ code: 'SERIES_CHANGED' });
  });

  it('refuses a body without its date with 400', async () => {
    const pipe = new AssignSequenceIds(sequences);
    const body = pipe.transform({ tenant: 'acme' }, { type: 'body', metatype: Invoice });
    await expect(body).rejects.toMatchObject({ status: 400 });
  });

  it('refuses options that the series has no use for when the class is defined', () => {
    const decorate = (...args: unknown[]) =>
      (SequenceId as (...args: unknown[]) => PropertyDecorator)(...args)(new (class A {})(), 'number');
    const scope = () => 'acme';
    expect(() => decorate(invoiceNumbers)).toThrow(/@SequenceId on A\.number: Series "invoices" is scoped/);
    expect(() => decorate(orderNumbers, { scope })).toThrow(/Series "orders" is not scoped/);
    expect(() => decorate(orderNumbers, { transform: String })).toThrow(/transform/);
    expect(() => decorate(orderNumbers, { at: NEW_YEAR })).toThrow(/Expected at to be a function/);
    expect(() => decorate('orders', { at: () => NEW_YEAR })).toThrow(/at/);
  });

  it('refuses options that do not fit what the function gives', async () => {
    class Named {
      @SequenceId((() => 'orders') as never, { at: () => NEW_YEAR }) id!: string;
    }
    class Transformed {
      @SequenceId((() => orderNumbers) as never, { transform: String }) id!: string;
    }
    await expect(sequences.assign(new Named())).rejects.toThrow(/scope or at has no meaning for a sequence/);
    await expect(sequences.assign(new Transformed())).rejects.toThrow(
      /transform has no meaning for a number/,
    );
    expect(claims).toEqual([]);
  });
});
