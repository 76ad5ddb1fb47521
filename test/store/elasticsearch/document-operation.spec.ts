import { describe, expect, it } from '@jest/globals';
import {
  answersOf,
  type DocumentOperation,
  manyRequest,
  singleRequest,
} from '../../../lib/store/elasticsearch/document-operation.js';

const get = (name: string): DocumentOperation => ({ kind: 'get', name });
const create = (name: string): DocumentOperation => ({ kind: 'create', name, body: { iid: 1 } });
const update = (name: string): DocumentOperation => ({
  kind: 'update',
  name,
  condition: { if_seq_no: 3, if_primary_term: 1 },
  body: { doc: { iid: 2 }, detect_noop: false },
});

describe('Operations on documents', () => {
  it('alone require the alias, and names are safe in a path', () => {
    expect(singleRequest('counters', get('a/b'))).toEqual({ method: 'GET', path: '/counters/_doc/a%2Fb' });
    expect(singleRequest('counters', create('a/b'))).toMatchObject({
      path: '/counters/_create/a%2Fb',
      querystring: { require_alias: true },
    });
    expect(singleRequest('counters', update('a/b'))).toMatchObject({
      path: '/counters/_update/a%2Fb',
      querystring: { require_alias: true, _source: true, if_seq_no: 3, if_primary_term: 1 },
    });
  });

  it('together go to the alias in the path, and no item names an index', () => {
    expect(manyRequest('counters', [get('a'), get('b')])).toEqual({
      method: 'POST',
      path: '/counters/_mget',
      body: { ids: ['a', 'b'] },
    });
    expect(manyRequest('counters', [create('a'), update('b')])).toEqual({
      method: 'POST',
      path: '/counters/_bulk',
      querystring: { require_alias: true },
      bulkBody: [
        { create: { _id: 'a', require_alias: true } },
        { iid: 1 },
        { update: { _id: 'b', require_alias: true, if_seq_no: 3, if_primary_term: 1 } },
        { doc: { iid: 2 }, detect_noop: false, _source: true },
      ],
    });
  });

  it('are reads or writes, never both in one request', () => {
    expect(() => manyRequest('counters', [create('a'), get('b')])).toThrow('no reads');
  });
});

describe('The answer to many', () => {
  const done = (_id: string, kind = 'update') => ({ [kind]: { _index: 'i', _id, status: 200 } });
  const both = [update('a'), create('b')];

  it.each<[string, unknown]>([
    ['is missing', undefined],
    ['has fewer items', [done('a')]],
    ['has more items', [done('a'), done('b', 'create'), done('c')]],
    ['has another order', [done('b', 'create'), done('a')]],
    ['has another name', [done('a'), done('c', 'create')]],
    ['has another operation', [done('a'), done('b', 'index')]],
    ['has something else as an item', [done('a'), null]],
  ])('says nothing about any of them when it %s', (_, items) => {
    expect(answersOf(both, { items })).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['has fewer documents', [{ _id: 'a', found: false }]],
    ['has another order', [{ _id: 'b' }, { _id: 'a' }]],
    ['is one to writes', undefined],
  ])('says nothing about any read when it %s', (_, docs) => {
    expect(answersOf([get('a'), get('b')], { docs, items: [done('a'), done('b')] })).toBeUndefined();
  });

  it('is one for each, in the form of a request of its own', () => {
    const error = (type: string) => ({ type, reason: `the reason of ${type}` });
    const failed = (_id: string, status: unknown, type: string) => ({
      update: { _index: 'i', _id, status, error: error(type) },
    });
    const written = { _index: 'i', _id: 'a', status: 200, result: 'updated' };
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const answers = answersOf(names.map(update), {
      errors: true,
      items: [
        { update: written },
        failed('b', 409, 'version_conflict_engine_exception'),
        failed('c', 404, 'document_missing_exception'),
        failed('d', 429, 'es_rejected_execution_exception'),
        failed('e', 503, 'unavailable_shards_exception'),
        failed('f', undefined, 'exception'),
      ],
    });
    expect(answers![0]).toEqual({ ok: true, body: written });
    expect(answers!.slice(1)).toEqual(
      [
        [409, 'version_conflict_engine_exception'] as const,
        [404, 'document_missing_exception'] as const,
        [429, 'es_rejected_execution_exception'] as const,
        [503, 'unavailable_shards_exception'] as const,
        [503, 'exception'] as const,
      ].map(([status, type]) => ({
        ok: false,
        error: { status, ...error(type), body: { error: error(type), status }, node: undefined },
        thrown: expect.any(Error),
      })),
    );
  });

  it('of a write without a status, or with a bad one, is no success', () => {
    const answers = answersOf([update('a'), update('b')], {
      items: [{ update: { _id: 'a', result: 'updated' } }, { update: { _id: 'b', status: 500 } }],
    });
    expect(answers).toMatchObject([
      { ok: false, error: { status: 503 } },
      { ok: false, error: { status: 500 } },
    ]);
  });

  it('of reads is found, not found, or an error of its own', () => {
    const found = { _index: 'i', _id: 'a', found: true, _source: { iid: 1 } };
    const lacking = { _index: 'i', _id: 'b', found: false };
    const failed = (_id: string, error: object) => ({ _index: 'i', _id, error });
    expect(
      answersOf(['a', 'b', 'c', 'd', 'e'].map(get), {
        docs: [
          found,
          lacking,
          failed('c', { type: 'index_not_found_exception', reason: 'no such index' }),
          failed('d', { type: 'no_shard_available_action_exception', reason: '' }),
          failed('e', { type: 'exception', reason: '', status: 429 }),
        ],
      }),
    ).toMatchObject([
      { ok: true, body: found },
      { ok: false, error: { status: 404, type: '', body: lacking } },
      { ok: false, error: { status: 404, type: 'index_not_found_exception' } },
      { ok: false, error: { status: 503, type: 'no_shard_available_action_exception' } },
      { ok: false, error: { status: 429 } },
    ]);
  });
});
