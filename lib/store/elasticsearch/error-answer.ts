import { SequenceError } from '../../common/sequence-error.js';
import { nodeOf } from './safe-cause.js';
import { field, isRecord, text } from './values.js';

/** What an error answer says. `type` and `reason` are those of the outermost error, or empty; `reason` may be shown. */
export interface ErrorAnswer {
  status: number;
  type: string;
  reason: string;
  body: unknown;
  /** The address of the node that answered. */
  node: string | undefined;
}

/** Errors that Elasticsearch and OpenSearch word as a plain text. */
const PLAIN_TEXTS = /^(no handler found for uri|Incorrect HTTP method for uri|Content-Type header|alias \[)/;

/** Undefined: no answer came. `show`: makes texts fit to be shown. */
export function errorAnswer(
  thrown: unknown,
  show: (text: string) => string = () => '',
): ErrorAnswer | undefined {
  const status = field(thrown, 'meta', 'statusCode') ?? field(thrown, 'statusCode');
  const body = field(thrown, 'meta', 'body') ?? field(thrown, 'body');
  // The later clients say 0 where no answer came.
  if (typeof status !== 'number' || status === 0) return undefined;
  const error = field(body, 'error');
  const reason = text(field(error, 'reason')) || text(error) || text(field(body, 'message'));
  return {
    status,
    type: text(field(error, 'type')),
    // Amazon's gateways write either.
    reason: show(reason || text(field(body, 'Message'))),
    body,
    node: nodeOf(thrown),
  };
}

/**
 * Whether an error is the last word of the server: worded by Elasticsearch or OpenSearch, and not about to pass. Between
 * them and us there may be a gateway, whose pages say nothing about an index, whatever their status.
 */
export function isFinal(error: ErrorAnswer): boolean {
  const { status, type, body } = error;
  // Who refuses credentials may be a gateway: both the plugins of OpenSearch and Amazon's answer in forms of their own.
  if (status === 401) return true;
  if (status === 403 && (text(field(body, 'message')) || text(field(body, 'Message'))) !== '') return true;
  // The flood stage of a disk says 429 where other blocks say 403.
  if (status === 429) return type === 'cluster_block_exception';
  return status < 500 && isOfElasticsearch(body);
}

/** All error types of an answer, outermost first, along `caused_by` and `root_cause`: the outermost is often too general. */
export function causes(error: ErrorAnswer): { type: string; reason: string }[] {
  const found: { type: string; reason: string }[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (!isRecord(value) || depth > 20) return;
    found.push({ type: text(value['type']), reason: text(value['reason']) });
    visit(value['caused_by'], depth + 1);
    if (Array.isArray(value['root_cause'])) for (const cause of value['root_cause']) visit(cause, depth + 1);
  };
  visit(field(error.body, 'error'), 0);
  return found;
}

/** An error that nothing else in the library makes sense of. `doing` is for the message: "claim ids". */
export function refusal(
  doing: string,
  { error, thrown }: { error: ErrorAnswer; thrown: unknown },
  sequence?: string,
): SequenceError {
  const { status, type } = error;
  const said = `Elasticsearch refused to ${doing} (${inWords(error)}). Nothing was handed out.`;
  const options = { sequence, cause: thrown };
  if (type === 'cluster_block_exception') {
    return new SequenceError(
      'READ_ONLY',
      `${said} Remove the block from the index; if a disk is full, free space first.`,
      options,
    );
  }
  // Others refuse with 403 as well: a follower index refuses all writes that do not come from its leader.
  const aboutPrivileges = /^(security|authorization)_exception$/.test(type) || !type.endsWith('_exception');
  if (status === 401 || (status === 403 && aboutPrivileges)) {
    return new SequenceError(
      'FORBIDDEN',
      `${said} Check the credentials; on the index the role needs: read, index, view_index_metadata, monitor (and create_index, manage to create it).`,
      options,
    );
  }
  return new SequenceError('REJECTED', `${said} The same request will be refused again.`, options);
}

/** For messages: the status, the type where there is one, and what was said. */
export function inWords({ status, type, reason }: ErrorAnswer): string {
  const before = [status, type].filter((part) => part !== '').join(' ');
  return reason === '' ? before : `${before}: ${reason}`;
}

function isOfElasticsearch(body: unknown): boolean {
  const error = field(body, 'error');
  if (typeof error === 'string') return PLAIN_TEXTS.test(error);
  if (isRecord(error)) {
    return (
      typeof error['type'] === 'string' &&
      error['type'] !== '' &&
      ('reason' in error || 'root_cause' in error)
    );
  }
  // A document that is not there.
  const lacking = field(body, 'found') === false || field(body, 'result') === 'not_found';
  return lacking && typeof field(body, '_index') === 'string' && typeof field(body, '_id') === 'string';
}
