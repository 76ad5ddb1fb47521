import { Client } from '@elastic/elasticsearch';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ElasticsearchService } from '@nestjs/elasticsearch';
import { Test } from '@nestjs/testing';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { SequenceService } from '../../lib/index.js';
import { overrideSequences } from '../../lib/testing.js';
import { AppModule } from './existing-data/app.module.js';
import { highestArticle } from './existing-data/highest-article.js';

describe('The module of the page "Existing data"', () => {
  it('begins above the ids that the table holds, and asks no other table', async () => {
    const builder = Test.createTestingModule({ imports: [AppModule] });
    const moduleRef = await overrideSequences(builder).compile();
    await moduleRef.init();
    const database = moduleRef.get(DataSource, { strict: false });
    await database.query('create table orders (id bigint primary key)');
    await database.query('insert into orders values (48211), (7)');
    const sequences = moduleRef.get(SequenceService, { strict: false });
    expect(await sequences.next('orders')).toBe(48_212);
    expect(await sequences.next('invoices')).toBe(1);
    await moduleRef.close();
  });

  it('begins at 1 above an empty table', async () => {
    const builder = Test.createTestingModule({ imports: [AppModule] });
    const moduleRef = await overrideSequences(builder).compile();
    await moduleRef.init();
    await moduleRef.get(DataSource, { strict: false }).query('create table orders (id bigint primary key)');
    expect(await moduleRef.get(SequenceService, { strict: false }).next('orders')).toBe(1);
    await moduleRef.close();
  });
});

const node = process.env['ELASTICSEARCH_9_URL'];
(node === undefined ? describe.skip : describe)('The highest id of an index', () => {
  const client = new Client({ node: node! });
  const index = `articles-${randomUUID()}`;
  // The page says `articles`; this test has an index of its own.
  const elasticsearch = {
    search: (request: object) => client.search({ ...request, index }),
  } as unknown as ElasticsearchService;

  beforeAll(async () => {
    await client.indices.create({ index, mappings: { properties: { id: { type: 'long' } } } });
  });
  afterAll(async () => {
    await client.indices.delete({ index });
    await client.close();
  });

  it('is null in an empty one, and then the greatest number', async () => {
    expect(await highestArticle(elasticsearch)).toBeNull();
    for (const id of [48_211, 9, 1_000_000_007]) {
      await client.create({ index, id: String(id), document: { id }, refresh: true });
    }
    expect(await highestArticle(elasticsearch)).toBe(1_000_000_007);
  });
});
