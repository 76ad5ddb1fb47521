import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module, type ModuleMetadata, Scope } from '@nestjs/common';
import { ContextIdFactory, LazyModuleLoader } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  getSequenceToken,
  InjectSequence,
  MemorySequenceStore,
  Sequence,
  SequenceModule,
  SequenceService,
} from '../../lib/index.js';

const apps: TestingModule[] = [];

afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

async function boot(metadata: ModuleMetadata, forRoot = true): Promise<TestingModule> {
  const imports = [
    ...(forRoot ? [SequenceModule.forRoot({ store: new MemorySequenceStore() })] : []),
    ...(metadata.imports ?? []),
  ];
  const app = await Test.createTestingModule({ ...metadata, imports }).compile();
  apps.push(app);
  return app.init();
}

const shipments = SequenceModule.forFeature({
  name: 'shipments',
  start: 1000,
  blockSize: 3,
  transform: (id) => `S-${id}`,
});

@Injectable()
class Constructed {
  constructor(@InjectSequence('shipments') readonly shipments: Sequence<string>) {}
}

@Injectable()
class Filled {
  @InjectSequence('shipments') readonly shipments!: Sequence<string>;
}

class Inherited extends Filled {}

class Extended extends Filled {
  @InjectSequence('parcels') readonly parcels!: Sequence;
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Filled {
  constructor(@InjectSequence('shipments') readonly constructed: Sequence<string>) {
    super();
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Transient extends Filled {}

describe('@InjectSequence', () => {
  it.each([Constructed, Filled, Inherited, Extended])(
    'gives %p the sequence that forFeature defines: transform, start and block size',
    async (Class) => {
      const app = await boot({ imports: [shipments], providers: [Class] });
      const { shipments: sequence } = app.get(Class);
      expect(sequence).toBeInstanceOf(Sequence);
      expect(await sequence.next()).toBe('S-1000');
      expect(await sequence.inspect()).toMatchObject({ last: 1002, cached: 2 });
      expect(await app.get(SequenceService).next('shipments')).toBe(1001);
    },
  );

  it('fills a property with the plain sequence where there is no forFeature', async () => {
    const app = await boot({ providers: [Filled, Extended] });
    expect(await app.get(Filled).shipments.next()).toBe(1);
    expect(await app.get(Extended).shipments.next()).toBe(2);
    expect(await app.get(Extended).parcels.next()).toBe(1);
  });

  it('fills a property with the plain sequence where only another module has a forFeature', async () => {
    @Module({ imports: [shipments], providers: [Constructed] })
    class ShipmentModule {}
    const app = await boot({ imports: [ShipmentModule], providers: [Filled] });
    expect(await app.get(Filled).shipments.next()).toBe(1000);
    expect(await app.get(Constructed, { strict: false }).shipments.next()).toBe('S-1001');
  });

  it('fills a property that a subclass decorates anew with the sequence of the subclass', async () => {
    class Replaced extends Filled {
      @InjectSequence('parcels') declare readonly shipments: Sequence<never>;
    }
    const app = await boot({ imports: [shipments], providers: [Replaced, Filled] });
    expect(app.get(Replaced).shipments.name).toBe('parcels');
    expect(app.get(Filled).shipments.name).toBe('shipments');
  });

  it('leaves nothing on the instance but the property', async () => {
    const app = await boot({ imports: [shipments], providers: [Filled] });
    expect(Reflect.ownKeys(app.get(Filled))).toEqual(['shipments']);
  });

  it('serves request-scoped and transient providers, each with a handle on the same ids', async () => {
    @Injectable()
    class One {
      constructor(@Inject(Transient) readonly transient: Transient) {}
    }
    @Injectable()
    class Other extends One {}
    const app = await boot({ imports: [shipments], providers: [PerRequest, Transient, One, Other] });
    const first = await app.resolve(PerRequest, ContextIdFactory.create());
    const second = await app.resolve(PerRequest, ContextIdFactory.create());
    expect(first).not.toBe(second);
    const [one, other] = [app.get(One).transient, app.get(Other).transient];
    expect(one).not.toBe(other);
    const ids = [];
    for (const { shipments } of [first, second, one, other]) ids.push(await shipments.next());
    ids.push(await first.constructed.next());
    expect(ids).toEqual(['S-1000', 'S-1001', 'S-1002', 'S-1003', 'S-1004']);
  });

  it('serves modules that are loaded lazily, and classes made after the start', async () => {
    const app = await boot({});

    @Injectable()
    class Late {
      @InjectSequence('late') readonly plain!: Sequence;
      constructor(@InjectSequence('shipments') readonly shipments: Sequence<string>) {}
    }
    @Module({ imports: [shipments], providers: [Late] })
    class LateModule {}
    const late = (await app.get(LazyModuleLoader).load(() => LateModule)).get(Late);
    expect(await late.plain.next()).toBe(1);
    expect(await late.shipments.next()).toBe('S-1000');
  });

  it('keeps two applications in one process apart, also for one class', async () => {
    const [one, other] = [
      await boot({ imports: [shipments], providers: [Filled, Constructed] }),
      await boot({ providers: [Filled] }),
    ];
    expect(await one.get(Filled).shipments.next()).toBe('S-1000');
    expect(await one.get(Constructed).shipments.next()).toBe('S-1001');
    expect(await other.get(Filled).shipments.next()).toBe(1);
    expect(await other.get(Filled).shipments.next()).toBe(2);
    expect(await one.get(Filled).shipments.next()).toBe('S-1002');
  });

  it('takes a replacement under its token, in constructors and properties', async () => {
    const fake = { next: async () => 'fake' };
    const app = await boot({
      providers: [Constructed, Filled, { provide: getSequenceToken('shipments'), useValue: fake }],
    });
    expect(await app.get(Constructed).shipments.next()).toBe('fake');
    expect(await app.get(Filled).shipments.next()).toBe('fake');
  });

  it('fills a property also where SequenceService is replaced', async () => {
    const app = await Test.createTestingModule({
      imports: [SequenceModule.forRoot({ store: new MemorySequenceStore() })],
      providers: [Filled],
    })
      .overrideProvider(SequenceService)
      .useValue({})
      .compile();
    apps.push(app);
    expect(await app.get(Filled).shipments.next()).toBe(1);
  });

  it("names a forgotten forFeature in Nest's own error", async () => {
    await expect(boot({ providers: [Constructed] })).rejects.toThrow(
      /can't resolve dependencies of the Constructed \(\?\).*"Sequence\('shipments'\)" at index \[0\]/,
    );
  });

  const forRoot =
    'needs SequenceModule.forRoot(). Import SequenceModule.forRoot() once, in the root module; in tests import SequenceTestingModule.forRoot().';

  it('says what to import where forRoot is forgotten', async () => {
    await expect(boot({ providers: [Filled] }, false)).rejects.toThrow(
      new Error(`@InjectSequence('shipments') on Filled.shipments ${forRoot}`),
    );
    await expect(boot({ imports: [shipments] }, false)).rejects.toThrow(
      new Error(`SequenceModule.forFeature('shipments') ${forRoot}`),
    );
  });

  it('takes a replacement under its token without SequenceModule, in constructors and properties', async () => {
    const fake = { next: async () => 'fake' };
    const providers = [Constructed, Filled, { provide: getSequenceToken('shipments'), useValue: fake }];
    const app = await boot({ providers }, false);
    expect(await app.get(Constructed).shipments.next()).toBe('fake');
    expect(await app.get(Filled).shipments.next()).toBe('fake');
    expect(Reflect.ownKeys(app.get(Filled))).toEqual(['shipments']);
  });

  it('takes what overrideProvider puts in the place of a forFeature', async () => {
    const fake = { next: async () => 'fake' };
    const app = await Test.createTestingModule({
      imports: [SequenceModule.forRoot({ store: new MemorySequenceStore() }), shipments],
      providers: [Constructed, Filled],
    })
      .overrideProvider(getSequenceToken('shipments'))
      .useValue(fake)
      .compile();
    apps.push(app);
    expect(await app.get(Constructed).shipments.next()).toBe('fake');
    expect(await app.get(Filled).shipments.next()).toBe('fake');
  });

  it.each([
    ['start', { start: 1000 }, { start: 2000 }],
    ['blockSize', { blockSize: 3 }, { blockSize: { min: 1, max: 3 } }],
  ])('stops the start when two definitions disagree on %s, showing both', async (key, one, other) => {
    @Module({ imports: [SequenceModule.forFeature({ name: 'orders', ...one })] })
    class One {}
    @Module({ imports: [SequenceModule.forFeature({ name: 'orders', ...other })] })
    class Other {}
    const start = boot({ imports: [One, Other] });
    await expect(start).rejects.toThrow(`Sequence "orders" is defined twice with different ${key}`);
    await expect(start).rejects.toThrow(JSON.stringify(one).slice(1, -1));
    await expect(start).rejects.toThrow(JSON.stringify(other).slice(1, -1));
  });

  it('refuses a forFeature that names no sequence', () => {
    expect(() => SequenceModule.forFeature()).toThrow(
      new TypeError(
        "forFeature needs at least one sequence, as in SequenceModule.forFeature('orders'). The whole application needs SequenceModule.forRoot() once.",
      ),
    );
  });

  it('refuses one name twice in a forFeature', () => {
    expect(() => SequenceModule.forFeature('orders', { name: 'orders', start: 5 })).toThrow(
      new TypeError(
        'forFeature names sequence "orders" twice, and a module injects one of a name. Keep one of them.',
      ),
    );
  });

  it('lets two modules give one sequence different transforms', async () => {
    @Module({ imports: [shipments], providers: [Constructed] })
    class One {}
    @Injectable()
    class Numbers {
      constructor(@InjectSequence('shipments') readonly shipments: Sequence<bigint>) {}
    }
    @Module({
      imports: [SequenceModule.forFeature({ name: 'shipments', transform: BigInt })],
      providers: [Numbers],
    })
    class Other {}
    const app = await boot({ imports: [One, Other] });
    expect(await app.get(Constructed, { strict: false }).shipments.next()).toBe('S-1000');
    expect(await app.get(Numbers, { strict: false }).shipments.next()).toBe(1001n);
  });

  const decorator = InjectSequence('shipments') as (...args: unknown[]) => void;
  it.each<[string, RegExp, () => unknown]>([
    ['a class', /a class of Filled/, () => decorator(Filled)],
    ['a static', /the static member Filled\.count/, () => decorator(Filled, 'count')],
    [
      'a method',
      /the method Filled\.method/,
      () => decorator(Filled.prototype, 'method', { value: () => {} }),
    ],
    [
      'a parameter of a method',
      /a parameter of Filled\.method/,
      () => decorator(Filled.prototype, 'method', 0),
    ],
    [
      'an accessor without setter',
      /the accessor Filled\.got, which has no setter/,
      () => decorator(Filled.prototype, 'got', { get: () => undefined }),
    ],
  ])('refuses %s when the class is defined', (_, where, misuse) => {
    expect(misuse).toThrow(TypeError);
    expect(misuse).toThrow(where);
    expect(misuse).toThrow(
      /^@InjectSequence is on .*; it belongs on a constructor parameter or a property of the instances of a class$/,
    );
  });

  it('refuses to stand twice on one property', () => {
    expect(() => {
      class Twice {
        @InjectSequence('shipments') @InjectSequence('parcels') readonly sequence!: Sequence;
      }
      return Twice;
    }).toThrow('@InjectSequence is twice on Twice.sequence; a property has one sequence');
  });

  it.each(['field', 'accessor', 'method', 'class'])('refuses to be a standard decorator of a %s', (kind) => {
    expect(() => decorator(undefined, { kind, name: 'sequence' })).toThrow(
      /"sequence" was called as a standard decorator.*"experimentalDecorators": true/,
    );
  });

  it('refuses a bad name when the class is defined', () => {
    expect(() => InjectSequence('')).toThrow('Expected a sequence name of 1 to 128 characters');
    expect(() => InjectSequence(undefined as never)).toThrow(
      /^@InjectSequence needs the name of a sequence, as in @InjectSequence\('orders'\), or a number series\. Expected .* got undefined$/,
    );
  });
});
