import { refusal } from '../../store/elasticsearch/error-answer.js';
import type { ElasticsearchClient } from '../../store/elasticsearch/request.js';
import { field, isRecord } from '../../store/elasticsearch/values.js';
import type { CounterReport } from '../target.js';
import { counterReport } from './counter-report.js';
import { ask } from './look.js';

const PAGE = 1_000;

/**
 * Every counter of the index. The names come from a search, the values are read one by one as claims see them. Records
 * that are not counters begin with `~`.
 */
export async function listCounters(
  client: ElasticsearchClient,
  alias: string,
  history: string | null,
  prefix: string,
  signal: AbortSignal,
): Promise<CounterReport[]> {
  // A search may not know a counter of the last second. Without the privilege to refresh, it is listed a second later.
  await ask(client, `/${encodeURIComponent(alias)}/_refresh`, undefined, signal);
  const found: CounterReport[] = [];
  for await (const names of pages(client, alias, signal)) {
    const wanted = names.filter((name) => name.startsWith(prefix) && !name.startsWith('~'));
    if (wanted.length === 0) continue;
    const answer = await ask(client, `/${encodeURIComponent(alias)}/_mget`, { ids: wanted }, signal);
    if (!answer.ok) throw refusal('read the counters', answer);
    const documents: unknown[] = Array.isArray(answer.body['docs']) ? answer.body['docs'] : [];
    for (const document of documents) {
      if (!isRecord(document) || document['found'] !== true) continue;
      found.push(counterReport(String(document['_id']), document['_source'], history));
    }
  }
  return found.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** By a scroll: the one way to all documents that every supported server has. */
async function* pages(
  client: ElasticsearchClient,
  alias: string,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  const body = { size: PAGE, sort: ['_doc'], _source: false };
  let answer = await ask(client, `/${encodeURIComponent(alias)}/_search`, body, signal, { scroll: '1m' });
  let scroll: unknown;
  try {
    for (;;) {
      if (!answer.ok) throw refusal('list the counters', answer);
      scroll = answer.body['_scroll_id'];
      const hits = field(answer.body, 'hits', 'hits');
      if (!Array.isArray(hits) || hits.length === 0) return;
      yield hits.map((hit) => String(field(hit, '_id')));
      if (hits.length < PAGE) return;
      answer = await ask(client, '/_search/scroll', { scroll: '1m', scroll_id: scroll }, signal);
    }
  } finally {
    await release(client, scroll, signal);
  }
}

/** One that is left open ends by itself after a minute. */
async function release(client: ElasticsearchClient, scroll: unknown, signal: AbortSignal): Promise<void> {
  if (typeof scroll !== 'string') return;
  const params = { method: 'DELETE' as const, path: '/_search/scroll', body: { scroll_id: scroll } };
  try {
    await client.transport.request(params, { meta: true, maxRetries: 0, signal });
  } catch {
    // It ends by itself.
  }
}
