/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { afterAll, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { CLAIM_SCRIPT, RAISE_SCRIPT } from '../../../lib/store/elasticsearch/scripts.js';
import type { ElasticsearchRequest } from '../../../lib/store/elasticsearch/request.js';
import { type DocumentOperation, manyRequest } from '../../../lib/store/elasticsearch/document-operation.js';
import { ElasticsearchDouble, type Reply, replyOf } from '../../support/elasticsearch-double.js';
import { onRealServers } from '../../support/on-real-servers.js';
import { temporaryAliases } from '../../support/temporary-aliases.js';

/** The same requests to the double and to real servers, so that the double cannot drift. */
onRealServers(({ client, scripted }) => {
  const alias = temporaryAliases(client);
  afterAll(async () => {
    await client.close();
  });

  it.each(scripts(scripted))(
    'the double answers the same: %s',
    async (_, requests) => {
      const double = new ElasticsearchDouble(scripted);
      const here = alias();
      const real = new Names(here);
      const imagined = new Names('counters');
      for (const make of requests) {
        const fromServer = await replyOf(client, make(here, real));
        const fromDouble = double.handle(make('counters', imagined));
        expect(imagined.relevant(fromDouble)).toEqual(real.relevant(fromServer));
      }
    },
    60_000,
  );
});

type Make = (alias: string, names: Names) => ElasticsearchRequest;

/** Names that differ between the double and a server, under names that do not. */
class Names {
  readonly #given = new Map<string, string>();
  readonly index: string;
  seen: Reply['body'] = {};

  constructor(alias: string) {
    this.index = `${alias}-${randomBytes(4).toString('hex')}`;
    this.#given.set(alias, 'the alias');
    this.#given.set(this.index, 'the index');
    this.#given.set(`${this.index}x`, 'another index');
  }

  /** Status, kind of error, and all that the library reads of an answer. */
  relevant({ status, body }: Reply): unknown {
    this.seen = body;
    const { items, docs } = body as { items?: Record<string, any>[]; docs?: Record<string, any>[] };
    if (items !== undefined) {
      return items.map((item) => {
        const [[kind, answer]] = Object.entries(item) as [[string, any]];
        return [kind, answer._id, this.relevant({ status: answer.status, body: answer })];
      });
    }
    // What is read together has no status of its own.
    if (docs !== undefined) return docs.map((doc) => [doc['_id'], this.relevant({ status: 0, body: doc })]);
    const { error, indices } = body as { error?: Record<string, any>; indices?: Record<string, any> };
    if (error !== undefined) {
      const { type, index, caused_by: cause } = error;
      const lacking = type === 'document_missing_exception' ? this.#name(index) : undefined;
      return { status, type, lacking, cause: cause?.reason };
    }
    if (indices !== undefined) {
      return Object.entries(indices).map(([index, { shards }]) => {
        const copies = Object.values<any>(shards).flat();
        const primary = copies.find(({ routing }) => routing.primary);
        return [
          this.#name(index),
          primary.routing.state,
          this.#history(primary.commit.user_data.history_uuid),
        ];
      });
    }
    const { _index: index, _id: id, result, found, _seq_no: seqNo, _primary_term: term } = body;
    if (index !== undefined) {
      const source = body['_source'] ?? (body['get'] as Record<string, unknown> | undefined)?.['_source'];
      return { status, index: this.#name(index as string), id, result, found, seqNo, term, source };
    }
    if (body['acknowledged'] !== undefined) return { status, acknowledged: body['acknowledged'] };
    return Object.entries(body).map(([index, { aliases, mappings }]: [string, any]) => [
      this.#name(index),
      Object.keys(aliases).map((alias) => this.#name(alias)),
      mappings,
    ]);
  }

  #name(name: string): string {
    return this.#given.get(name) ?? `unknown: ${name}`;
  }

  #history(uuid: string): string {
    const known = this.#given.get(uuid) ?? `history ${this.#given.size}`;
    this.#given.set(uuid, known);
    return known;
  }
}

/** Stories of requests: what the library sends, in all cases it tells apart. */
function scripts(scripted: boolean): [string, Make[]][] {
  const createIndex: Make = (alias, { index }) => ({
    method: 'PUT',
    path: `/${index}`,
    body: {
      aliases: { [alias]: { is_write_index: true } },
      settings: { 'index.number_of_shards': 1, 'index.number_of_replicas': 0, 'index.hidden': true },
      mappings: {
        dynamic: 'strict',
        properties: {
          name: { type: 'keyword' },
          iid: { type: 'long' },
          epoch: { type: 'keyword' },
          history: { type: 'keyword' },
          epochs: { type: 'keyword' },
        },
      },
    },
  });
  const another: Make = (alias, names) => {
    const request = createIndex(alias, names);
    return { ...request, path: `${request.path}x` };
  };
  const describeIndex: Make = (alias) => ({
    method: 'GET',
    path: `/${alias}`,
    querystring: { flat_settings: true },
  });
  const get =
    (id = 'orders'): Make =>
    (alias) => ({ method: 'GET', path: `/${alias}/_doc/${id}` });
  const stats: Make = (_, { index }) => ({
    method: 'GET',
    path: `/${index}/_stats`,
    querystring: {
      level: 'shards',
      filter_path:
        'indices.*.shards.*.routing.primary,indices.*.shards.*.routing.state,indices.*.shards.*.commit.user_data.history_uuid',
    },
  });
  const create =
    (iid: unknown, fields: Record<string, unknown> = { epoch: 'e1', history: 'h1' }): Make =>
    (alias) => ({
      method: 'PUT',
      path: `/${alias}/_create/orders`,
      querystring: { require_alias: true },
      body: { name: 'orders', iid, ...fields },
    });
  const update =
    (body: Record<string, unknown>, querystring: Record<string, number> = {}): Make =>
    (alias) => ({
      method: 'POST',
      path: `/${alias}/_update/orders`,
      querystring: { require_alias: true, _source: true, ...querystring },
      body,
    });
  const when = (seqNo: number, term = 1) => ({ if_seq_no: seqNo, if_primary_term: term });
  const max = Number.MAX_SAFE_INTEGER;
  const script = (source: string, params: Record<string, unknown>): Make =>
    update({ script: { lang: 'painless', source, params: { max, ...params } } }, { retry_on_conflict: 1 });
  const claim = (count: unknown, epoch: string | null | undefined = 'e1', floor = 0): Make =>
    script(CLAIM_SCRIPT, { pinned: epoch !== undefined, epoch: epoch ?? null, count, floor });
  const raise = (to: unknown, epoch: string | null | undefined = 'e1'): Make =>
    script(RAISE_SCRIPT, { pinned: epoch !== undefined, epoch: epoch ?? null, to });

  const many =
    (...operations: DocumentOperation[]): Make =>
    (alias) =>
      manyRequest(alias, operations);
  const together = (name: string, iid: number): DocumentOperation => ({
    kind: 'create',
    name,
    body: { name, iid, epoch: 'e1', history: 'h1' },
  });
  const changed = (
    name: string,
    body: Record<string, unknown>,
    condition: Record<string, number> = {},
  ): DocumentOperation => ({ kind: 'update', name, condition, body });
  const read = (name: string): DocumentOperation => ({ kind: 'get', name });
  const claimed = (name: string, count: number, epoch: string): DocumentOperation => {
    const params = { max, pinned: true, epoch, count, floor: 0 };
    return changed(
      name,
      { script: { lang: 'painless', source: CLAIM_SCRIPT, params } },
      { retry_on_conflict: 1 },
    );
  };

  const common: [string, Make[]][] = [
    [
      'many requests in one without an alias',
      [
        many(read('orders'), read('invoices')),
        many(together('orders', 1), changed('invoices', { doc: { iid: 1 } }, when(0))),
        describeIndex,
      ],
    ],
    [
      'many requests in one',
      [
        createIndex,
        many(read('orders'), read('invoices')),
        many(
          together('orders', 10),
          changed('invoices', { doc: { iid: 1 } }, when(0)),
          together('shipments', 5),
        ),
        many(together('orders', 20), together('invoices', 7)),
        many(read('orders'), read('tickets'), read('invoices')),
        many(
          changed('orders', { doc: { iid: 20 }, detect_noop: false }, when(0)),
          changed('invoices', { doc: { iid: 8 }, detect_noop: false }, when(0)),
          changed('shipments', { doc: { iid: 5 }, detect_noop: false }, when(1)),
        ),
        many(
          changed('orders', { doc: { iid: 20 } }, when(3)),
          changed('tickets', { doc: { iid: 1 } }, when(3)),
        ),
        many(claimed('orders', 5, 'e1'), claimed('invoices', 5, 'e2'), claimed('tickets', 5, 'e1')),
        many(read('orders'), read('invoices'), read('shipments')),
      ],
    ],
    ['no alias', [describeIndex, get(), create(1), update({ doc: { iid: 1 } }, when(0)), claim(1), stats]],
    ['an index', [createIndex, describeIndex, another, createIndex, describeIndex, stats, stats]],
    [
      'no document',
      [createIndex, get(), update({ doc: { iid: 1 } }, when(0)), update({ doc: { iid: 1 } }), claim(1)],
    ],
    ['a creation', [createIndex, create(10), get(), create(20), get(), get('shipments')]],
    [
      'compare-and-set',
      [
        createIndex,
        create(10),
        update({ doc: { iid: 20, history: 'h1' } }, when(0)),
        update({ doc: { iid: 30, history: 'h1' } }, when(0)),
        update({ doc: { iid: 30 } }, when(1, 2)),
        update({ doc: { iid: 30 } }, when(1)),
        update({ doc: { iid: 30 } }, when(2)),
        get(),
      ],
    ],
    [
      'a fence',
      [
        createIndex,
        create(10),
        update({ doc: { iid: 1e9 + 10, epoch: 'e2', history: 'h2', epochs: ['e1'] } }, when(0)),
        update({ doc: { iid: 2e9 + 10, epoch: 'e3', history: null, epochs: [null, 'e1', 'e2'] } }, when(1)),
        get(),
        update({ doc: { iid: 2e9 + 20 } }, when(2)),
      ],
    ],
    ['a script without scripts or with', [createIndex, create(10), claim(5), get()]],
  ];
  const painless: [string, Make[]][] = [
    [
      'claims by script',
      [
        createIndex,
        create(10),
        claim(5),
        claim(5, undefined),
        claim(5, 'e2'),
        claim(5, null),
        claim(5, 'e1', 100),
        get(),
      ],
    ],
    [
      'claims that are none',
      [createIndex, create(10), claim(0), claim(-1), claim(1.5), claim('5'), claim(true), claim(max), get()],
    ],
    [
      'claims at the ends',
      [createIndex, create(2 ** 31 - 6), claim(10), claim(max - 2 ** 31 - 4), claim(1), raise(max), get()],
    ],
    [
      'raises',
      [
        createIndex,
        create(10),
        raise(5),
        raise(10),
        raise(11),
        raise(2 ** 40),
        raise(1.5),
        raise(12, 'e2'),
        raise(2 ** 41, 'e2'),
        raise(2 ** 41 + 0.5),
        get(),
      ],
    ],
    [
      'a counter without epoch',
      [createIndex, create(10, {}), claim(1, 'e1'), claim(1, null), claim(1, undefined), get()],
    ],
    ...['12', 1.5, -1].map((iid): [string, Make[]] => [
      `a counter of ${JSON.stringify(iid)}`,
      [createIndex, create(iid), claim(1), claim(1, undefined), raise(50), get()],
    ]),
  ];
  return scripted ? [...common, ...painless] : common;
}
