import { refusal } from './error-answer.js';
import { type Asker, type ElasticsearchClient, request } from './request.js';
import { field, isRecord } from './values.js';

/**
 * The versions of the nodes that hold a copy of the index, of Elasticsearch from 8 on. `GET /` would tell as well, but a
 * role for one index may not ask it; this needs the privilege `monitor` on the index, which the history needs anyway.
 * Empty: they are unknown (OpenSearch and Elasticsearch 7 do not say, or the privilege is missing).
 */
export async function readVersions(
  client: ElasticsearchClient,
  index: string,
  asker: Asker,
): Promise<string[]> {
  const answer = await request(
    client,
    {
      method: 'GET',
      path: `/${encodeURIComponent(index)}/_shard_stores`,
      querystring: { status: 'green,yellow,red' },
    },
    asker,
  );
  if (answer.ok) return versionsOf(answer.body);
  const { status } = answer.error;
  if (status === 400 || status === 401 || status === 403 || status === 410) return [];
  throw refusal('name the versions of its nodes', answer);
}

/** From an answer of `_shard_stores`: each version once, sorted. */
export function versionsOf(body: unknown): string[] {
  const versions = new Set<string>();
  for (const index of values(field(body, 'indices'))) {
    for (const shard of values(field(index, 'shards'))) {
      const stores = field(shard, 'stores');
      for (const store of Array.isArray(stores) ? stores : []) {
        for (const node of values(store)) {
          const version = field(node, 'version');
          if (typeof version === 'string' && /^\d+\.\d+\.\d+/.test(version)) versions.add(version);
        }
      }
    }
  }
  return [...versions].toSorted();
}

/**
 * Whether items of a bulk may stay unreplicated though they are acknowledged (elasticsearch#158212): on 9.5.0 to 9.5.2,
 * so also while some nodes still run one of them. Unknown versions are taken for sound.
 */
export function losesBulkItems(versions: readonly string[]): boolean {
  return versions.some((version) => /^9\.5\.[0-2](?!\d)/.test(version));
}

function values(of: unknown): unknown[] {
  return isRecord(of) ? Object.values(of) : [];
}
