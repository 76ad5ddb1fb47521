import { CLAIM_SCRIPT, RAISE_SCRIPT } from '../../lib/store/elasticsearch/scripts.js';
import type { ElasticsearchClient, ElasticsearchRequest } from '../../lib/store/elasticsearch/request.js';

/* Values as JSON brings them. */
type Source = Record<string, unknown>;

interface Document {
  source: Source;
  seqNo: number;
  term: number;
  /** Which creation it goes back to: copies, restores and fences keep it. */
  life: number;
}

interface Index {
  name: string;
  uuid: string;
  aliases: Record<string, { is_write_index?: boolean }>;
  settings: Source;
  mappings: Source;
  history: string;
  term: number;
  nextSeqNo: number;
  documents: Map<string, Document>;
}

export interface Reply {
  status: number;
  body: Source;
}

/**
 * The few calls of Elasticsearch that the library makes, as the servers answer them: the spec plays the same scripts to
 * this and to real servers. Time does not pass here, and nothing is ever lost, but where the test says so.
 */
export class ElasticsearchDouble {
  readonly #indices = new Map<string, Index>();
  readonly #lives = new Map<string, number>();
  #snapshot: { index: Index; alias: string } | undefined;
  #made = 0;

  /** `scripted`: whether it runs Painless. */
  constructor(readonly scripted: boolean) {}

  /** What an epoch stands for: the creation it goes back to. */
  lifeOf(epoch: string | undefined): number | undefined {
    return epoch === undefined ? undefined : this.#lives.get(epoch);
  }

  handle(request: ElasticsearchRequest): Reply {
    const { method, path, querystring = {}, body = {} } = request;
    const [target = '', api, id = ''] = path
      .slice(1)
      .split('/')
      .map((part) => decodeURIComponent(part));
    if (api === '_bulk') return this.#bulk(target, request.bulkBody ?? []);
    if (api === '_mget') return this.#readMany(target, body['ids'] as string[]);
    if (api === '_shard_stores')
      return {
        status: 403,
        body: { error: { type: 'security_exception', reason: 'no monitor' }, status: 403 },
      };
    const writes = api === '_create' || api === '_update';
    if (api === undefined) return method === 'PUT' ? this.#createIndex(target, body) : this.#describe(target);
    const index = this.#resolve(target, writes && querystring['require_alias'] === true);
    if (index === undefined) return missingIndex(target, writes && querystring['require_alias'] === true);
    if (api === '_stats') return stats(index);
    if (api === '_doc') return this.#get(index, id);
    if (api === '_create') return this.#create(index, id, body);
    return this.#update(index, id, querystring, body);
  }

  /** Each item is what a request of its own would have been, with its status beside it. */
  #bulk(target: string, lines: readonly Source[]): Reply {
    const items: Source[] = [];
    for (let place = 0; place < lines.length; place += 2) {
      const [[kind, action]] = Object.entries(lines[place]!) as [[string, Source]];
      const { _id, ...querystring } = action;
      const path = `/${target}/_${kind}/${encodeURIComponent(String(_id))}`;
      const { status, body } = this.handle({
        method: 'POST',
        path,
        querystring: querystring as Record<string, string>,
        body: lines[place + 1]!,
      });
      items.push({ [kind]: { _index: target, _id, ...body, status } });
    }
    return { status: 200, body: { took: 1, errors: false, items } };
  }

  #readMany(target: string, ids: readonly string[]): Reply {
    const docs = ids.map((_id) => {
      const { body } = this.handle({ method: 'GET', path: `/${target}/_doc/${encodeURIComponent(_id)}` });
      return { _index: target, _id, ...body };
    });
    return { status: 200, body: { docs } };
  }

  // What operators and accidents do.

  deleteDocument(alias: string, id: string): void {
    const index = this.#resolve(alias);
    if (index?.documents.delete(id)) index.nextSeqNo++;
  }

  deleteIndex(alias: string): void {
    const index = this.#resolve(alias);
    if (index !== undefined) this.#indices.delete(index.name);
  }

  takeSnapshot(alias: string): void {
    const index = this.#resolve(alias);
    if (index !== undefined) this.#snapshot = { index: cloned(index), alias };
  }

  /** Over what is there; `deleted`: after a deletion, the term goes on from the snapshot's. */
  restore(deleted: boolean): void {
    if (this.#snapshot === undefined) return;
    const { index, alias } = this.#snapshot;
    const live = this.#indices.get(index.name);
    for (const { aliases } of this.#indices.values()) delete aliases[alias];
    const term = deleted || live === undefined ? index.term + 1 : live.term + 2;
    this.#indices.set(index.name, { ...cloned(index), history: this.#name('history'), term });
  }

  failover(alias: string): void {
    const index = this.#resolve(alias);
    if (index !== undefined) index.term++;
  }

  /** As above, from an isolated primary: what it wrote since the snapshot was never acknowledged, and is gone. */
  failoverToSnapshot(): void {
    if (this.#snapshot === undefined) return;
    const { index } = this.#snapshot;
    const term = (this.#indices.get(index.name)?.term ?? index.term) + 1;
    this.#indices.set(index.name, { ...cloned(index), term });
  }

  /** A copy with all documents as they are now; {@link switchAlias} puts it in use. */
  reindex(alias: string): string | undefined {
    const index = this.#resolve(alias);
    if (index === undefined) return undefined;
    const name = this.#name(`${alias}-copy`);
    const { settings, mappings } = index;
    this.#add(name, { settings, mappings });
    const copy = this.#indices.get(name)!;
    for (const [id, { source, life }] of index.documents) {
      copy.documents.set(id, { source: structuredClone(source), seqNo: copy.nextSeqNo++, term: 1, life });
    }
    return name;
  }

  switchAlias(alias: string, to: string): void {
    const target = this.#indices.get(to);
    if (target === undefined) return;
    for (const { aliases } of this.#indices.values()) delete aliases[alias];
    target.aliases[alias] = { is_write_index: true };
  }

  #name(prefix: string): string {
    return `${prefix}-${++this.#made}`;
  }

  #resolve(name: string, onlyAlias = false): Index | undefined {
    for (const index of this.#indices.values()) if (index.aliases[name] !== undefined) return index;
    return onlyAlias ? undefined : this.#indices.get(name);
  }

  #add(name: string, body: Source): void {
    const settings = { ...(body['settings'] as Source | undefined) };
    for (const [key, value] of Object.entries(settings)) settings[key] = String(value);
    this.#indices.set(name, {
      name,
      uuid: this.#name('uuid'),
      aliases: { ...(body['aliases'] as Index['aliases'] | undefined) },
      settings,
      mappings: { ...(body['mappings'] as Source | undefined) },
      history: this.#name('history'),
      term: 1,
      nextSeqNo: 0,
      documents: new Map(),
    });
  }

  #createIndex(name: string, body: Source): Reply {
    if (this.#indices.has(name)) {
      return failure(400, 'resource_already_exists_exception', `index [${name}] already exists`);
    }
    for (const [alias, { is_write_index: writes }] of Object.entries(
      (body['aliases'] ?? {}) as Index['aliases'],
    )) {
      const other = this.#resolve(alias, true);
      if (writes && other?.aliases[alias]?.is_write_index) {
        return failure(500, 'illegal_state_exception', `alias [${alias}] has more than one write index`);
      }
    }
    this.#add(name, body);
    return { status: 200, body: { acknowledged: true, shards_acknowledged: true, index: name } };
  }

  #describe(target: string): Reply {
    const index = this.#resolve(target);
    if (index === undefined) return missingIndex(target, false);
    const { aliases, settings, mappings } = index;
    return { status: 200, body: { [index.name]: { aliases, settings, mappings } } };
  }

  #get(index: Index, id: string): Reply {
    const document = index.documents.get(id);
    const found = { _index: index.name, _id: id, found: document !== undefined };
    if (document === undefined) return { status: 404, body: found };
    const { source, seqNo, term } = document;
    return {
      status: 200,
      body: { ...found, _seq_no: seqNo, _primary_term: term, _source: structuredClone(source) },
    };
  }

  #create(index: Index, id: string, source: Source): Reply {
    if (index.documents.has(id)) return conflict(`[${id}]: version conflict, document already exists`);
    const life = this.#lives.size + 1;
    if (typeof source['epoch'] === 'string') this.#lives.set(source['epoch'], life);
    return this.#write(index, id, structuredClone(source), life, 'created');
  }

  #update(
    index: Index,
    id: string,
    querystring: NonNullable<ElasticsearchRequest['querystring']>,
    body: Source,
  ): Reply {
    const document = index.documents.get(id);
    const script = body['script'] as { source: string; params: Source } | undefined;
    if (document === undefined) {
      const reply = failure(404, 'document_missing_exception', `[${id}]: document missing`);
      Object.assign(reply.body['error'] as Source, { index: index.name });
      return reply;
    }
    if (script !== undefined) {
      if (!this.scripted) return noPainless();
      const source = run(script, document.source);
      return source === undefined
        ? noop(index, id, document)
        : this.#write(index, id, source, document.life, 'updated');
    }
    const { if_seq_no: seqNo, if_primary_term: term } = querystring;
    if (seqNo !== undefined && (seqNo !== document.seqNo || term !== document.term)) {
      return conflict(
        `[${id}]: version conflict, required seqNo [${String(seqNo)}], primary term [${String(term)}]`,
      );
    }
    const source = { ...document.source, ...(body['doc'] as Source) };
    // A merge that changes nothing is no write.
    if (body['detect_noop'] !== false && JSON.stringify(source) === JSON.stringify(document.source)) {
      return noop(index, id, document);
    }
    if (typeof source['epoch'] === 'string') this.#lives.set(source['epoch'], document.life);
    return this.#write(index, id, source, document.life, 'updated');
  }

  #write(index: Index, id: string, source: Source, life: number, result: string): Reply {
    const document = { source, seqNo: index.nextSeqNo++, term: index.term, life };
    index.documents.set(id, document);
    const reply = written(index, id, document, result);
    return { status: result === 'created' ? 201 : 200, body: reply };
  }
}

/** The scripts of the library, in TypeScript. Undefined: they leave the document alone. */
function run(
  { source: text, params }: { source: string; params: Source },
  source: Source,
): Source | undefined {
  const { iid } = source;
  const { pinned, epoch, max, count, floor, to } = params as Record<string, number>;
  if (!isInteger(iid) || iid < 0 || (pinned && (source['epoch'] ?? null) !== epoch)) return undefined;
  if (text === CLAIM_SCRIPT) {
    if (!isInteger(count) || count < 1) return undefined;
    const last = Math.max(iid, floor!);
    return last <= max! - count ? { ...source, iid: last + count } : undefined;
  }
  if (text !== RAISE_SCRIPT) throw new Error('The double knows only the scripts of the library.');
  return isInteger(to) && to <= max! ? { ...source, iid: Math.max(iid, to) } : undefined;
}

/** Painless gets an Integer or a Long for an integral JSON number, a Double for 1.5 or 1e20. */
function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function written(index: Index, id: string, { source, seqNo, term }: Document, result: string): Source {
  const ids = { _index: index.name, _id: id, result, _seq_no: seqNo, _primary_term: term };
  return result === 'created' ? ids : { ...ids, get: { found: true, _source: structuredClone(source) } };
}

function noop(index: Index, id: string, document: Document): Reply {
  return { status: 200, body: written(index, id, document, 'noop') };
}

function stats(index: Index): Reply {
  const routing = { state: 'STARTED', primary: true };
  const shard = { routing, commit: { user_data: { history_uuid: index.history } } };
  return { status: 200, body: { indices: { [index.name]: { shards: { 0: [shard] } } } } };
}

function missingIndex(target: string, requiredAlias: boolean): Reply {
  const reason = requiredAlias
    ? `no such index [${target}] and [require_alias] request flag is [true] and [${target}] is not an alias`
    : `no such index [${target}]`;
  return failure(404, 'index_not_found_exception', reason);
}

function conflict(reason: string): Reply {
  return failure(409, 'version_conflict_engine_exception', reason);
}

function noPainless(): Reply {
  const reply = failure(400, 'illegal_argument_exception', 'failed to execute script');
  const cause = { type: 'illegal_argument_exception', reason: 'script_lang not supported [painless]' };
  Object.assign(reply.body['error'] as Source, { caused_by: cause });
  return reply;
}

export function failure(status: number, type: string, reason: string): Reply {
  return { status, body: { error: { type, reason, root_cause: [{ type, reason }] }, status } };
}

function cloned(index: Index): Index {
  return structuredClone(index);
}

/** A client of the double, as real clients are: errors are thrown. */
export function clientOf(
  answer: (params: ElasticsearchRequest) => Reply | Promise<Reply>,
): ElasticsearchClient {
  return {
    transport: {
      request: async (params: ElasticsearchRequest) => {
        const { status, body } = await answer(structuredClone(params));
        if (status < 400) return { statusCode: status, body };
        throw Object.assign(new Error(`Response Error ${status}`), { meta: { statusCode: status, body } });
      },
    },
  };
}

/** What a real server answers, in the form that the double answers in. */
export async function replyOf(client: ElasticsearchClient, params: ElasticsearchRequest): Promise<Reply> {
  try {
    const options = { meta: true, maxRetries: 0 };
    const { statusCode, body } = (await client.transport.request(params, options)) as {
      statusCode: number;
      body: Reply['body'];
    };
    return { status: statusCode, body };
  } catch (error) {
    const { meta } = error as { meta?: { statusCode?: number; body?: Reply['body'] } };
    if (meta?.statusCode === undefined) throw error;
    return { status: meta.statusCode, body: meta.body ?? {} };
  }
}
