import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Client } from '@elastic/elasticsearch';
import { TerminusModule } from '@nestjs/terminus';
import { Test, type TestingModule } from '@nestjs/testing';
import dns from 'node:dns';
import {
  ElasticsearchSequenceStore,
  MemorySequenceStore,
  SequenceModule,
  SequenceService,
} from '../../lib/index.js';
import { SequenceError, SequenceIdentityError } from '../../lib/common/sequence-error.js';
import type { ClaimRequest } from '../../lib/store/sequence-store.js';
import { SequenceHealthIndicator } from '../../lib/terminus.js';

/** A store whose faults are switched on and off. */
class Store extends MemorySequenceStore {
  fault: 'none' | 'refuses' | 'silent' | 'foreign' | 'blocked' = 'none';
  pings = 0;

  override async ping(signal: AbortSignal): Promise<void> {
    this.pings++;
    if (this.fault === 'silent')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    if (this.fault === 'refuses')
      throw new SequenceError('UNAVAILABLE', 'connect ECONNREFUSED 127.0.0.1:9200');
  }

  override claim(request: ClaimRequest): ReturnType<MemorySequenceStore['claim']> {
    const { name: sequence, signal } = request;
    switch (this.fault) {
      case 'none':
        return super.claim(request);
      case 'silent':
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      case 'refuses':
        return Promise.reject(
          new SequenceError('UNAVAILABLE', 'connect ECONNREFUSED 127.0.0.1:9200', { sequence }),
        );
      case 'blocked':
        return Promise.reject(new SequenceError('READ_ONLY', 'blocked', { sequence }));
      case 'foreign':
        return Promise.reject(new SequenceIdentityError('REGRESSED', 'it went back', { sequence }));
    }
  }
}

describe('SequenceHealthIndicator', () => {
  let app: TestingModule | undefined;
  afterEach(() => app?.close());

  async function start(blockSize: number | { min: number } = { min: 100 }) {
    const store = new Store();
    app = await Test.createTestingModule({
      imports: [SequenceModule.forRoot({ store, blockSize, closeTimeout: 0 }), TerminusModule],
      providers: [SequenceHealthIndicator],
    })
      .setLogger({ log() {}, warn() {}, error() {} })
      .compile();
    await app.init();
    return { store, sequences: app.get(SequenceService), health: app.get(SequenceHealthIndicator) };
  }

  it('is up while the store answers, and asks it once a second at most', async () => {
    const { store, sequences, health } = await start();
    await sequences.next('orders');
    for (let time = 0; time < 5; time++) {
      expect(await health.check('sequences')).toEqual({ sequences: { status: 'up' } });
    }
    expect(store.pings).toBe(1);
  });

  it('is degraded while the store does not answer and every sequence in use has ids', async () => {
    const { store, sequences, health } = await start();
    await sequences.take('orders', 5);
    store.fault = 'refuses';
    const { sequences: result } = await health.check('sequences');
    expect(result).toMatchObject({ status: 'degraded', store: { code: 'UNAVAILABLE' } });
    expect(sequences.tryNext('orders')).toBe(6);
  });

  it('is down when a sequence in use has no ids', async () => {
    const { store, sequences, health } = await start(5);
    await sequences.take('orders', 5);
    store.fault = 'refuses';
    expect((await health.check('sequences')).sequences).toMatchObject({
      status: 'down',
      sequencesWithoutIds: 1,
      withoutIds: ['orders'],
    });
  });

  it('is down from the first failed caller until the store answers again', async () => {
    const { store, sequences, health } = await start(5);
    await sequences.take('orders', 3);
    store.fault = 'refuses';
    await expect(sequences.take('orders', 3, { timeout: 200 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect((await health.check('sequences')).sequences).toMatchObject({ status: 'down', failedCallers: 1 });
    store.fault = 'none';
    await sequences.take('orders', 3);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await health.check('sequences')).sequences).toEqual({ status: 'up' });
  });

  it('is down while a caller waits, though nobody has failed and ids are cached', async () => {
    const { store, sequences, health } = await start(5);
    await sequences.take('orders', 3);
    store.fault = 'refuses';
    const controller = new AbortController();
    const waiting = sequences.take('orders', 3, { signal: controller.signal });
    const { sequences: result } = await health.check('sequences');
    controller.abort();
    await expect(waiting).rejects.toThrow();
    expect(result).toMatchObject({ status: 'down', failedCallers: 0, waiting: 1, sequencesWithoutIds: 0 });
  });

  it('is down while claims are refused, though reads are answered', async () => {
    const { store, sequences, health } = await start(5);
    store.fault = 'blocked';
    await expect(sequences.next('orders')).rejects.toMatchObject({ code: 'READ_ONLY' });
    expect((await health.check('sequences')).sequences).toMatchObject({
      status: 'down',
      store: { code: 'READ_ONLY' },
    });
  });

  it('is degraded while counters have identity errors, and lists ten at most', async () => {
    const { store, sequences, health } = await start();
    store.fault = 'foreign';
    for (let name = 0; name < 12; name++) {
      await expect(sequences.next(`orders-${name}`)).rejects.toMatchObject({ code: 'REGRESSED' });
    }
    const { sequences: result } = await health.check('sequences');
    expect(result).toMatchObject({ status: 'degraded', identityErrors: 12 });
    expect((result as any).identityErrorsOf).toHaveLength(10);
  });

  it('waits no longer than its limit for a store that is silent, and never throws', async () => {
    const { store, health } = await start();
    store.fault = 'silent';
    const begun = performance.now();
    const { sequences: result } = await health.check('sequences', { timeout: 50 });
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(result).toMatchObject({
      status: 'degraded',
      store: { message: expect.stringContaining('within 50 ms') },
    });
    expect((await health.check('sequences', { timeout: -1 })).sequences).toMatchObject({ status: 'down' });
  });

  it('waits no longer than its limit while the name of the node is looked up without end', async () => {
    // A name server that is silent for as long as the test lasts. The client asks it through this very function.
    const lookup = jest.spyOn(dns, 'lookup').mockImplementation((() => undefined) as never);
    // The connection is given up long after the check has answered, so that the test ends.
    const client = new Client({
      node: 'http://search.example:9200',
      agent: { connectTimeout: 1_000 } as object,
    });
    try {
      app = await Test.createTestingModule({
        imports: [
          SequenceModule.forRoot({
            store: new ElasticsearchSequenceStore({ client }),
            closeTimeout: 0,
          }),
          TerminusModule,
        ],
        providers: [SequenceHealthIndicator],
      }).compile();
      const { sequences: result } = await app
        .get(SequenceHealthIndicator)
        .check('sequences', { timeout: 50 });
      expect(lookup).toHaveBeenCalled();
      expect(result).toMatchObject({
        status: 'degraded',
        store: { message: expect.stringContaining('within 50 ms') },
      });
    } finally {
      lookup.mockRestore();
      await client.close();
    }
  });

  it('says so as up with a mark where terminus knows no degraded state', async () => {
    const { store } = await start();
    store.fault = 'refuses';
    const registry = (app!.get(SequenceHealthIndicator) as any).registry;
    const eleven = {
      check: (key: string) => ({
        up: (data: object) => ({ [key]: { status: 'up', ...data } }),
        down: () => ({}),
      }),
    };
    const health = new SequenceHealthIndicator(registry, eleven as never);
    expect((await health.check('sequences')).sequences).toMatchObject({ status: 'up', degraded: true });
  });
});
