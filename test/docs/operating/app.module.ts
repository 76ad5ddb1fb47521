import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ElasticsearchModule } from '@nestjs/elasticsearch';
import { SequenceExceptionFilter, SequenceModule } from 'nestjs-essequence';
import { SequenceMetricsModule } from 'nestjs-essequence/opentelemetry';
import { HealthModule } from './health.module.js';

@Module({
  imports: [
    ElasticsearchModule.register({ node: 'http://localhost:9200' }),
    SequenceModule.forRoot(),
    SequenceMetricsModule.forRoot(),
    HealthModule,
  ],
  providers: [{ provide: APP_FILTER, useClass: SequenceExceptionFilter }],
})
export class AppModule {}
