import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { SequenceError, type SequenceErrorCode } from '../common/sequence-error.js';
import { SequenceRegistry } from '../core/sequence-registry.js';
import { OPTIONS, type ResolvedOptions } from './sequence-module.options.js';

const FAILS_START: ReadonlySet<SequenceErrorCode> = new Set([
  'UNSAFE_INDEX',
  'UNSAFE_FOLDER',
  'NO_CLIENT',
  'CLOSED',
]);

/**
 * Opens and closes the registry with its application: the first to open and the last to close. It is not part of
 * SequenceService, which tests may replace.
 */
@Injectable()
export class SequenceLifecycle
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  readonly #logger = new Logger('SequenceModule');
  #opened = false;

  constructor(
    @Inject(SequenceRegistry) private readonly registry: SequenceRegistry,
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    // Nest runs the hooks of a start by falling distance from the root module, and those of a shutdown in the opposite
    // order. Global modules share one distance, the greatest number. Another global module that draws ids while it shuts
    // down, as a queue does that finishes its jobs, would find the sequences closed if it was imported before them.
    for (const module of modules.values()) {
      if (module.hasProvider(SequenceLifecycle)) module.distance = Number.POSITIVE_INFINITY;
    }
  }

  /** What cannot pass by itself fails the start. What may pass is one warning, and the first claim checks again. */
  async onModuleInit(): Promise<void> {
    try {
      await this.registry.open();
      this.#opened = true;
    } catch (error) {
      if (!(error instanceof SequenceError) || FAILS_START.has(error.code)) throw error;
      this.#logger.warn(
        `The store could not be checked at start; the first claim checks again. ${error.message}`,
      );
    }
  }

  /**
   * Makes first contact with the names known by now, where there is a `floor` hook. Asked later, inside the transaction
   * of a caller, the hook could wait for a connection that this and other transactions hold. It is not enough to
   * remember what the hook says now: while this process does not know the counter, others may use ids far above.
   */
  async onApplicationBootstrap(): Promise<void> {
    if (this.options.floor === undefined || !this.#opened) return;
    const names = new Set([...this.options.declared, ...this.registry.names]);
    const made = await Promise.allSettled(
      [...names].map(async (name) => this.registry.core(name).ensureAtLeast(0)),
    );
    const reasons = made.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    const [first] = reasons;
    if (first === undefined) return;
    const mistake = reasons.find((reason) => !(reason instanceof SequenceError));
    if (mistake !== undefined) throw mistake;
    this.#logger.warn(
      `The floor of ${reasons.length} of ${names.size} sequences could not be set at start; their first claims try again. ${(first as Error).message}`,
    );
  }

  /** Nest serves HTTP requests in flight after this hook, and they still draw ids: only prefetching ends here. */
  onModuleDestroy(): void {
    this.registry.stopPrefetching();
  }

  onApplicationShutdown(): Promise<void> {
    return this.registry.close();
  }
}
