import { assertKnownKeys, show } from '../../common/arguments.js';
import type { ElasticsearchClient } from './request.js';

/** The options of `ElasticsearchSequenceStore`. All but `client` may also stand in `SequenceModule.forRoot`. */
export interface ElasticsearchStoreOptions {
  /** A client of @elastic/elasticsearch 7.13, 8 or 9, or of @opensearch-project/opensearch. Never closed by the store. */
  client: ElasticsearchClient;
  /** The alias of the index that holds the counters. Default: `essequences`. */
  index?: string | undefined;
  /**
   * How to claim: by a Painless script (`script`), by reading and a conditional write (`cas`), or by script until the
   * server says that it has none (`auto`, the default). Processes with different strategies may share a counter.
   */
  strategy?: 'auto' | 'script' | 'cas' | undefined;
  /** `never`: this process creates neither the index nor counters. Default: `auto`. */
  create?: 'auto' | 'never' | undefined;
  /**
   * Reads the shard's history after every claim, so that a snapshot restore is noticed. `false` saves one request per
   * block and gives up that notice. Default: true.
   */
  historyCheck?: boolean | undefined;
}

/** With the defaults in place. Throws TypeError for an unknown option or an invalid value. */
export function storeOptions(options: ElasticsearchStoreOptions): {
  [Name in keyof ElasticsearchStoreOptions]-?: Exclude<ElasticsearchStoreOptions[Name], undefined>;
} {
  assertKnownKeys('the options of ElasticsearchSequenceStore', options, [
    'client',
    'index',
    'strategy',
    'create',
    'historyCheck',
  ]);
  const { client, index = 'essequences', strategy = 'auto', create = 'auto', historyCheck = true } = options;
  assertOneOf('strategy', strategy, ['auto', 'script', 'cas']);
  assertOneOf('create', create, ['auto', 'never']);
  assertOneOf('historyCheck', historyCheck, [true, false]);
  // The rules of Elasticsearch for names of indices, less what only looks odd.
  if (typeof index !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,199}$/.test(index)) {
    throw new TypeError(
      `Expected index to be the name of an alias, 1 to 200 characters of a-z 0-9 . _ - with a letter or digit first, got ${show(index)}`,
    );
  }
  if (typeof client !== 'object' || client === null) {
    throw new TypeError(`Expected client to be an Elasticsearch or OpenSearch client, got ${show(client)}`);
  }
  return { client, index, strategy, create, historyCheck };
}

function assertOneOf(what: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) {
    throw new TypeError(`Expected ${what} to be one of ${allowed.map(show).join(', ')}, got ${show(value)}`);
  }
}
