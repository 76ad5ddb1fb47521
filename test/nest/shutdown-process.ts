/**
 * A real HTTP application on Elasticsearch whose claims wait until its input says `go`: prints its port, then a line
 * for each request that begins to draw. Arguments: the server, the alias.
 */
import 'reflect-metadata';
import { Client } from '@elastic/elasticsearch';
import { Controller, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ElasticsearchSequenceStore, SequenceModule, SequenceService } from 'nestjs-essequence';
import { once } from 'node:events';
import { isWrite, TamperingClient } from '../support/elasticsearch-clients.js';

const [, , node = '', index = ''] = process.argv;
const client = new TamperingClient(new Client({ node }));
const go = once(process.stdin, 'data');
client.tampering = { before: (params) => (isWrite(params) ? go : undefined) };

@Controller()
class IdsController {
  constructor(@Inject(SequenceService) private readonly sequences: SequenceService) {}

  @Post('ids')
  draw(): Promise<number> {
    process.stdout.write('drawing\n');
    return this.sequences.next('orders');
  }
}

const store = new ElasticsearchSequenceStore({ client, index });

@Module({
  imports: [SequenceModule.forRoot({ store, blockSize: 5, timeout: 30_000, closeTimeout: 20_000 })],
  controllers: [IdsController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['warn', 'error', 'fatal'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
process.stdout.write(`${(app.getHttpServer().address() as { port: number }).port}\n`);
