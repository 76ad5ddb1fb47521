import type { ErrorAnswer } from './error-answer.js';
import type { Answer, ElasticsearchRequest, Refused } from './request.js';
import { text, field, isRecord } from './values.js';

/** What is asked of one counter document. */
export type DocumentOperation =
  | { readonly kind: 'get'; readonly name: string }
  | {
      readonly kind: 'update';
      readonly name: string;
      readonly condition: NonNullable<ElasticsearchRequest['querystring']>;
      readonly body: Record<string, unknown>;
    }
  | { readonly kind: 'create'; readonly name: string; readonly body: Record<string, unknown> };

/** As a request of its own. A write that finds no alias fails and creates nothing. */
export function singleRequest(alias: string, operation: DocumentOperation): ElasticsearchRequest {
  const path = (api: string) => `/${encodeURIComponent(alias)}/${api}/${encodeURIComponent(operation.name)}`;
  switch (operation.kind) {
    case 'get':
      return { method: 'GET', path: path('_doc') };
    case 'create':
      return {
        method: 'PUT',
        path: path('_create'),
        querystring: { require_alias: true },
        body: operation.body,
      };
    case 'update':
      return {
        method: 'POST',
        path: path('_update'),
        querystring: { require_alias: true, _source: true, ...operation.condition },
        body: operation.body,
      };
  }
}

/**
 * Several in one request: all of them reads, or all of them writes. They go to the alias in the path, never with an
 * `_index` of their own: servers and roles may refuse that.
 */
export function manyRequest(alias: string, operations: readonly DocumentOperation[]): ElasticsearchRequest {
  const path = `/${encodeURIComponent(alias)}`;
  if (operations[0]?.kind === 'get') {
    const ids = operations.map(({ name }) => name);
    return { method: 'POST', path: `${path}/_mget`, body: { ids } };
  }
  const bulkBody = operations.flatMap((operation) => {
    const { name: _id } = operation;
    if (operation.kind === 'get') throw new Error('A bulk has no reads.');
    if (operation.kind === 'create') return [{ create: { _id, require_alias: true } }, operation.body];
    return [
      { update: { _id, require_alias: true, ...operation.condition } },
      { ...operation.body, _source: true },
    ];
  });
  return { method: 'POST', path: `${path}/_bulk`, querystring: { require_alias: true }, bulkBody };
}

/**
 * The answer to each operation, in the form of a request of its own, so that the same rules judge it. Undefined: the
 * answer does not fit what was sent, so nothing in it counts. Operations and answers are paired by place *and* name.
 */
export function answersOf(
  operations: readonly DocumentOperation[],
  body: Record<string, unknown>,
): Answer[] | undefined {
  const reads = operations[0]?.kind === 'get';
  const items = reads ? body['docs'] : body['items'];
  if (!Array.isArray(items) || items.length !== operations.length) return undefined;
  const answers: Answer[] = [];
  for (const [place, operation] of operations.entries()) {
    const item: unknown = reads ? items[place] : field(items[place], operation.kind);
    if (!isRecord(item) || item['_id'] !== operation.name) return undefined;
    answers.push(reads ? readAnswer(item) : writeAnswer(item));
  }
  return answers;
}

function readAnswer(item: Record<string, unknown>): Answer {
  if (item['error'] !== undefined)
    return refused(item['error'], field(item['error'], 'status') ?? statusOf(item['error']), item);
  return item['found'] === true ? { ok: true, body: item } : refused(undefined, 404, item);
}

function writeAnswer(item: Record<string, unknown>): Answer {
  const { status } = item;
  if (item['error'] === undefined && typeof status === 'number' && status < 300)
    return { ok: true, body: item };
  return refused(item['error'], status, item);
}

/** A read of many gives no status of its own; only these two errors mean something to the protocol. */
function statusOf(error: unknown): number {
  return text(field(error, 'type')) === 'index_not_found_exception' ? 404 : 503;
}

function refused(error: unknown, status: unknown, item: Record<string, unknown>): Refused {
  const code = typeof status === 'number' ? status : 503;
  return new RefusedItem({
    status: code,
    type: text(field(error, 'type')),
    reason: text(field(error, 'reason')),
    body: error === undefined ? item : { error, status: code },
    node: undefined,
  });
}

/** Most refusals are part of the protocol and become nobody's cause: an error with its stack is made for those that do. */
class RefusedItem implements Refused {
  readonly ok = false;
  #thrown: Error | undefined;

  constructor(readonly error: ErrorAnswer) {}

  get thrown(): Error {
    const { type, reason, status } = this.error;
    return (this.#thrown ??= new Error(`${type || 'not found'}: ${reason || `status ${status}`}`));
  }
}
