import { Injectable } from '@nestjs/common';
import { ElasticsearchService } from '@nestjs/elasticsearch';
import { SequenceId, SequenceService } from 'nestjs-essequence';

export class Article {
  @SequenceId('articles') id!: number;
  title!: string;
}

@Injectable()
export class ArticlesService {
  constructor(
    private readonly elasticsearch: ElasticsearchService,
    private readonly sequences: SequenceService,
  ) {}

  async add(title: string): Promise<Article> {
    const article = await this.sequences.create(Article, { title });
    await this.elasticsearch.create({ index: 'articles', id: String(article.id), document: article });
    return article;
  }

  async addAll(titles: Iterable<string> | AsyncIterable<string>): Promise<number> {
    const { successful } = await this.elasticsearch.helpers.bulk<Article>({
      datasource: this.numbered(titles),
      onDocument: ({ id }) => ({ create: { _index: 'articles', _id: String(id) } }),
      onDrop: ({ document, error }) => {
        throw new Error(`Article ${document.id} was not stored: ${error?.reason}`);
      },
    });
    return successful;
  }

  private async *numbered(titles: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Article> {
    for await (const title of titles) yield this.sequences.create(Article, { title });
  }
}
