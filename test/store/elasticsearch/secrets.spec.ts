import { Client } from '@elastic/elasticsearch';
import { describe, expect, it } from '@jest/globals';
import { Client as OpenSearchClient } from '@opensearch-project/opensearch';
import { Client as Client7 } from 'elasticsearch-7';
import { inspect } from 'node:util';
import type { ElasticsearchClient } from '../../../lib/store/elasticsearch/request.js';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import type { SequenceError } from '../../../lib/common/sequence-error.js';

const SECRET = 's3cret';
const SECRETS = [SECRET, Buffer.from(`user:${SECRET}`).toString('base64')];
/** The discard port: nobody answers there. */
const node = 'http://127.0.0.1:9';

const CLIENTS: Record<string, new (options: never) => unknown> = {
  '@elastic/elasticsearch 9': Client,
  '@elastic/elasticsearch 7': Client7,
  '@opensearch-project/opensearch': OpenSearchClient,
};
const WAYS: Record<string, object> = {
  auth: { node, auth: { username: 'user', password: SECRET } },
  'the URL': { node: `http://user:${SECRET}@127.0.0.1:9` },
  headers: { node, headers: { Authorization: `Bearer ${SECRET}` } },
};

describe.each(Object.keys(CLIENTS))('An error over %s', (name) => {
  it.each(Object.keys(WAYS))('shows no credentials given by %s, its causes included', async (way) => {
    const client = new CLIENTS[name]!(WAYS[way] as never) as ElasticsearchClient & { close(): unknown };
    const store = new ElasticsearchSequenceStore({ client });
    const signal = new AbortController().signal;
    const error = (await store
      .claim({ name: 'orders', count: 1, start: 1, signal })
      .catch((thrown: unknown) => thrown)) as SequenceError;
    expect(error).toMatchObject({ code: 'UNAVAILABLE', sequence: 'orders' });
    expect(error.cause).toBeInstanceOf(Error);
    const { message, stack = '' } = error;
    const shown = [message, stack, inspect(error, { depth: 20 }), JSON.stringify(error.cause)].join('\n');
    for (const secret of SECRETS) expect(shown).not.toContain(secret);
    await client.close();
  });
});
