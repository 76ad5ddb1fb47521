/** The store that `SequenceModule` has by default. Prints whether it found its client. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SequenceModule } from 'nestjs-essequence';

const elasticsearch = await import('@nestjs/elasticsearch').catch(() => undefined);
const imports = elasticsearch
  ? [elasticsearch.ElasticsearchModule.register({ node: 'http://127.0.0.1:1', maxRetries: 0 })]
  : [];

@Module({ imports: [...imports, SequenceModule.forRoot({ timeout: 1_000 })] })
class AppModule {}

try {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  await app.close();
  console.log('"started"');
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  console.log(JSON.stringify(code ?? message));
}
