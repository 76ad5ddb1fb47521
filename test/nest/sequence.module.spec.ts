/** @servers elasticsearch-9 */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  type DynamicModule,
  Injectable,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { ElasticsearchModule, ElasticsearchService } from '@nestjs/elasticsearch';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  ElasticsearchSequenceStore,
  getSequenceToken,
  MemorySequenceStore,
  type Sequence,
  SequenceModule,
  type SequenceModuleOptions,
  SequenceService,
  SequenceStore,
} from '../../lib/index.js';
import { serverUrl } from '../support/declared-servers.js';
import { realServers, removeIndices, temporaryAlias } from '../support/elasticsearch-clients.js';

const node = serverUrl('elasticsearch-9');

const modules: TestingModule[] = [];

afterEach(async () => {
  await Promise.all(modules.splice(0).map((each) => each.close()));
  jest.restoreAllMocks();
});

async function compile(...imports: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>) {
  const built = await Test.createTestingModule({ imports }).compile();
  modules.push(built);
  return built;
}

/** For hooks that draw: Nest runs them again when it is closed again, and logs that they then fail. */
async function closeOnce(app: TestingModule) {
  modules.splice(modules.indexOf(app), 1);
  await app.close();
}

async function boot(...imports: Parameters<typeof compile>) {
  return (await compile(...imports)).init();
}

@Injectable()
class OrderService {
  constructor(private readonly sequences: SequenceService) {}
  place(): Promise<number> {
    return this.sequences.next('orders');
  }
}

@Module({ providers: [OrderService] })
class OrdersModule {}

/** In the shape of a queue's worker: on shutdown it works off the jobs it has, one after the other. */
class Queue implements OnApplicationShutdown {
  readonly placed: number[] = [];
  onFinished = () => {};
  constructor(private readonly job: () => Promise<number>) {}
  async onApplicationShutdown() {
    for (let jobs = 3; jobs > 0; jobs--) {
      await new Promise((resolve) => setImmediate(resolve));
      this.placed.push(await this.job());
    }
    this.onFinished();
  }
}

class QueueModule {}

describe('SequenceModule', () => {
  it('gives the service to every module, from one forRoot', async () => {
    @Injectable()
    class OrderService {
      constructor(readonly sequences: SequenceService) {}
    }
    @Module({ providers: [OrderService] })
    class OrderModule {}
    const app = await boot(SequenceModule.forRoot({ store: new MemorySequenceStore() }), OrderModule);
    expect(await app.get(OrderService, { strict: false }).sequences.next('orders')).toBe(1);
  });

  it('builds its options from a factory with injected parts', async () => {
    @Module({ providers: [{ provide: 'START', useValue: 500 }], exports: ['START'] })
    class ConfigModule {}
    const app = await boot(
      SequenceModule.forRootAsync({
        imports: [ConfigModule],
        inject: ['START'],
        useFactory: async (start: number) => ({
          store: new MemorySequenceStore(),
          sequences: () => ({ start }),
        }),
      }),
    );
    expect(await app.get(SequenceService).next('orders')).toBe(500);
  });

  it("leaves Nest's own reason where its options cannot be had at start", async () => {
    const perRequest = SequenceModule.forRootAsync({ inject: [REQUEST], useFactory: () => ({}) });
    await expect(boot(perRequest)).rejects.toThrow(/scope/i);
  });

  it('fails to start when it is imported twice', async () => {
    const twice = boot(
      SequenceModule.forRoot({ store: new MemorySequenceStore() }),
      SequenceModule.forRoot({ store: new MemorySequenceStore(), timeout: 1_000 }),
    );
    await expect(twice).rejects.toThrow(/imported more than once/);
  });

  it('keeps modules apart that differ only in their options, whatever algorithm names modules', async () => {
    const deepHash = { moduleIdGeneratorAlgorithm: 'deep-hash' } as const;
    const root = SequenceModule.forRoot({ store: new MemorySequenceStore() });
    const dollars = SequenceModule.forFeature({ name: 'orders', transform: (id) => `$${id}` });
    const euros = SequenceModule.forFeature({ name: 'orders', transform: (id) => `E${id}` });
    @Module({ imports: [dollars] })
    class One {}
    @Module({ imports: [euros] })
    class Other {}
    const app = await Test.createTestingModule({ imports: [root, One, Other] }, deepHash).compile();
    modules.push(app);
    const handles = app.get<Sequence<string>>(getSequenceToken('orders'), { strict: false, each: true });
    expect(await Promise.all(handles.map((each) => each.next()))).toEqual(['$1', 'E2']);

    const other = SequenceModule.forRoot({ store: new MemorySequenceStore(), timeout: 1_000 });
    const twice = await Test.createTestingModule({ imports: [root, other] }, deepHash).compile();
    await expect(twice.init()).rejects.toThrow(/imported more than once/);
  });

  it('says what to import where forRoot is forgotten, and may be imported bare beside it', async () => {
    await expect(boot(SequenceModule)).rejects.toThrow(
      /^An import of SequenceModule needs SequenceModule\.forRoot\(\)\. Import SequenceModule\.forRoot\(\) once/,
    );
    @Module({ imports: [SequenceModule] })
    class OrderModule {}
    const app = await boot(SequenceModule.forRoot({ store: new MemorySequenceStore() }), OrderModule);
    expect(await app.get(SequenceService).next('orders')).toBe(1);
  });

  it('makes sequences of forFeature injectable, with their transform, start and block size', async () => {
    const app = await boot(
      SequenceModule.forRoot({ store: new MemorySequenceStore() }),
      SequenceModule.forFeature('plain', {
        name: 'orders',
        start: 10,
        blockSize: 3,
        transform: (id) => `ORD-${id}`,
      }),
    );
    const orders = app.get<Sequence<string>>(getSequenceToken('orders'), { strict: false });
    expect(await orders.next()).toBe('ORD-10');
    // The start holds on every path; the transform is the injected handle's alone.
    expect(await app.get(SequenceService).next('orders')).toBe(11);
    expect(await app.get<Sequence>(getSequenceToken('plain'), { strict: false }).next()).toBe(1);
    expect((await orders.inspect())?.last).toBe(12);
  });

  it('refuses two definitions of one name that disagree, showing both', async () => {
    const conflict = compile(
      SequenceModule.forRoot({ store: new MemorySequenceStore(), sequences: { orders: { start: 10 } } }),
      SequenceModule.forFeature({ name: 'orders', start: 20 }),
    );
    await expect(conflict).rejects.toThrow(/"orders" is defined twice.*"start":10.*"start":20/);
  });

  it.each<[SequenceModuleOptions & Record<string, unknown>, RegExp]>([
    [{ blocksize: 5 }, /Unknown key "blocksize"/],
    [{ store: {} as SequenceStore }, /Expected store to be a SequenceStore, got an object/],
    [
      { store: MemorySequenceStore as never },
      /Expected store to be an instance of a SequenceStore, got the class or function "MemorySequenceStore"\. Pass new MemorySequenceStore\(\.\.\.\)/,
    ],
    [{ store: new MemorySequenceStore(), index: 'x' }, /^index configures the default store.* Pass it to/],
    [
      { store: new MemorySequenceStore(), index: 'x', create: 'never' },
      /index, create configure the default store.* Pass them to/,
    ],
    [{ index: 'Upper' }, /Expected index to be the name of an alias/],
    [{ strategy: 'fast' as 'auto' }, /Expected strategy to be one of "auto", "script", "cas", got "fast"/],
    [{ timeout: 0 }, /Expected timeout to be an integer from 1 to 2147483647, got 0/],
    [{ timeout: '5' as unknown as number }, /got "5"/],
    [{ sequences: { 'a/b': {} } }, /Expected a sequence name/],
    [{ sequences: { orders: { start: 0 } } }, /Expected start of the definition of sequence "orders"/],
    [{ floor: 5 as never }, /Expected floor to be a function, got 5/],
    [{ maxWaste: -1 }, /Expected maxWaste/],
  ])('refuses the options %p', async (options, message) => {
    await expect(compile(SequenceModule.forRoot(options))).rejects.toThrow(message);
  });

  it('is not built over a replaced store that is not a SequenceStore', async () => {
    const built = Test.createTestingModule({ imports: [SequenceModule.forRoot()] })
      .overrideProvider(SequenceStore)
      .useValue({})
      .compile();
    await expect(built).rejects.toThrow(/Expected store to be a SequenceStore, got an object/);
  });

  it('does not start with a transform in forFeature that is not a function', async () => {
    const built = compile(
      SequenceModule.forRoot({ store: new MemorySequenceStore() }),
      SequenceModule.forFeature({ name: 'orders', transform: 'ORD-' as never }),
    );
    await expect(built).rejects.toThrow(
      /Expected transform of sequence "orders" to be a function, got "ORD-"/,
    );
  });

  it.each<[unknown, RegExp]>([
    [undefined, /Expected the options of forRootAsync to be an object, got undefined/],
    [{}, /Expected useFactory of forRootAsync to be a function, got undefined/],
    [{ useFactory: { index: 'x' } }, /Expected useFactory of forRootAsync to be a function, got an object/],
    [{ useFactory: () => ({}), injects: [] }, /Unknown key "injects"/],
  ])('refuses the options %p of forRootAsync where they are given', (options, message) => {
    const build = () => SequenceModule.forRootAsync(options as never);
    expect(build).toThrow(TypeError);
    expect(build).toThrow(message);
  });

  it('closes the store it was given, once, after the callers that wait were served', async () => {
    const store = new MemorySequenceStore();
    const closed = jest.spyOn(store, 'close');
    const app = await boot(SequenceModule.forRoot({ store }));
    const service = app.get(SequenceService);
    const waiting = service.next('orders');
    await app.close();
    await app.close();
    expect(await waiting).toBe(1);
    expect(closed).toHaveBeenCalledTimes(1);
    await expect(service.next('orders')).rejects.toMatchObject({ code: 'CLOSED', retryable: false });
    await expect(service.next('others')).rejects.toMatchObject({ code: 'CLOSED' });
    expect(() => service.tryNext('orders')).toThrow(/shutting down/);
  });

  it('opens and closes its store also where SequenceService is replaced', async () => {
    const store = Object.assign(new MemorySequenceStore(), { open: jest.fn(async () => {}) });
    const closed = jest.spyOn(store, 'close');
    const app = await Test.createTestingModule({ imports: [SequenceModule.forRoot({ store })] })
      .overrideProvider(SequenceService)
      .useValue({ next: async () => 5 })
      .compile();
    await app.init();
    await app.close();
    expect(store.open).toHaveBeenCalledTimes(1);
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('does not start over a store that was closed with another application, and says what to do', async () => {
    const once = SequenceModule.forRoot({ store: new MemorySequenceStore() });
    await (await boot(once)).close();
    await expect(boot(once)).rejects.toMatchObject({
      code: 'CLOSED',
      message: expect.stringMatching(/closed with another application.*useFactory of .*forRootAsync/),
    });
    const each = SequenceModule.forRootAsync({ useFactory: () => ({ store: new MemorySequenceStore() }) });
    await (await boot(each)).close();
    expect(await (await boot(each)).get(SequenceService).next('orders')).toBe(1);
  });

  it('still draws in the hooks between onModuleDestroy and onApplicationShutdown', async () => {
    let drawn: number | undefined;
    @Injectable()
    class Late {
      constructor(private readonly sequences: SequenceService) {}
      async beforeApplicationShutdown() {
        drawn = await this.sequences.next('orders');
      }
    }
    @Module({ providers: [Late] })
    class LateModule {}
    const app = await boot(SequenceModule.forRoot({ store: new MemorySequenceStore() }), LateModule);
    await closeOnce(app);
    expect(drawn).toBe(1);
  });

  it.each([
    ['last', (queue: DynamicModule, root: DynamicModule) => [queue, OrdersModule, root]],
    ['first', (queue: DynamicModule, root: DynamicModule) => [root, OrdersModule, queue]],
  ])(
    'gives ids to the jobs that a queue, a global module, finishes in onApplicationShutdown, imported %s',
    async (_, imports) => {
      const store = new MemorySequenceStore();
      const close = jest.spyOn(store, 'close');
      const queue = new Queue(() => app.get(OrderService, { strict: false }).place());
      const app: TestingModule = await boot(
        ...imports(
          { module: QueueModule, global: true, providers: [{ provide: Queue, useValue: queue }] },
          SequenceModule.forRoot({ store, blockSize: 1 }),
        ),
      );
      queue.onFinished = () => expect(close).not.toHaveBeenCalled();
      await closeOnce(app);
      expect(queue.placed).toEqual([1, 2, 3]);
      expect(close).toHaveBeenCalledTimes(1);
    },
  );

  it('gives a caller that a queue leaves behind closeTimeout and no more', async () => {
    const store = new MemorySequenceStore();
    store.claim = () => new Promise(() => {});
    const app = await boot(SequenceModule.forRoot({ store, closeTimeout: 20 }), OrdersModule);
    const left = app.get(OrderService, { strict: false }).place();
    const rejected = expect(left).rejects.toMatchObject({ code: 'CLOSED' });
    await app.close();
    await rejected;
  });

  it('claims nothing ahead after onModuleDestroy, also for a name first used then', async () => {
    const store = new MemorySequenceStore();
    const claims = jest.spyOn(store, 'claim');
    @Injectable()
    class Late {
      constructor(private readonly sequences: SequenceService) {}
      async beforeApplicationShutdown() {
        await this.sequences.next('orders');
        // Nearly empties the cache: with prefetching that asks for more.
        await this.sequences.take('orders', 8);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    @Module({ providers: [Late] })
    class LateModule {}
    const app = await boot(SequenceModule.forRoot({ store }), LateModule);
    await closeOnce(app);
    expect(claims).toHaveBeenCalledTimes(1);
  });

  it('rejects callers that the store leaves waiting beyond closeTimeout', async () => {
    const store = new MemorySequenceStore();
    store.claim = () => new Promise(() => {});
    const app = await boot(SequenceModule.forRoot({ store, closeTimeout: 20 }));
    const waiting = app.get(SequenceService).next('orders');
    const rejected = expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
    await app.close();
    await rejected;
  });
});

describe('The client of the default store', () => {
  const none = () => compile(SequenceModule.forRoot());

  it('is looked up at start: without one the start fails and says what to do', async () => {
    await expect((await none()).init()).rejects.toThrow(/found no ElasticsearchService.*ElasticsearchModule/);
  });

  it('is not guessed: with two the start fails', async () => {
    const app = await compile(
      SequenceModule.forRoot(),
      ElasticsearchModule.register({ node: 'http://127.0.0.1:9' }),
      ElasticsearchModule.registerAsync({ useFactory: () => ({ node: 'http://127.0.0.1:10' }) }),
    );
    await expect(app.init()).rejects.toThrow(/more than one ElasticsearchService/);
  });

  it("that is request-scoped fails the start with Nest's own reason", async () => {
    const app = await compile(
      SequenceModule.forRoot(),
      ElasticsearchModule.registerAsync({ inject: [REQUEST], useFactory: () => ({ node: 'http://a' }) }),
    );
    await expect(app.init()).rejects.toMatchObject({
      code: 'NO_CLIENT',
      message: expect.stringMatching(/Nest says: .*scoped provider/),
      cause: expect.any(Error),
    });
  });

  it('that is a mock without transport fails the start, naming overrideSequences', async () => {
    const app = await Test.createTestingModule({
      imports: [SequenceModule.forRoot(), ElasticsearchModule.register({ node: 'http://a' })],
    })
      .overrideProvider(ElasticsearchService)
      .useValue({ search: async () => ({}) })
      .compile();
    modules.push(app);
    await expect(app.init()).rejects.toThrow(/without transport: in tests use overrideSequences/);
  });

  it('is never looked for when the store is overridden', async () => {
    const app = await Test.createTestingModule({ imports: [SequenceModule.forRoot()] })
      .overrideProvider(SequenceStore)
      .useValue(new MemorySequenceStore())
      .compile();
    modules.push(app);
    expect(await (await app.init()).get(SequenceService).next('orders')).toBe(1);
  });

  it('that cannot be reached is one warning at start', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const app = await boot(
      SequenceModule.forRoot({ timeout: 300 }),
      ElasticsearchModule.register({ node: 'http://127.0.0.1:9', maxRetries: 0 }),
    );
    expect(warn).toHaveBeenCalledTimes(1);
    await expect(app.get(SequenceService).next('orders')).rejects.toMatchObject({
      code: 'TIMEOUT',
      retryable: true,
      cause: { name: 'ConnectionError' },
    });
  });

  it('that is silent is one warning at start', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const store = new MemorySequenceStore();
    const open = jest.fn(() => new Promise<void>(() => {}));
    await boot(SequenceModule.forRoot({ timeout: 50, store: Object.assign(store, { open }) }));
    expect(open).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toContain('no answer within 50 ms');
  });

  (node === undefined ? describe.skip : describe)('on a real Elasticsearch', () => {
    let index: string;

    beforeEach(() => {
      index = temporaryAlias();
    });

    afterEach(async () => {
      const { client } = realServers()[0]!;
      await removeIndices(client, index);
      await client.close();
    });

    const register = () => ElasticsearchModule.register({ node: node! });
    const registerAsync = () =>
      ElasticsearchModule.registerAsync({ useFactory: async () => ({ node: node! }) });
    function inFeature(elasticsearch: ReturnType<typeof register>): Type {
      @Module({ imports: [elasticsearch] })
      class SearchModule {}
      return SearchModule;
    }

    it.each([
      ['register, before', () => [register(), SequenceModule.forRoot({ index, timeout: 30_000 })]],
      ['register, after', () => [SequenceModule.forRoot({ index, timeout: 30_000 }), register()]],
      ['registerAsync, before', () => [registerAsync(), SequenceModule.forRoot({ index, timeout: 30_000 })]],
      ['registerAsync, after', () => [SequenceModule.forRoot({ index, timeout: 30_000 }), registerAsync()]],
      [
        'in a feature module',
        () => [SequenceModule.forRoot({ index, timeout: 30_000 }), inFeature(registerAsync())],
      ],
    ])('is found: %s', async (_, imports) => {
      const app = await boot(...imports());
      expect(await app.get(SequenceService).next('orders')).toBe(1);
    });

    it('serves after compile() without init()', async () => {
      const app = await compile(registerAsync(), SequenceModule.forRoot({ index, timeout: 30_000 }));
      expect(await app.get(SequenceService).next('orders')).toBe(1);
    });

    it("serves in another provider's onModuleInit", async () => {
      @Injectable()
      class Early implements OnModuleInit {
        id: number | undefined;
        constructor(private readonly sequences: SequenceService) {}
        async onModuleInit() {
          this.id = await this.sequences.next('orders');
        }
      }
      @Module({ providers: [Early] })
      class EarlyModule {}
      const app = await boot(
        EarlyModule,
        registerAsync(),
        SequenceModule.forRoot({ index, timeout: 30_000 }),
      );
      expect(app.get(Early, { strict: false }).id).toBe(1);
    });

    it('of two is used when a store is built over it', async () => {
      const app = await boot(
        ElasticsearchModule.register({ node: 'http://127.0.0.1:9' }),
        SequenceModule.forRootAsync({
          imports: [registerAsync()],
          inject: [ElasticsearchService],
          useFactory: (client: ElasticsearchService) => ({
            store: new ElasticsearchSequenceStore({ client, index }),
          }),
        }),
      );
      expect(await app.get(SequenceService).next('orders')).toBe(1);
    });

    it('with an unsafe index fails the start', async () => {
      const { client } = realServers()[0]!;
      await client.transport.request({
        method: 'PUT',
        path: `/${index}-unsafe`,
        body: {
          aliases: { [index]: {} },
          settings: { 'index.translog.durability': 'async' },
          mappings: { properties: { iid: { type: 'long' } } },
        },
      });
      await client.close();
      await expect(
        boot(register(), SequenceModule.forRoot({ index, timeout: 30_000 })),
      ).rejects.toMatchObject({
        code: 'UNSAFE_INDEX',
      });
    });
  });
});
