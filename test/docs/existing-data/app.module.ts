import { Module } from '@nestjs/common';
import { ElasticsearchModule } from '@nestjs/elasticsearch';
import { SequenceModule } from 'nestjs-essequence';
import { DataSource } from 'typeorm';
import { DatabaseModule } from './database.module.js';

@Module({
  imports: [
    ElasticsearchModule.register({ node: process.env['ELASTICSEARCH_NODE'] ?? 'http://localhost:9200' }),
    SequenceModule.forRootAsync({
      imports: [DatabaseModule],
      inject: [DataSource],
      useFactory: (database: DataSource) => ({
        floor: async (name) => {
          if (name !== 'orders') return undefined;
          const [{ highest }] = await database.query('select max(id) as highest from orders');
          return highest; // 48211, or null while the table is empty
        },
      }),
    }),
  ],
})
export class AppModule {}
