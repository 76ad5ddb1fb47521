import { type ErrorAnswer, refusal } from './error-answer.js';
import { type Asker, type ElasticsearchClient, request } from './request.js';
import { field, isRecord } from './values.js';
import { SequenceError, SequenceIdentityError } from '../../common/sequence-error.js';
import { SharedWork } from './shared-work.js';

/** A shard's history_uuid; null: it cannot be read here (a privilege is missing, or it is serverless). */
export type History = string | null;

/**
 * Reads the history_uuid of an index's primary. It changes when a shard is restored from a snapshot or allocated from
 * a stale copy, and survives restarts (elasticsearch#33432, #26577). So it tells a restored counter from the live one.
 *
 * A reading vouches for every claim answered before the reading BEGAN: one reading serves all who ask while another
 * one is under way.
 */
export class HistoryReader {
  readonly #running = new Map<string, SharedWork<History>>();
  readonly #next = new Map<string, SharedWork<History>>();

  constructor(private readonly client: ElasticsearchClient) {}

  /**
   * For the stamp of a new counter: a reading that is under way will do. If it is out of date when the counter is created,
   * the reading after that differs from the stamp, and nothing is handed out.
   */
  present(index: string, asker: Asker): Promise<History> {
    const running = this.#running.get(index);
    return (running === undefined || running.over ? this.#start(index) : running).join(asker);
  }

  /** A reading that begins after this call. */
  read(index: string, asker: Asker): Promise<History> {
    const running = this.#running.get(index);
    if (running === undefined || running.over) return this.#start(index).join(asker);
    let next = this.#next.get(index);
    if (next === undefined || next.over) {
      const following = new SharedWork(async (abort) => {
        await running.promise.catch(() => undefined);
        if (this.#next.get(index) === following) this.#next.delete(index);
        abort.throwIfAborted();
        return this.#start(index).join({ signal: abort });
      });
      next = following;
      this.#next.set(index, next);
    }
    return next.join(asker);
  }

  #start(index: string): SharedWork<History> {
    const reading = new SharedWork((abort) => this.#request(index, abort));
    this.#running.set(index, reading);
    const end = () => {
      if (this.#running.get(index) === reading) this.#running.delete(index);
    };
    reading.promise.then(end, end);
    return reading;
  }

  async #request(index: string, signal: AbortSignal): Promise<History> {
    const answer = await request(
      this.client,
      {
        method: 'GET',
        path: `/${encodeURIComponent(index)}/_stats`,
        querystring: {
          level: 'shards',
          filter_path:
            'indices.*.shards.*.routing.primary,indices.*.shards.*.routing.state,indices.*.shards.*.commit.user_data.history_uuid',
        },
      },
      { signal },
    );
    if (!answer.ok) {
      const { status, type } = answer.error;
      if (cannotBeRead(answer.error)) return null;
      if (status === 404 && type === 'index_not_found_exception') {
        throw new SequenceIdentityError(
          'VANISHED',
          `Index ${index} is gone: it was deleted while a claim was under way. Cached ids were dropped.`,
          { cause: answer.thrown },
        );
      }
      throw refusal('read the history of the index', answer);
    }
    const shards = field(answer.body, 'indices', index, 'shards');
    const histories = isRecord(shards) ? Object.values(shards).map(primaryHistory) : [];
    if (histories.length === 0 || histories.includes(undefined)) {
      throw new SequenceError(
        'UNAVAILABLE',
        `Index ${index} has no started primary whose history can be read. The block was dropped; the call may be repeated.`,
        { ambiguous: true },
      );
    }
    return histories.join(',');
  }
}

/**
 * Only Elasticsearch itself may say so: to go on without a history is to miss restores. A gateway's 403 says nothing about
 * the index, and a block of its metadata is not a missing privilege.
 */
function cannotBeRead({ status, type, reason }: ErrorAnswer): boolean {
  if (status === 401 || status === 403) return /^(security|authorization)_exception$/.test(type);
  if (status === 410) return type !== '';
  return type === 'api_not_available_exception' || (status === 400 && /no handler found/.test(reason));
}

function primaryHistory(copies: unknown): string | undefined {
  if (!Array.isArray(copies)) return undefined;
  const primary: unknown = copies.find(
    (copy) =>
      field(copy, 'routing', 'primary') === true &&
      /^(STARTED|RELOCATING)$/.test(String(field(copy, 'routing', 'state'))),
  );
  const history = field(primary, 'commit', 'user_data', 'history_uuid');
  return typeof history === 'string' ? history : undefined;
}
