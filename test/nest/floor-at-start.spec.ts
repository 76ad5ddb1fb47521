import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, Logger, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { DataSource, Entity, PrimaryColumn } from 'typeorm';
import {
  InjectSequence,
  MemorySequenceStore,
  type Sequence,
  SequenceError,
  SequenceId,
  SequenceModule,
  type SequenceModuleOptions,
  SequenceService,
} from '../../lib/index.js';
import { SequenceIdSubscriber } from '../../lib/typeorm.js';

/** As many connections as a pool has: who finds none waits for one, as long as it takes. */
class Pool {
  readonly #waiting: (() => void)[] = [];
  constructor(private free: number) {}

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}

@Injectable()
class Parcels {
  @InjectSequence('parcels') readonly parcels!: Sequence;
}

@Module({
  imports: [SequenceModule.forFeature('shipments')],
  providers: [Parcels],
})
class ShippingModule {}

let app: TestingModule | undefined;
let warn: jest.SpiedFunction<Logger['warn']>;

beforeEach(() => {
  warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
});

afterEach(async () => {
  await app?.close();
  app = undefined;
  jest.restoreAllMocks();
});

async function boot(options: SequenceModuleOptions): Promise<SequenceService> {
  app = await Test.createTestingModule({
    imports: [SequenceModule.forRoot({ store: new MemorySequenceStore(), ...options }), ShippingModule],
  }).compile();
  await app.init();
  return app.get(SequenceService);
}

describe('The floor at start', () => {
  it('is asked for the names that are declared: in options, by forFeature, on properties', async () => {
    const asked: string[] = [];
    const floor = (name: string) => {
      asked.push(name);
      return 100;
    };
    const sequences = await boot({ sequences: { orders: { start: 7 } }, floor });
    expect(asked.toSorted()).toEqual(['orders', 'parcels', 'shipments']);
    expect(await sequences.next('orders')).toBe(101);
    expect(await sequences.next('invoices')).toBe(101);
    expect(asked.slice(3)).toEqual(['invoices']);
    expect(warn).not.toHaveBeenCalled();
  });

  it('deadlocks no pool that ten savers have used up', async () => {
    const pool = new Pool(10);
    const floor = () => pool.use(async () => 500);
    const sequences = await boot({ sequences: { orders: {} }, floor });
    const savers = Array.from({ length: 10 }, () => pool.use(() => sequences.next('orders')));
    expect(await Promise.all(savers)).toEqual([501, 502, 503, 504, 505, 506, 507, 508, 509, 510]);
  });

  it('frees the pool after a time limit of its own where the name arises at run time', async () => {
    const pool = new Pool(1);
    const floor = () => pool.use(async () => 500);
    const sequences = await boot({ floor, timeout: 50 });
    await expect(pool.use(() => sequences.next('late'))).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await sequences.next('late', { timeout: 30_000 })).toBe(501);
  });

  it('is asked for the entities of a data source', async () => {
    @Entity()
    class Order {
      @SequenceId('orders') @PrimaryColumn('integer') id!: number;
      @SequenceId(() => 'by-function') serial!: number;
    }
    const asked: string[] = [];
    app = await Test.createTestingModule({
      imports: [
        SequenceModule.forRoot({ store: new MemorySequenceStore(), floor: (name) => void asked.push(name) }),
      ],
      providers: [
        {
          provide: DataSource,
          useFactory: () =>
            new DataSource({ type: 'sqljs', entities: [Order], synchronize: true }).initialize(),
        },
        SequenceIdSubscriber,
      ],
    }).compile();
    await app.init();
    expect(asked).toEqual(['orders']);
    await app.get(DataSource).destroy();
  });

  it('that cannot be had is one warning, and the first claim asks again', async () => {
    let failing = true;
    const floor = () => {
      if (failing) throw new Error('no such table');
      return 20;
    };
    const sequences = await boot({ sequences: { orders: {} }, floor });
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^The floor of 3 of 3 sequences could not be set at start; their first claims try again\./,
        ),
      ],
    ]);
    failing = false;
    expect(await sequences.next('orders')).toBe(21);
  });

  it('is not asked while the store is away', async () => {
    const store = Object.assign(new MemorySequenceStore(), {
      open: () => Promise.reject(new SequenceError('UNAVAILABLE', 'away')),
    });
    const floor = jest.fn(() => 1);
    await boot({ store, floor });
    expect(floor).not.toHaveBeenCalled();
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('makes no counter where there is no hook', async () => {
    const sequences = await boot({ sequences: { orders: {} } });
    expect(await sequences.get('orders').inspect()).toBeUndefined();
  });
});
