import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { assertKnownKeys } from './arguments.js';
import type { BlockSizeOption } from './block-size.js';
import type { CallOptions } from './retry-loop.js';
import { SequenceError } from './sequence-errors.js';
import { SequenceRegistry } from './sequence-registry.js';
import type { Sequence, Transform } from './sequence.js';

export interface GetOptions<T> {
  /** Makes of an id what this handle gives. */
  transform?: Transform<T> | undefined;
  /** Ids per claim, from the next claim on, for all handles of the name. */
  blockSize?: BlockSizeOption | undefined;
}

/**
 * Ids by injection.
 *
 * @example
 * constructor(private readonly sequences: SequenceService) {}
 * async place(order: Order) { order.id = await this.sequences.next('orders'); }
 */
@Injectable()
export class SequenceService implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  readonly #logger = new Logger(SequenceService.name);

  constructor(@Inject(SequenceRegistry) private readonly registry: SequenceRegistry) {}

  /** A handle on a sequence, created on first use. TypeError or RangeError for a bad name or block size. */
  get<T = number>(name: string, options: GetOptions<T> = {}): Sequence<T> {
    assertKnownKeys('the options of get', options, ['transform', 'blockSize']);
    return this.registry.get(name, options.transform, options.blockSize);
  }

  /** The next id of `name`, see {@link Sequence.next}. */
  next(name: string, options?: CallOptions): Promise<number> {
    try {
      return this.registry.entry(name).allocator.next(options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The next id of `name` at once or undefined, see {@link Sequence.tryNext}. */
  tryNext(name: string): number | undefined {
    return this.registry.entry(name).allocator.tryNext();
  }

  /** `count` ids of `name`, see {@link Sequence.take}. */
  async take(name: string, count: number, options?: CallOptions): Promise<number[]> {
    return this.registry.get(name).take(count, options);
  }

  /** What is wrong for good fails the start; what may pass is one warning, and the first claim checks again. */
  async onModuleInit(): Promise<void> {
    try {
      await this.registry.open();
    } catch (error) {
      const passing =
        error instanceof SequenceError && error.code !== 'UNSAFE_INDEX' && error.code !== 'NO_CLIENT';
      if (!passing) throw error;
      this.#logger.warn(
        `The store could not be checked at start; the first claim checks again. ${error.message}`,
      );
    }
  }

  /** Nest drains HTTP after this hook, and handlers still draw: only prefetching ends here. */
  onModuleDestroy(): void {
    this.registry.stopPrefetching();
  }

  onApplicationShutdown(): Promise<void> {
    return this.registry.close();
  }
}
