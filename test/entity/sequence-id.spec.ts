import { beforeEach, describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import {
  type ClaimRequest,
  MemorySequenceStore,
  numberSeries,
  SequenceError,
  SequenceId,
  SequenceService,
} from '../../lib/index.js';
import { SeriesRegistry } from '../../lib/series/series-registry.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';
import { handled } from '../support/rejections.js';
import { run } from '../support/project-copy.js';

/** Counts claims; a name in `held` waits until it is let go, one in `refused` is refused. */
class WatchedStore extends MemorySequenceStore {
  readonly claims: { name: string; count: number }[] = [];
  readonly refused = new Set<string>();
  readonly held = new Map<string, Promise<void>>();

  override async claim(request: ClaimRequest) {
    this.claims.push({ name: request.name, count: request.count });
    await this.held.get(request.name);
    if (this.refused.has(request.name)) throw new SequenceError('FORBIDDEN', 'may not claim');
    return super.claim(request);
  }

  /** Holds back the claims of `name` until the function returned is called. */
  hold(name: string): () => void {
    let release!: () => void;
    this.held.set(
      name,
      new Promise((resolve) => {
        release = () => {
          this.held.delete(name);
          resolve();
        };
      }),
    );
    return release;
  }

  get names(): string[] {
    return this.claims.map(({ name }) => name);
  }
}

let store: WatchedStore;
let sequences: SequenceService;

beforeEach(() => {
  store = new WatchedStore();
  // Blocks of one: each take shows as a claim of exactly its count.
  sequences = new SequenceService(
    new SeriesRegistry(store, resolveOptions({ store, blockSize: 1, timeout: 30_000 })),
  );
});

class Order {
  @SequenceId('orders') id!: number;
  @SequenceId('order-numbers', { transform: (id) => `ORD-${id}` }) number!: string;
}

class Ticket {
  @SequenceId('tickets') id: number | null | undefined;
}

describe('@SequenceId', () => {
  const fixture = `
    const key = Symbol('key');
    class Base {
      @SequenceId('ids') id!: number;
      @SequenceId('codes', { transform: (id: number) => 'C' + id }) private readonly code!: string;
      @SequenceId('symbols') [key]!: number;
      @SequenceId((base: Base) => 'tenant:' + base.tenant) protected perTenant!: number;
      tenant = 'acme';
      #stored: number | undefined;
      @SequenceId('accessors') get accessor() { return this.#stored; }
      set accessor(id: number | undefined) { this.#stored = id; }
    }
    class Sub extends Base {
      @SequenceId('sub-ids') declare id: number;
      @SequenceId('extras') extra!: number;
    }
    class Redeclared extends Base {
      override id!: number;
    }
    exports.key = key; exports.Base = Base; exports.Sub = Sub; exports.Redeclared = Redeclared;
  `;
  const targets = (['ES2021', 'ES2022', 'ESNext'] as const).flatMap((target) =>
    [true, false].map((useDefineForClassFields) => ({ target, useDefineForClassFields })),
  );

  it.each(targets)(
    'fills public, private, readonly, symbol, inherited and overridden properties compiled with %j',
    async ({ target, useDefineForClassFields }) => {
      const { outputText } = ts.transpileModule(fixture, {
        compilerOptions: {
          target: ts.ScriptTarget[target],
          module: ts.ModuleKind.CommonJS,
          useDefineForClassFields,
          experimentalDecorators: true,
          emitDecoratorMetadata: true,
        },
      });
      const compiled = {} as Record<'Base' | 'Sub' | 'Redeclared', new () => Record<symbol, unknown>> & {
        key: symbol;
      };
      // eslint-disable-next-line no-new-func -- the compiled fixture, as TypeScript leaves it
      new Function('exports', 'SequenceId', outputText)(compiled, SequenceId);
      const { key, Base, Sub, Redeclared } = compiled;

      const [base, sub, redeclared] = await sequences.assign([new Base(), new Sub(), new Redeclared()]);
      expect(base).toMatchObject({ id: 1, code: 'C1', perTenant: 1, accessor: 1, tenant: 'acme' });
      expect(base?.[key]).toBe(1);
      expect(sub).toMatchObject({ id: 1, code: 'C2', perTenant: 2, accessor: 2, extra: 1 });
      expect(sub?.[key]).toBe(2);
      expect(redeclared).toMatchObject({ id: 2, code: 'C3', perTenant: 3 });
      expect(store.claims).toEqual([
        { name: 'ids', count: 2 },
        { name: 'codes', count: 3 },
        { name: 'symbols', count: 3 },
        { name: 'tenant:acme', count: 3 },
        { name: 'accessors', count: 3 },
        { name: 'sub-ids', count: 1 },
        { name: 'extras', count: 1 },
      ]);
    },
  );

  it('fills entity by entity, properties in declaration order, those of the base class first', async () => {
    class Base {
      @SequenceId('all') b!: number;
      @SequenceId('all') a!: number;
    }
    class Sub extends Base {
      @SequenceId('all') c!: number;
      @SequenceId('all', { transform: (id) => -id }) declare b: number;
    }
    expect(await sequences.assign([new Sub(), new Base(), new Sub()])).toEqual([
      { b: -1, a: 2, c: 3 },
      { b: 4, a: 5 },
      { b: -6, a: 7, c: 8 },
    ]);
  });

  it('keeps what one subclass declares from its base class and its siblings', async () => {
    class Base {
      @SequenceId('base') id!: number;
    }
    class One extends Base {
      @SequenceId('one') declare id: number;
    }
    class Other extends Base {
      @SequenceId('extra') extra!: number;
    }
    await sequences.assign([new Other(), new One(), new Base()]);
    expect(store.claims).toEqual([
      { name: 'base', count: 2 },
      { name: 'extra', count: 1 },
      { name: 'one', count: 1 },
    ]);
  });

  it('leaves no trace on the entity but the id', async () => {
    const ticket = await sequences.assign(new Ticket());
    expect(Reflect.ownKeys(ticket)).toEqual(['id']);
    expect(JSON.stringify(ticket)).toBe('{"id":1}');
  });

  const decorate = (decorator: unknown, target: object, key?: unknown, third?: unknown) =>
    (decorator as (...args: unknown[]) => void)(target, key, third);

  it.each<[string, () => unknown, string]>([
    [
      'a method',
      () => decorate(SequenceId('x'), Misused.prototype, 'method', descriptorOf('method')),
      'the method Misused.method',
    ],
    ['a static', () => decorate(SequenceId('x'), Misused, 'count'), 'the static member Misused.count'],
    ['the class', () => decorate(SequenceId('x'), Misused), 'a class of Misused'],
    [
      'a constructor parameter',
      () => decorate(SequenceId('x'), Misused, undefined, 0),
      'a constructor parameter of Misused',
    ],
    [
      'a parameter of a method',
      () => decorate(SequenceId('x'), Misused.prototype, 'method', 0),
      'a parameter of Misused.method',
    ],
    [
      'a getter without setter',
      () => decorate(SequenceId('x'), Misused.prototype, 'readable', descriptorOf('readable')),
      'the accessor Misused.readable',
    ],
    [
      'a property a second time',
      () => {
        decorate(SequenceId('x'), Misused.prototype, 'twice');
        decorate(SequenceId('y'), Misused.prototype, 'twice');
      },
      'twice on Misused.twice',
    ],
    [
      'a property, without a name',
      () => decorate(SequenceId(undefined as never), Misused.prototype, 'id'),
      'Misused.id: Expected a sequence name',
    ],
    [
      'a property, with an empty name',
      () => decorate(SequenceId(''), Misused.prototype, 'id'),
      'Misused.id: Expected a sequence name of 1 to 128 characters',
    ],
    [
      'a symbol, with a slash in the name',
      () => decorate(SequenceId('a/b'), Misused.prototype, Symbol('s')),
      'Misused[Symbol(s)]: Expected a sequence name',
    ],
    [
      'a property, with an unknown option',
      () => decorate(SequenceId('x', { start: 1 } as never), Misused.prototype, 'id'),
      'Misused.id: Unknown key "start"',
    ],
    [
      'a property, with a transform that is not a function',
      () => decorate(SequenceId('x', { transform: 1 as never }), Misused.prototype, 'id'),
      'Misused.id: Expected transform to be a function, got 1',
    ],
    [
      'a property, as a standard decorator',
      () => decorate(SequenceId('x'), undefined as never, { kind: 'field', name: 'id' }),
      'needs "experimentalDecorators": true',
    ],
  ])('refuses %s when the class is defined', (_, misuse, message) => {
    expect(misuse).toThrow(TypeError);
    expect(misuse).toThrow(message);
  });

  class Misused {
    static count = 0;
    id!: number;
    twice!: number;
    method(): void {}
    get readable(): number {
      return 1;
    }
  }
  const descriptorOf = (key: string) => Object.getOwnPropertyDescriptor(Misused.prototype, key);
});

describe('assign', () => {
  it('costs one claim per sequence for 10,000 entities, ids in array order', async () => {
    const orders = Array.from({ length: 10_000 }, () => new Order());
    expect(await sequences.assign(orders)).toBe(orders);
    expect(orders.map(({ id }) => id)).toEqual(orders.map((_, index) => index + 1));
    expect(orders.at(-1)?.number).toBe('ORD-10000');
    expect(store.claims).toEqual([
      { name: 'orders', count: 10_000 },
      { name: 'order-numbers', count: 10_000 },
    ]);
  });

  it('gives the same entity twice in an array one id', async () => {
    const ticket = new Ticket();
    expect(await sequences.assign([ticket, new Ticket(), ticket])).toEqual([{ id: 1 }, { id: 2 }, { id: 1 }]);
    expect(store.claims).toEqual([{ name: 'tickets', count: 2 }]);
  });

  it('shares one take among transforms, classes and name functions of one name', async () => {
    class Invoice {
      @SequenceId(() => 'tickets', { transform: (id) => `I${id}` }) id!: string;
    }
    expect(await sequences.assign([new Ticket(), new Invoice(), new Ticket()])).toEqual([
      { id: 1 },
      { id: 'I2' },
      { id: 3 },
    ]);
    expect(store.claims).toEqual([{ name: 'tickets', count: 3 }]);
  });

  it('asks a name function only for empty properties', async () => {
    class Shipment {
      @SequenceId((shipment: Shipment) => `shipments:${shipment.country.toLowerCase()}`) id!: number;
      constructor(readonly country: string) {}
    }
    const done = Object.assign(new Shipment(undefined as never), { id: 5 });
    const [at, ch] = await sequences.assign([new Shipment('AT'), new Shipment('CH'), done]);
    expect([at?.id, ch?.id, done.id]).toEqual([1, 1, 5]);
    expect(store.names).toEqual(['shipments:at', 'shipments:ch']);
  });

  it.each([0, Number.NaN, '', false, 7])('does not fill %p, only null and undefined', async (value) => {
    const ticket = Object.assign(new Ticket(), { id: value as never });
    const empty = Object.assign(new Ticket(), { id: null });
    await sequences.assign([ticket, empty]);
    expect(ticket.id).toBe(value);
    expect(empty.id).toBe(1);
  });

  it('draws nothing for an empty array, or when all is filled', async () => {
    const none: Ticket[] = [];
    expect(await sequences.assign(none)).toBe(none);
    await sequences.assign(Object.assign(new Ticket(), { id: 3 }));
    expect(store.claims).toEqual([]);
  });

  class GetterOnly extends Ticket {}
  Object.defineProperty(GetterOnly.prototype, 'id', { get: () => undefined });
  class BadName {
    @SequenceId(() => 'a/b') id!: number;
  }
  class Promised {
    @SequenceId((async () => 'orders') as never) id!: number;
  }
  class Throwing {
    @SequenceId(() => {
      throw new Error('no tenant');
    })
    id!: number;
  }
  it.each<[string, () => object, string]>([
    [
      'is frozen',
      () => Object.freeze(new Ticket()),
      'Ticket.id is not writable (the object is frozen). No entity was changed.',
    ],
    [
      'cannot be extended',
      () => Object.preventExtensions(Object.create(Ticket.prototype)),
      'Ticket.id is missing, and the object is not extensible',
    ],
    [
      'has the property not writable',
      () => Object.defineProperty(new Ticket(), 'id', { writable: false }),
      'Ticket.id is not writable. No',
    ],
    [
      'inherits the property not writable',
      () => Object.create(Object.freeze(Object.assign(Object.create(Ticket.prototype), { id: null }))),
      'Ticket.id is not writable',
    ],
    [
      'has a getter without setter',
      () => Object.create(GetterOnly.prototype),
      'GetterOnly.id is an accessor without a setter',
    ],
    ['makes a bad name', () => new BadName(), '@SequenceId on BadName.id: Expected a sequence name'],
    ['makes a promise of a name', () => new Promised(), 'on Promised.id: Expected a sequence name'],
    ['cannot make its name', () => new Throwing(), 'no tenant'],
    [
      'has no decorated property',
      () => new Date(),
      'Date has no @SequenceId property, so there is nothing to assign',
    ],
    ['is a plain object', () => ({}), 'A plain object has no @SequenceId property'],
    ['has no prototype', () => Object.create(null), 'A plain object has no @SequenceId property'],
    ['is an array in the array', () => [new Ticket()], 'Array has no @SequenceId property'],
    ['is null', () => null as never, 'Expected an entity at index 1 to assign ids to, got null'],
    ['is a text', () => 'ticket' as never, 'Expected an entity at index 1 to assign ids to, got "ticket"'],
  ])('touches no entity and asks nobody when one %s', async (_, make, message) => {
    const ticket = new Ticket();
    await expect(sequences.assign([ticket, make()])).rejects.toThrow(message);
    expect(ticket.id).toBeUndefined();
    expect(store.claims).toEqual([]);
  });

  it('refuses a hole in an array, and a value that is not an object', async () => {
    // eslint-disable-next-line no-sparse-arrays
    await expect(sequences.assign([new Ticket(), , new Ticket()] as never)).rejects.toThrow('at index 1');
    await expect(sequences.assign(undefined as never)).rejects.toThrow(
      'Expected an entity to assign ids to, got undefined',
    );
    expect(store.claims).toEqual([]);
  });

  it('refuses a promise from a transform, a name function, a scope or a date, and handles its rejection', async () => {
    const fail = () => Promise.reject(new Error('unheard')) as never;
    const series = numberSeries({
      name: 'invoices',
      format: '{yyyy}-{n}',
      restart: 'year',
      timeZone: 'UTC',
      scoped: true,
    });
    class Parcel {
      @SequenceId('parcels', { transform: fail }) id!: number;
    }
    class Ticket {
      @SequenceId(fail) id!: number;
    }
    class Invoice {
      @SequenceId(series, { scope: fail, at: fail }) number!: string;
    }
    const parcel = new Parcel();
    await expect(sequences.assign(parcel)).rejects.toThrow(
      'Expected the transform of Parcel.id to return a value for id 1, got a promise',
    );
    expect(parcel.id).toBeUndefined();
    await expect(sequences.assign(new Ticket())).rejects.toThrow(TypeError);
    await expect(sequences.assign(new Invoice())).rejects.toThrow(TypeError);
    expect(await handled()).toBe(true);
  });

  it('touches no entity when a transform throws for the last of them', async () => {
    class Picky {
      @SequenceId('picky', {
        transform: (id) => {
          if (id === 3) throw new Error('not 3');
          return id;
        },
      })
      id!: number;
    }
    const all = [new Ticket(), new Picky(), new Picky(), new Picky()];
    await expect(sequences.assign(all)).rejects.toThrow('not 3');
    expect(all.map(({ id }) => id)).toEqual([undefined, undefined, undefined, undefined]);
    await sequences.assign(all);
    expect(all.map(({ id }) => id)).toEqual([2, 4, 5, 6]);
  });

  it('touches no entity when the ids of one of its sequences cannot be drawn', async () => {
    store.refused.add('order-numbers');
    const orders = [new Order(), new Order()];
    await expect(sequences.assign(orders)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(orders).toEqual([new Order(), new Order()]);
  });

  it('leaves the other lines when one sequence fails, so that their ids stay for others', async () => {
    store.refused.add('order-numbers');
    const release = store.hold('orders');
    await expect(sequences.assign([new Order()])).rejects.toMatchObject({ code: 'FORBIDDEN' });
    release();
    expect(await sequences.next('orders')).toBe(1);
  });

  it('takes back what it wrote when a setter throws', async () => {
    class Strict {
      #id: number | undefined;
      @SequenceId('tickets')
      get id(): number | undefined {
        return this.#id;
      }
      set id(id: number | undefined) {
        if (id === 3) throw new Error('not 3');
        this.#id = id;
      }
    }
    const tickets = [new Ticket(), Object.create(Ticket.prototype) as Ticket];
    const [own, inherited] = tickets;
    await expect(sequences.assign([...tickets, new Strict()])).rejects.toThrow('not 3');
    expect(own?.id).toBeUndefined();
    expect(Reflect.ownKeys(inherited!)).toEqual([]);
  });

  it('writes nothing when an entity was frozen while the ids were drawn', async () => {
    const release = store.hold('tickets');
    const tickets = [new Ticket(), new Ticket()];
    const assigned = sequences.assign(tickets);
    Object.freeze(tickets[1]);
    release();
    await expect(assigned).rejects.toThrow('Ticket.id is not writable (the object is frozen)');
    expect(tickets[0]?.id).toBeUndefined();
  });

  it('keeps a value that came while the ids were drawn', async () => {
    const release = store.hold('tickets');
    const tickets = [new Ticket(), new Ticket()];
    const assigned = sequences.assign(tickets);
    tickets[0]!.id = 99;
    release();
    expect((await assigned).map(({ id }) => id)).toEqual([99, 2]);
  });

  it('never replaces an id that a concurrent assign has given', async () => {
    const ticket = new Ticket();
    const seen = await Promise.all(
      [1, 2, 3].map(async () => {
        const { id } = await sequences.assign(ticket);
        return id;
      }),
    );
    expect(seen).toEqual([1, 1, 1]);
    expect(ticket.id).toBe(1);
  });

  it('refuses more ids of one name than a take can give, before any request', async () => {
    const tickets = Array.from({ length: 1_000_001 }, () => new Ticket());
    await expect(sequences.assign(tickets)).rejects.toThrow(
      new RangeError(
        'Expected at most 1000000 ids of sequence "tickets" in one assign, got 1000001; assign in parts',
      ),
    );
    expect(store.claims).toEqual([]);
  });

  it('settles every sequence before it draws from one', async () => {
    const registry = new SeriesRegistry(store, resolveOptions({ store, maxSequences: 1 }));
    const one = new SequenceService(registry);
    await expect(one.assign(new Order())).rejects.toMatchObject({
      code: 'TOO_MANY_SEQUENCES',
      sequence: 'order-numbers',
    });
    expect(store.claims).toEqual([]);
  });

  it('hears the signal and the timeout', async () => {
    const release = store.hold('orders');
    const order = new Order();
    const controller = new AbortController();
    const aborted = sequences.assign(order, { signal: controller.signal });
    const timesOut = expect(sequences.assign(order, { timeout: 1 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      sequence: 'orders',
    });
    const single = sequences.assign(new Ticket(), { signal: controller.signal });
    expect((await single).id).toBe(1);
    await timesOut;
    controller.abort(new Error('the client went away'));
    await expect(aborted).rejects.toThrow('the client went away');
    release();
    expect(order).toEqual(new Order());
    await expect(sequences.assign(order, { signal: controller.signal })).rejects.toThrow(
      'the client went away',
    );
    await expect(sequences.assign(order, { timeout: 0 })).rejects.toThrow(RangeError);
    await expect(sequences.assign(order, { transform: Number } as never)).rejects.toThrow('Unknown key');
  });

  /** Twelve sequences of one class: more than the listeners of one signal that Node lets pass without a warning. */
  function manySequences(): new () => Record<string, number | undefined> {
    class Many {
      [key: string]: number | undefined;
    }
    for (let each = 0; each < 12; each++) SequenceId(`many-${each}`)(Many.prototype, `id${each}`);
    return Many;
  }

  it('draws from many sequences without a warning, and leaves nothing on the signal it was given', async () => {
    const script = fileURLToPath(new URL('many-sequences-process.ts', import.meta.url));
    expect(await run(process.execPath, ['--import', 'tsx', script], '.')).toBe(
      '1 during\n0 after, ids 1 2 3 4 5 6 7 8 9 10 11 12\n',
    );
  });

  it('rejects all calls that wait on one signal when it aborts, with its reason', async () => {
    const Many = manySequences();
    const release = store.hold('many-3');
    const controller = new AbortController();
    const calls = Array.from({ length: 12 }, () =>
      sequences.assign(new Many(), { signal: controller.signal }),
    );
    const settled = Promise.allSettled(calls);
    controller.abort(new Error('the client went away'));
    for (const each of await settled) {
      expect(each).toMatchObject({ status: 'rejected', reason: new Error('the client went away') });
    }
    release();
  });

  it('is CLOSED once the application is', async () => {
    const registry = new SeriesRegistry(store, resolveOptions({ store }));
    const closed = new SequenceService(registry);
    await registry.sequences.close();
    await expect(closed.assign(new Ticket())).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('create', () => {
  class Account {
    @SequenceId('accounts') id!: number;
    owner = 'nobody';
    balance = 0;
    readonly print = () => 'printed';
    get label(): string {
      return `${this.owner} ${this.id}`;
    }
    close(): string {
      return 'closed';
    }
  }

  it('makes an instance with its own values, the given ones and its id', async () => {
    const account = await sequences.create(Account, { owner: 'Ada' });
    expect(account).toBeInstanceOf(Account);
    expect({ ...account }).toEqual({ id: 1, owner: 'Ada', balance: 0, print: expect.any(Function) });
    expect(account.label).toBe('Ada 1');
    expect(await sequences.create(Account)).toMatchObject({ id: 2, owner: 'nobody' });
    expect(await sequences.create(Account, { id: undefined })).toMatchObject({ id: 3 });
    expect(await sequences.create(Account, { id: null as never })).toMatchObject({ id: 4 });
  });

  it.each([7, 0, '', false])(
    'refuses an id in the properties, %p: the sequence could hand it out later',
    async (id) => {
      const body = JSON.parse(JSON.stringify({ owner: 'Eve', id })) as Partial<Account>;
      await expect(sequences.create(Account, body)).rejects.toThrow(
        new TypeError(
          'Account.id is drawn from a sequence, but the properties given to create() have a value for it. ' +
            'The sequence could hand out the same id later. Leave the property out; to keep an id of your own, set it on an instance and call assign().',
        ),
      );
      expect(store.claims).toEqual([]);
      const kept = Object.assign(new Account(), { id });
      expect(await sequences.assign(kept)).toMatchObject({ id });
    },
  );

  it('refuses an id that comes through the setter of another property', async () => {
    class Aliased {
      @SequenceId('accounts') id!: number;
      get number(): number {
        return this.id;
      }
      set number(id: number) {
        this.id = id;
      }
    }
    await expect(sequences.create(Aliased, { number: 7 })).rejects.toThrow(
      'Aliased.id is drawn from a sequence',
    );
  });

  it('refuses a class that gives a decorated property an initial value', async () => {
    class Initialized {
      @SequenceId('accounts') id = 0;
    }
    for (const partial of [{}, { id: 7 }]) {
      await expect(sequences.create(Initialized, partial)).rejects.toThrow(
        new TypeError(
          'Initialized.id has an initial value, so no id would ever be drawn. Declare it without one.',
        ),
      );
    }
  });

  it('takes data only: no prototype, no method, no accessor without setter', async () => {
    const hostile = JSON.parse(
      '{"__proto__": {"owner": "Eve", "admin": true}, "constructor": 1, "close": 2, "print": 5, "label": "x", "toString": 3, "balance": 4}',
    ) as Partial<Account>;
    const account = await sequences.create(Account, hostile);
    expect(Object.getPrototypeOf(account)).toBe(Account.prototype);
    expect({ ...account }).toEqual({ id: 1, owner: 'nobody', balance: 4, print: expect.any(Function) });
    expect(account.close()).toBe('closed');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it.each<[string, unknown, unknown, string]>([
    ['undefined in place of a class', undefined, {}, 'Expected a class to create, got undefined'],
    [
      'an arrow function',
      () => 1,
      {},
      'Expected a class with @SequenceId properties, got a function that is not a class',
    ],
    ['a class without @SequenceId', Date, {}, 'Date has no @SequenceId property'],
    ['partial null', Account, null, 'Expected the properties of the new Account as an object, got null'],
    [
      'partial as an array',
      Account,
      [],
      'Expected the properties of the new Account as an object, got an array',
    ],
  ])('refuses %s', async (_, Class, partial, message) => {
    await expect(sequences.create(Class as typeof Account, partial as object)).rejects.toThrow(
      new TypeError(message.startsWith('Date') ? `${message}, so there is nothing to assign` : message),
    );
    expect(store.claims).toEqual([]);
  });

  it('passes on signal and timeout', async () => {
    await expect(
      sequences.create(Account, {}, { signal: AbortSignal.abort(new Error('gone')) }),
    ).rejects.toThrow('gone');
  });
});
