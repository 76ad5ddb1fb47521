import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { ElasticsearchClient } from '../store/elasticsearch/request.js';
import { SequenceError } from '../common/sequence-error.js';

/** As much of `ElasticsearchService` as is used. Its package is optional, so no type comes from it. */
type Service = Type<Partial<ElasticsearchClient>>;

/**
 * The application's client. It is looked up at first use and not when providers are built, because Nest then returns an
 * object whose constructor has not run yet.
 */
export class ApplicationClient implements ElasticsearchClient {
  #client: ElasticsearchClient | undefined;

  private constructor(
    private readonly moduleRef: ModuleRef,
    private readonly service: Service,
  ) {}

  /** Loads `@nestjs/elasticsearch`. Applications that pass a store of their own do not need to have it. */
  static async load(moduleRef: ModuleRef): Promise<ApplicationClient> {
    try {
      const { ElasticsearchService } = await import('@nestjs/elasticsearch');
      return new ApplicationClient(moduleRef, ElasticsearchService as Service);
    } catch (cause) {
      throw new SequenceError(
        'NO_CLIENT',
        'Without the option store SequenceModule keeps its counters in Elasticsearch, and @nestjs/elasticsearch could not be loaded. ' +
          'Install it: npm install @nestjs/elasticsearch @elastic/elasticsearch (on Nest 11: @nestjs/elasticsearch@11). ' +
          'Or pass a store: SequenceModule.forRoot({ store }).',
        { cause },
      );
    }
  }

  get transport(): ElasticsearchClient['transport'] {
    this.#client ??= this.#find();
    return this.#client.transport;
  }

  #find(): ElasticsearchClient {
    let found: Partial<ElasticsearchClient>[];
    try {
      found = this.moduleRef.get(this.service, { strict: false, each: true });
    } catch (cause) {
      throw new SequenceError(
        'NO_CLIENT',
        'SequenceModule found no ElasticsearchService that it can use. Import ElasticsearchModule.register(...) of @nestjs/elasticsearch, ' +
          `or pass a store: SequenceModule.forRoot({ store }). Nest says: ${(cause as Error).message}`,
        { cause },
      );
    }
    // Nest's plain get() returns the one that was scanned last. The same name could then be two counters.
    const [client, another] = new Set(found);
    if (another !== undefined) {
      throw new SequenceError(
        'NO_CLIENT',
        'SequenceModule found more than one ElasticsearchService and will not guess. Pass the right one: SequenceModule.forRootAsync({ inject: [...], useFactory: (client) => ({ store: new ElasticsearchSequenceStore({ client }) }) }).',
      );
    }
    if (client?.transport === undefined) {
      throw new SequenceError(
        'NO_CLIENT',
        'An id was drawn while Nest was still building providers: draw in onModuleInit() or later. ' +
          'Or ElasticsearchService was replaced by an object without transport: in tests use overrideSequences(builder).',
      );
    }
    return client as ElasticsearchClient;
  }
}
