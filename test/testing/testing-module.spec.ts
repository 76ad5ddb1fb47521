/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, type INestApplicationContext, Module } from '@nestjs/common';
import { ElasticsearchModule } from '@nestjs/elasticsearch';
import { Test, type TestingModule } from '@nestjs/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { lastValueFrom, toArray } from 'rxjs';
import {
  type Block,
  type ClaimRequest,
  ElasticsearchSequenceStore,
  InjectSequence,
  MemorySequenceStore,
  type Sequence,
  SequenceModule,
  type SequenceModuleOptions,
  SequenceService,
  SequenceStore,
} from '../../lib/index.js';
import {
  FaultySequenceStore,
  overrideSequences,
  RESET_COUNTERS,
  resetSequences,
  SequenceTestingModule,
  temporaryMemoryStore,
} from '../../lib/testing.js';
import { serverUrl } from '../support/declared-servers.js';
import { temporaryStoreKinds } from '../support/temporary-stores.js';

const { signal } = new AbortController();

const open: INestApplicationContext[] = [];

afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function start(built: TestingModule | Promise<TestingModule>): Promise<TestingModule> {
  const app = await (await built).init();
  open.push(app);
  return app;
}

function testing(options: SequenceModuleOptions = {}): Promise<TestingModule> {
  return start(
    Test.createTestingModule({
      imports: [SequenceTestingModule.forRoot({ timeout: 30_000, ...options })],
    }).compile(),
  );
}

@Injectable()
class Orders {
  constructor(@InjectSequence('orders') readonly ids: Sequence<string>) {}
}

@Module({
  imports: [SequenceModule.forFeature({ name: 'orders', start: 100, transform: (id) => `O-${id}` })],
  providers: [Orders],
})
class OrdersModule {}

/** An application with a client of Elasticsearch, or without any. */
function applicationModule(node?: string) {
  @Module({
    imports: [
      SequenceModule.forRoot({ timeout: 30_000 }),
      OrdersModule,
      ...(node === undefined ? [] : [ElasticsearchModule.register({ node })]),
    ],
  })
  class AppModule {}
  return AppModule;
}

const WAYS: Record<string, (store: SequenceStore, node: string) => Promise<TestingModule>> = {
  'as an import': (store) =>
    Test.createTestingModule({
      imports: [SequenceTestingModule.forRoot({ store, timeout: 30_000 }), OrdersModule],
    }).compile(),
  'by overrideProvider': (store, node) =>
    Test.createTestingModule({ imports: [applicationModule(node)] })
      .overrideProvider(SequenceStore)
      .useValue(store)
      .compile(),
  'by overrideSequences': (store, node) =>
    overrideSequences(Test.createTestingModule({ imports: [applicationModule(node)] }), { store }).compile(),
};

describe.each(temporaryStoreKinds())('Sequences under test, over $name', ({ create, end }) => {
  let elasticsearch: Server;
  let node: string;
  let contacts: number;

  beforeEach(async () => {
    contacts = 0;
    elasticsearch = createServer((socket) => {
      contacts++;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(elasticsearch, 'listening');
    node = `http://127.0.0.1:${(elasticsearch.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    elasticsearch.close();
  });
  afterAll(end);

  it.each(Object.keys(WAYS))('start anew at each reset and leave nothing on close: %s', async (way) => {
    const { store, remains } = create();
    const app = await start(WAYS[way]!(store, node));
    const service = app.get(SequenceService);

    // testing_reset_sequences in the documentation of lovely.essequence.
    const [s1, s2] = [service.get('testing'), service.get('testing')];
    expect([await s1.next(), await s2.next()]).toEqual([1, 2]);
    await resetSequences(app);
    expect([await s2.next(), await s1.next()]).toEqual([1, 2]);

    const injected = app.get(Orders, { strict: false }).ids;
    const observable = injected.stream(2).pipe(toArray());
    await expect(lastValueFrom(observable)).resolves.toEqual(['O-100', 'O-101']);
    await store.claim({ name: 'of-another-process', count: 5, start: 1, signal });
    await resetSequences(app, 'orders');
    expect(await service.next('testing')).toBe(3);
    expect(await injected.next()).toBe('O-100');
    await resetSequences(app);
    await expect(lastValueFrom(observable)).resolves.toEqual(['O-100', 'O-101']);
    expect(await service.next('testing')).toBe(1);
    expect(await service.get('of-another-process').inspect()).toBeUndefined();

    await app.close();
    expect(await remains()).toEqual([]);
    expect(contacts).toBe(0);
  });

  it('work under fake timers', async () => {
    const { store, remains } = create();
    jest.useFakeTimers(store instanceof ElasticsearchSequenceStore ? CLIENT_TIMERS : undefined);
    const app = await testing({ store });
    const service = app.get(SequenceService);
    expect([await service.next('orders'), await service.next('orders')]).toEqual([1, 2]);
    jest.setSystemTime(0);
    jest.advanceTimersByTime(3_600_000);
    expect(await service.take('orders', 100)).toHaveLength(100);
    const names = Array.from({ length: 5 }, (_, index) => `of-tenant-${index}`);
    expect(await Promise.all(names.map((name) => service.next(name)))).toEqual([1, 1, 1, 1, 1]);
    await resetSequences(app);
    expect(await service.next('orders')).toBe(1);
    await app.close();
    jest.useRealTimers();
    expect(await remains()).toEqual([]);
  });
});

/** undici, in the client of Elasticsearch 9, waits for a `setImmediate` before it uses a connection again. */
const CLIENT_TIMERS: Parameters<typeof jest.useFakeTimers>[0] = { doNotFake: ['setImmediate'] };

describe('SequenceTestingModule', () => {
  it('counts in memory from 1 without any option, and looks for no Elasticsearch', async () => {
    const app = await start(
      Test.createTestingModule({ imports: [SequenceTestingModule.forRoot()] }).compile(),
    );
    expect(await app.get(SequenceService).take('orders', 3)).toEqual([1, 2, 3]);
  });

  it('overrideSequences needs no option either, nor any ElasticsearchService', async () => {
    const builder = Test.createTestingModule({ imports: [applicationModule()] });
    const app = await start(overrideSequences(builder).compile());
    expect(await app.get(Orders, { strict: false }).ids.next()).toBe('O-100');
  });

  it('gives two testing modules counters of their own, also from one dynamic module and in parallel', async () => {
    const shared = SequenceTestingModule.forRoot({ blockSize: 10 });
    const apps = await Promise.all(
      [1, 2, 3].map(() => start(Test.createTestingModule({ imports: [shared] }).compile())),
    );
    const draws = await Promise.all(apps.map((app) => app.get(SequenceService).take('orders', 25)));
    for (const ids of draws) expect(ids).toEqual(Array.from({ length: 25 }, (_, offset) => offset + 1));
    await resetSequences(apps[0]!);
    expect(await Promise.all(apps.map((app) => app.get(SequenceService).next('orders')))).toEqual([
      1, 26, 26,
    ]);
    const builder = overrideSequences(Test.createTestingModule({ imports: [applicationModule()] }));
    for (let time = 0; time < 2; time++) {
      const app = await start(builder.compile());
      expect(await app.get(SequenceService).next('plain')).toBe(1);
    }
  });

  it.each(['as an import', 'by overrideSequences'])(
    "on close resets a store of the user's own, then closes it: %s",
    async (way) => {
      const store = new UsersStore();
      const app = await start(WAYS[way]!(store, 'http://127.0.0.1:9'));
      expect(app.get(SequenceStore, { strict: false })).toBe(store);
      const service = app.get(SequenceService);
      expect(await service.next('plain')).toBe(1);
      await resetSequences(app, 'plain');
      expect(await service.next('plain')).toBe(1);
      const waiting = service.next('other');
      await app.close();
      expect(await waiting).toBe(1);
      expect(store.calls).toEqual(['claim', 'reset plain', 'claim', 'claim', 'reset all', 'close']);
    },
  );

  it('closes a store whose reset fails, and reports the failure', async () => {
    const store = new UsersStore();
    store[RESET_COUNTERS] = () => Promise.reject(new Error('disk full'));
    const app = await (
      await Test.createTestingModule({ imports: [SequenceTestingModule.forRoot({ store })] }).compile()
    ).init();
    // Nest logs what its shutdown hooks reject with.
    const log = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    await app.close();
    expect(store.calls).toEqual(['close']);
    expect(log.mock.calls.join('')).toContain('disk full');
    log.mockRestore();
  });

  it.each<[object, RegExp]>([
    [{ blocksize: 1 }, /Unknown key "blocksize"/],
    [{ index: 'x' }, /index configures the default store/],
    [{ store: null }, /Expected store to be a SequenceStore, got null/],
    [{ store: {} }, /Expected store to be a SequenceStore, got an object/],
  ])('refuses the options %p', async (options, message) => {
    const built = Test.createTestingModule({ imports: [SequenceTestingModule.forRoot(options)] }).compile();
    await expect(built).rejects.toThrow(message);
  });

  it('overrideSequences refuses what is no store, and other options', () => {
    const builder = Test.createTestingModule({});
    expect(() => overrideSequences(builder, { store: {} as SequenceStore })).toThrow(
      /Expected store to be a SequenceStore, got an object/,
    );
    expect(() => overrideSequences(builder, { blockSize: 1 } as object)).toThrow(/Unknown key "blockSize"/);
  });
});

describe('resetSequences', () => {
  it('gives calls made before it ids of the old life, calls made after it ids of the new one', async () => {
    const store = new FaultySequenceStore();
    const app = await testing({ store, blockSize: 10 });
    const service = app.get(SequenceService);
    let proceed = () => {};
    store.delayNextClaim(new Promise<void>((resolve) => (proceed = resolve)));
    const before = [service.take('orders', 12), service.next('orders')];
    const reset = resetSequences(app);
    const after = [service.next('orders'), service.take('orders', 2), service.next('other')];
    expect(service.tryNext('orders')).toBeUndefined();
    proceed();
    expect((await Promise.all(before)).flat()).toEqual(Array.from({ length: 13 }, (_, offset) => offset + 1));
    expect(await Promise.all(after)).toEqual([1, [2, 3], 1]);
    await reset;
  });

  it('waits for every sequence before any counter goes', async () => {
    const store = new GatedStore();
    const app = await testing({ store, blockSize: 10 });
    const service = app.get(SequenceService);
    for (const name of ['idle', 'slow', 'idle-too']) await service.next(name);
    let answer = () => {};
    store.delayNextClaim(new Promise<void>((resolve) => (answer = resolve)));
    const slow = service.take('slow', 12);
    const reset = resetSequences(app);
    await macrotasks(5);
    expect(store.begun).toBe(false);
    answer();
    await store.removing;
    store.proceed();
    expect(await slow).toEqual(Array.from({ length: 12 }, (_, offset) => offset + 2));
    await reset;
    expect(await service.next('slow')).toBe(1);
  });

  it('keeps apart what was called before and after each of several resets', async () => {
    const app = await testing({ blockSize: 10 });
    const service = app.get(SequenceService);
    const drawn = [service.next('a'), service.next('a')];
    const resets = [resetSequences(app), resetSequences(app, 'a'), resetSequences(app)];
    drawn.push(service.next('a'), service.next('b'));
    resets.push(resetSequences(app, 'b'), resetSequences(app));
    drawn.push(service.next('b'), service.next('a'));
    expect(await Promise.all(drawn)).toEqual([1, 2, 1, 1, 1, 1]);
    await Promise.all(resets);
  });

  it('holds back names never used before while the counters are removed', async () => {
    const store = new GatedStore();
    const app = await testing({ store });
    const service = app.get(SequenceService);
    await service.next('orders');
    const reset = resetSequences(app);
    await store.removing;
    const first = service.next('new');
    const ensured = service.get('ensured').ensureAtLeast(50);
    await macrotasks(5);
    expect(store.claimed).toEqual(['orders']);
    store.proceed();
    await Promise.all([reset, ensured]);
    expect([await first, await service.next('ensured')]).toEqual([1, 51]);
  });

  it('counts ensureAtLeast, inspect and fence by when they were called', async () => {
    const store = new GatedStore();
    const app = await testing({ store, blockSize: 10 });
    const [one, two] = [app.get(SequenceService).get('one'), app.get(SequenceService).get('two')];
    await one.next();
    await two.next();
    const before = one.ensureAtLeast(500);
    const reset = resetSequences(app);
    const seen = one.inspect();
    const fenced = two.fence().catch((error: unknown) => error);
    const after = one.ensureAtLeast(20);
    await store.removing;
    store.proceed();
    await Promise.all([before, reset, after]);
    expect([(await seen)?.last ?? 0, await one.next()]).not.toEqual([500, 501]);
    expect(await one.next()).toBe(22);
    expect(await fenced).toMatchObject({ code: 'MISSING' });
  });

  it('forgets the demand of the old life, so the first block is the first block again', async () => {
    const app = await testing();
    const orders = app.get(SequenceService).get('orders');
    for (let batch = 0; batch < 5; batch++) await orders.take(10_000);
    await orders.next();
    expect((await orders.inspect())?.last).toBeGreaterThan(60_000);
    await resetSequences(app);
    expect(await orders.next()).toBe(1);
    expect((await orders.inspect())?.last).toBe(10);
  });

  it('forgets the floor it asked for, verdicts and what was ensured', async () => {
    let floor = 100;
    const store = new FaultySequenceStore();
    const app = await testing({ store, blockSize: 10, floor: () => floor });
    const service = app.get(SequenceService);
    expect(await service.next('orders')).toBe(101);
    await service.get('orders').ensureAtLeast(1_000);
    await store.loseCounter('orders');
    expect(service.tryNext('orders')).toBeUndefined();
    await macrotasks(5);
    floor = 7;
    await resetSequences(app, 'orders');
    expect(await service.next('orders')).toBe(8);
  });

  it('ends a claim that fails again and again for nobody', async () => {
    const store = new FaultySequenceStore();
    const app = await testing({ store });
    store.failNextClaim();
    const gone = app.get(SequenceService).next('orders', { timeout: 1 });
    await expect(gone).rejects.toMatchObject({ code: 'TIMEOUT' });
    for (let fault = 0; fault < 1_000; fault++) store.failNextClaim();
    await resetSequences(app);
    expect(await app.get(SequenceService).next('orders')).toBe(1);
  });

  it('rejects with what the store said, and the sequence goes on', async () => {
    const store = new UsersStore();
    const app = await testing({ store, blockSize: 10 });
    const service = app.get(SequenceService);
    await service.next('orders');
    const working = store[RESET_COUNTERS].bind(store);
    store[RESET_COUNTERS] = () => Promise.reject(new Error('disk full'));
    const [reset, next, unused] = [resetSequences(app), service.next('orders'), service.next('unused')];
    await expect(reset).rejects.toThrow('disk full');
    expect([await next, await unused]).toEqual([11, 1]);
    store[RESET_COUNTERS] = working;
    await resetSequences(app);
    expect(await service.next('orders')).toBe(1);
  });

  it('says why it cannot reset', async () => {
    const production = await testing({ store: new MemorySequenceStore() });
    const service = production.get(SequenceService);
    expect(await service.next('orders')).toBe(1);
    await expect(resetSequences(production, 'orders')).rejects.toMatchObject({
      name: 'SequenceError',
      code: 'REJECTED',
      sequence: 'orders',
      message: expect.stringContaining('MemorySequenceStore has no method on the symbol RESET_COUNTERS'),
    });
    expect(await service.next('orders')).toBe(2);

    const app = await testing();
    await expect(resetSequences(app, 'a/b')).rejects.toThrow(TypeError);
    await app.close();
    await expect(resetSequences(app)).rejects.toMatchObject({ code: 'CLOSED' });
    const bare = await start(Test.createTestingModule({}).compile());
    await expect(resetSequences(bare)).rejects.toThrow(/Expected a Nest application.*imports SequenceModule/);
  });

  it('that is still waiting when the application closes is CLOSED', async () => {
    const store = new FaultySequenceStore();
    const app = await testing({ store, closeTimeout: 1 });
    store.hangNextClaim();
    const drawn = expect(app.get(SequenceService).next('orders')).rejects.toMatchObject({ code: 'CLOSED' });
    const reset = expect(resetSequences(app)).rejects.toMatchObject({ code: 'CLOSED' });
    await app.close();
    await Promise.all([drawn, reset]);
  });
});

describe('A testing module that was closed', () => {
  it.each(['memory', 'files', 'elasticsearch'])(
    'leaves no timer, socket or handle: the process ends by itself (%s)',
    async (kind) => {
      if (kind === 'elasticsearch' && serverUrl('elasticsearch-9') === undefined) return;
      expect(await runProcess('draw', kind)).toEqual({ code: 0, output: '1 2 1\n' });
    },
  );
});

describe('A reset', () => {
  it('keeps the process alive while it waits for a claim that nobody waits for any more', async () => {
    expect(await runProcess('reset')).toEqual({ code: 0, output: 'TIMEOUT\n1\n' });
  });
});

async function runProcess(...args: string[]): Promise<{ code: number; output: string }> {
  const script = fileURLToPath(new URL('testing-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', '--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

async function macrotasks(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
}

/** A third party's: opts in by the symbol, and has its data outside, where a close does not reach. */
class UsersStore extends SequenceStore {
  readonly calls: string[] = [];
  #inner = temporaryMemoryStore();

  claim(request: ClaimRequest): Promise<Block> {
    this.calls.push('claim');
    return this.#inner.claim(request);
  }

  ensureAtLeast(request: Parameters<SequenceStore['ensureAtLeast']>[0]): Promise<void> {
    return this.#inner.ensureAtLeast(request);
  }

  inspect(request: Parameters<SequenceStore['inspect']>[0]): ReturnType<SequenceStore['inspect']> {
    return this.#inner.inspect(request);
  }

  override async close(): Promise<void> {
    this.calls.push('close');
  }

  async [RESET_COUNTERS](name?: string): Promise<void> {
    this.calls.push(`reset ${name ?? 'all'}`);
    await this.#inner[RESET_COUNTERS](name);
  }
}

/** Its reset waits in the middle. */
class GatedStore extends FaultySequenceStore {
  readonly claimed: string[] = [];
  begun = false;
  proceed = () => {};
  #begun = () => {};
  readonly removing = new Promise<void>((resolve) => (this.#begun = resolve));
  readonly #gate = new Promise<void>((resolve) => (this.proceed = resolve));

  override claim(request: ClaimRequest): Promise<Block> {
    this.claimed.push(request.name);
    return super.claim(request);
  }

  override async [RESET_COUNTERS](name?: string): Promise<void> {
    this.begun = true;
    this.#begun();
    await this.#gate;
    await super[RESET_COUNTERS](name);
  }
}
