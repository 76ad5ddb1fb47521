/** Ids from a store that is passed, and a queue, a global module imported first, that finishes a job during the shutdown. */
import 'reflect-metadata';
import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  InjectSequence,
  MemorySequenceStore,
  type Sequence,
  SequenceModule,
  SequenceService,
} from 'nestjs-essequence';

@Injectable()
class Orders {
  @InjectSequence('orders') private readonly orders!: Sequence;

  place(): Promise<number> {
    return this.orders.next();
  }
}

let job: (() => Promise<number>) | undefined;
let finished: number | undefined;

@Injectable()
class Queue implements OnApplicationShutdown {
  async onApplicationShutdown(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    finished = await job?.();
  }
}

@Global()
@Module({ providers: [Queue] })
class QueueModule {}

@Module({ providers: [Orders] })
class OrdersModule {}

@Module({
  imports: [
    QueueModule,
    OrdersModule,
    SequenceModule.forRootAsync({ useFactory: () => ({ store: new MemorySequenceStore() }) }),
  ],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
  const orders = app.get(Orders, { strict: false });
  job = () => orders.place();
  const first = await app.get(SequenceService).next('orders');
  await app.close();
  console.log(JSON.stringify({ first, finished }));
}

void main();
