import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ElasticsearchModule, ElasticsearchService } from '@nestjs/elasticsearch';
import { Test, type TestingModule } from '@nestjs/testing';
import { SequenceService } from '../../lib/index.js';
import { SequenceTestingModule } from '../../lib/testing.js';
import { fencesOf, read } from '../support/pages.js';
import { ArticlesService } from './elasticsearch-documents/articles.service.js';

const node = process.env['ELASTICSEARCH_9_URL'];
const mappings = JSON.parse(
  fencesOf(read('docs/elasticsearch-documents.md')).find(({ language }) => language === 'json')!.code,
) as object;

(node === undefined ? describe.skip : describe)('Elasticsearch documents with integer ids', () => {
  let moduleRef: TestingModule;
  let articles: ArticlesService;
  let elasticsearch: ElasticsearchService;

  beforeAll(async () => {
    moduleRef = await Test.createTestingModule({
      imports: [ElasticsearchModule.register({ node: node! }), SequenceTestingModule.forRoot()],
      providers: [ArticlesService],
    }).compile();
    articles = moduleRef.get(ArticlesService);
    elasticsearch = moduleRef.get(ElasticsearchService);
    await elasticsearch.indices.delete({ index: 'articles', ignore_unavailable: true });
    await elasticsearch.indices.create({ index: 'articles', ...mappings });
  });
  afterAll(async () => {
    await elasticsearch.indices.delete({ index: 'articles' });
    await moduleRef.close();
  });

  it('are stored one by one, under the number that they carry', async () => {
    expect(await articles.add('First')).toEqual({ id: 1, title: 'First' });
    expect(await articles.add('Second')).toEqual({ id: 2, title: 'Second' });
    const { _id, _source } = await elasticsearch.get({ index: 'articles', id: '2' });
    expect({ _id, _source }).toEqual({ _id: '2', _source: { id: 2, title: 'Second' } });
  });

  it('are stored by the bulk helper, each once, and sort by their number', async () => {
    const titles = Array.from({ length: 5_000 }, (_, row) => `Title ${row}`);
    expect(await articles.addAll(titles)).toBe(5_000);
    await elasticsearch.indices.refresh({ index: 'articles' });
    const { hits } = await elasticsearch.search<{ id: number }>({
      index: 'articles',
      size: 5_002,
      sort: [{ id: 'asc' }],
    });
    expect(hits.hits.map(({ _source }) => _source!.id)).toEqual(
      Array.from({ length: 5_002 }, (_, row) => row + 1),
    );
    expect(hits.hits.every(({ _id, _source }) => _id === String(_source!.id))).toBe(true);
  });

  it('are never overwritten: an id that is in use is an error, one by one and in bulk', async () => {
    const [next] = await moduleRef.get(SequenceService).take('articles', 1);
    const taken = [next! + 1, next! + 2];
    for (const id of taken) {
      await elasticsearch.create({ index: 'articles', id: String(id), document: { id, title: 'older' } });
    }
    await expect(articles.add('newer')).rejects.toMatchObject({ statusCode: 409 });
    await expect(articles.addAll(['newer'])).rejects.toThrow(`Article ${taken[1]} was not stored: `);
    const { docs } = await elasticsearch.mget<{ title: string }>({
      index: 'articles',
      ids: taken.map(String),
    });
    expect(docs.map((found) => ('_source' in found ? found._source?.title : undefined))).toEqual([
      'older',
      'older',
    ]);
  });
});
