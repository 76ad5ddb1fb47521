import { afterEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { MemorySequenceStore, SequenceModule, SequenceService } from '../../lib/index.js';
import { SequenceError, SequenceIdentityError } from '../../lib/common/sequence-error.js';
import type { ClaimRequest } from '../../lib/store/sequence-store.js';

class Store extends MemorySequenceStore {
  fault: 'none' | 'refuses' | 'foreign' | 'races' = 'none';
  listeners = new Set<(text: string) => void>();

  override onWarning(listener: (text: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  override claim(request: ClaimRequest): ReturnType<MemorySequenceStore['claim']> {
    const { name: sequence } = request;
    if (this.fault === 'none') return super.claim(request);
    if (this.fault === 'refuses') {
      const said = `Sequence "${sequence}": Elasticsearch did not answer at http://127.0.0.1:9200 (connect ECONNREFUSED 127.0.0.1:9200).`;
      return Promise.reject(new SequenceError('UNAVAILABLE', said, { sequence }));
    }
    if (this.fault === 'races') {
      this.fault = 'none';
      return Promise.reject(new SequenceError('CONFLICT', 'another process was faster', { sequence }));
    }
    return Promise.reject(
      new SequenceIdentityError('REGRESSED', `Sequence "${sequence}": it went back`, { sequence }),
    );
  }
}

describe('The log', () => {
  let app: TestingModule | undefined;
  afterEach(() => app?.close());

  async function start() {
    const lines: string[] = [];
    const write = (level: string) => (message: string, context: string) => {
      if (context === 'SequenceModule') lines.push(`${level} ${message}`);
    };
    const store = new Store();
    app = await Test.createTestingModule({
      imports: [SequenceModule.forRoot({ store, blockSize: 5, closeTimeout: 0 })],
    })
      .setLogger({ log: write('LOG'), warn: write('WARN'), error: write('ERROR') })
      .compile();
    await app.init();
    return { store, lines, sequences: app.get(SequenceService) };
  }

  it('has one warning for an outage with code, sequence, node and reason, and one line when it is over', async () => {
    const { store, lines, sequences } = await start();
    await sequences.take('orders', 5);
    expect(lines).toEqual([]);
    store.fault = 'refuses';
    const draw = (name: string) => sequences.next(name, { timeout: 200 });
    await Promise.allSettled([draw('orders'), draw('orders'), draw('invoices')]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^WARN The store fails \(UNAVAILABLE, first for sequence "orders"\).*http:\/\/127\.0\.0\.1:9200 \(connect ECONNREFUSED/,
    );
    store.fault = 'none';
    await sequences.next('orders');
    await sequences.next('invoices');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(
      /^LOG The store works again after \d+\.\d s\. It failed for 2 sequences; 1 waiting caller was delayed, 3 failed\.$/,
    );
  });

  it('has what the store warns of, until the application is shut down', async () => {
    const { store, lines } = await start();
    for (const tell of store.listeners) tell('counters: the history cannot be read.');
    expect(lines).toEqual(['WARN counters: the history cannot be read.']);
    await app!.close();
    app = undefined;
    expect(store.listeners.size).toBe(0);
  });

  it('has nothing for a lost race', async () => {
    const { store, lines, sequences } = await start();
    store.fault = 'races';
    expect(await sequences.next('orders')).toBe(1);
    expect(lines).toEqual([]);
  });

  it('has one warning for each counter with an identity error', async () => {
    const { store, lines, sequences } = await start();
    store.fault = 'foreign';
    for (let time = 0; time < 3; time++) {
      await expect(sequences.next('orders')).rejects.toMatchObject({ code: 'REGRESSED' });
    }
    await expect(sequences.next('invoices')).rejects.toMatchObject({ code: 'REGRESSED' });
    expect(lines).toEqual([
      'WARN REGRESSED: Sequence "orders": it went back',
      'WARN REGRESSED: Sequence "invoices": it went back',
    ]);
  });
});

describe('stats()', () => {
  let app: TestingModule | undefined;
  afterEach(() => app?.close());

  it('tells what this process knows of a sequence, and asks nobody', async () => {
    const store = new Store();
    app = await Test.createTestingModule({
      imports: [SequenceModule.forRoot({ store, blockSize: 10 })],
    }).compile();
    await app.init();
    const sequences = app.get(SequenceService);
    expect(sequences.stats('orders')).toBeUndefined();
    expect(sequences.stats()).toEqual([]);
    await sequences.take('orders', 1);
    await sequences.take('orders', 3);
    const stats = sequences.stats('orders')!;
    expect(stats).toMatchObject({
      name: 'orders',
      cached: 6,
      waiting: 0,
      claims: 1,
      lastClaim: { size: 10 },
    });
    expect(stats.failure).toBeUndefined();
    expect(stats.rate).toBeGreaterThan(0);
    expect(stats.coverSeconds).toBeCloseTo(6 / stats.rate!, 1);
    expect(Math.abs(stats.lastClaim!.at.getTime() - Date.now())).toBeLessThan(5_000);
    store.fault = 'foreign';
    await expect(sequences.take('orders', 7)).rejects.toMatchObject({ code: 'REGRESSED' });
    expect(sequences.stats('orders')).toMatchObject({ cached: 0, failure: { code: 'REGRESSED' } });
    expect(sequences.stats().map(({ name }) => name)).toEqual(['orders']);
    expect(() => sequences.stats('../x')).toThrow(TypeError);
    expect(await sequences.ping()).toBeUndefined();
  });
});
