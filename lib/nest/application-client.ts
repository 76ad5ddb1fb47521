import type { ModuleRef } from '@nestjs/core';
import { ElasticsearchService } from '@nestjs/elasticsearch';
import type { ElasticsearchClient } from '../store/elasticsearch/request.js';
import { SequenceError } from '../common/sequence-error.js';

/**
 * The application's client, looked up at first use and not when providers are built: there Nest returns an object whose
 * constructor has not run yet.
 */
export class ApplicationClient implements ElasticsearchClient {
  #client: ElasticsearchClient | undefined;

  constructor(private readonly moduleRef: ModuleRef) {}

  get transport(): ElasticsearchClient['transport'] {
    this.#client ??= this.#find();
    return this.#client.transport;
  }

  #find(): ElasticsearchClient {
    let found: ElasticsearchService[];
    try {
      found = this.moduleRef.get(ElasticsearchService, { strict: false, each: true });
    } catch (cause) {
      throw new SequenceError(
        'NO_CLIENT',
        'SequenceModule found no ElasticsearchService that it can use. Import ElasticsearchModule.register(...) of @nestjs/elasticsearch, ' +
          `or pass a store: SequenceModule.forRoot({ store }). Nest says: ${(cause as Error).message}`,
        { cause },
      );
    }
    // With two, Nest's plain get() returns the one scanned last: the same name could be two counters.
    const [client, another] = new Set<Partial<ElasticsearchService>>(found);
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
