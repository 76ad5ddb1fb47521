/** Ids over a real server, through the one client that is installed. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SequenceModule, SequenceService } from 'nestjs-essequence';
import { temporaryElasticsearchStore } from 'nestjs-essequence/testing';

async function main(): Promise<void> {
  const { Client } = await import('@elastic/elasticsearch').catch(
    () => import('@opensearch-project/opensearch'),
  );
  const client = new Client({ node: process.env['SERVER']! });
  const store = temporaryElasticsearchStore(client);

  @Module({ imports: [SequenceModule.forRoot({ store })] })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
  const ids = await app.get(SequenceService).take('orders', 3);
  await app.close(); // Deletes the index.
  await client.close();
  console.log(JSON.stringify(ids));
}

void main();
