import { expect, it } from '@jest/globals';
import type { ElasticsearchRequest } from '../../lib/store/elasticsearch/request.js';
import { ElasticsearchSequenceStore } from '../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { SequenceIdentityError, UnsafeIndexError } from '../../lib/common/sequence-error.js';
import { clientOf, ElasticsearchDouble, failure, type Reply } from '../support/elasticsearch-double.js';

const signal = new AbortController().signal;

/** A store over the double; `instead` may answer in its place. */
function start(instead: (request: ElasticsearchRequest) => Reply | Error | undefined) {
  const double = new ElasticsearchDouble(true);
  const client = clientOf(async (request) => {
    const answer = instead(request) ?? double.handle(request);
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return new ElasticsearchSequenceStore({ client });
}

const claim = (store: ElasticsearchSequenceStore, name: string) =>
  store.claim({ name, count: 1, start: 1, signal }).catch((error: unknown) => error);

it.each<[string, Reply | Error]>([
  ['429', failure(429, 'circuit_breaking_exception', 'Data too large')],
  ['503', failure(503, 'unavailable_shards_exception', 'primary shard is not active')],
  ['a refusal', failure(400, 'illegal_argument_exception', 'no')],
  ['no connection', new Error('connect ECONNREFUSED 127.0.0.1:9200')],
])('A claim whose history reading meets %s was applied all the same', async (_, answer) => {
  let readings = 0;
  const store = start(({ path }) => (path.endsWith('/_stats') && readings++ === 1 ? answer : undefined));
  // The first reading stamps the new counter, the second vouches for the claim.
  expect(await claim(store, 'orders')).toMatchObject({ ambiguous: true, sequence: 'orders' });
  expect(await claim(store, 'orders')).toMatchObject({ first: 2, last: 2 });
});

it('What fails for several sequences at once is said of each by its name', async () => {
  const unsafe = {
    'i-1': {
      aliases: { essequences: { is_write_index: true } },
      settings: {},
      mappings: { properties: { iid: { type: 'keyword' } } },
    },
  };
  const store = start(({ path }) => (path === '/essequences' ? { status: 200, body: unsafe } : undefined));
  const names = ['orders', 'invoices'];
  const unsafeErrors = await Promise.all(names.map((name) => claim(store, name)));
  for (const [index, error] of unsafeErrors.entries()) {
    expect(error).toBeInstanceOf(UnsafeIndexError);
    expect(error).toMatchObject({ sequence: names[index], index: 'essequences' });
    expect((error as UnsafeIndexError).findings).toHaveLength(1);
  }
});

it('A lost index is an identity error that names the sequence', async () => {
  let lost = false;
  const store = start(() => (lost ? failure(404, 'index_not_found_exception', 'no such index') : undefined));
  await claim(store, 'orders');
  lost = true;
  await claim(store, 'orders');
  const error = await claim(store, 'invoices');
  expect(error).toBeInstanceOf(SequenceIdentityError);
  expect(error).toMatchObject({ code: 'VANISHED', sequence: 'invoices', dropsCache: true });
});
