import { afterAll } from '@jest/globals';
import type { ElasticsearchClient } from '../../lib/store/elasticsearch/request.js';
import { removeIndices, temporaryAlias } from './elasticsearch-clients.js';

/** Aliases for one suite. Their indices are removed when it is over: call this before the hook that closes the client. */
export function temporaryAliases(client: ElasticsearchClient): () => string {
  const aliases: string[] = [];
  afterAll(async () => {
    for (const alias of aliases) await removeIndices(client, alias);
  });
  return () => {
    const alias = temporaryAlias();
    aliases.push(alias);
    return alias;
  };
}
