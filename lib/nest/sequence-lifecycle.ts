import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { SequenceError, type SequenceErrorCode } from '../common/sequence-error.js';
import { SequenceRegistry } from '../core/sequence-registry.js';

const FAILS_START: ReadonlySet<SequenceErrorCode> = new Set(['UNSAFE_INDEX', 'NO_CLIENT', 'CLOSED']);

/** Opens and closes the registry with its application. Apart from SequenceService, which tests may replace. */
@Injectable()
export class SequenceLifecycle implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  readonly #logger = new Logger('SequenceModule');

  constructor(@Inject(SequenceRegistry) private readonly registry: SequenceRegistry) {}

  /** What is wrong for good fails the start; what may pass is one warning, and the first claim checks again. */
  async onModuleInit(): Promise<void> {
    try {
      await this.registry.open();
    } catch (error) {
      if (!(error instanceof SequenceError) || FAILS_START.has(error.code)) throw error;
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
