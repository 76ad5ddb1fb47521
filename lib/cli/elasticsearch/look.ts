import { type Answer, type ElasticsearchClient, request } from '../../store/elasticsearch/request.js';

/** One reading. The path is given whole, its parts encoded. */
export function look(
  client: ElasticsearchClient,
  path: string,
  signal: AbortSignal,
  querystring: Record<string, string | number | boolean> = {},
): Promise<Answer> {
  return request(client, { method: 'GET', path, querystring }, { signal });
}

export function ask(
  client: ElasticsearchClient,
  path: string,
  body: Record<string, unknown> | undefined,
  signal: AbortSignal,
  querystring: Record<string, string | number | boolean> = {},
): Promise<Answer> {
  return request(client, { method: 'POST', path, querystring, ...(body && { body }) }, { signal });
}
