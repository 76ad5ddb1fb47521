import type { ElasticsearchService } from '@nestjs/elasticsearch';

export async function highestArticle(elasticsearch: ElasticsearchService): Promise<number | null> {
  const { aggregations } = await elasticsearch.search<unknown, { highest: { value: number | null } }>({
    index: 'articles',
    size: 0,
    aggs: { highest: { max: { field: 'id' } } },
  });
  return aggregations?.highest.value ?? null;
}
