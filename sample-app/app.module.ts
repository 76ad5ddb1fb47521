import { type DynamicModule, Module, ValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import {
  ElasticsearchModule,
  type ElasticsearchModuleOptions,
  ElasticsearchService,
} from '@nestjs/elasticsearch';
import {
  ElasticsearchSequenceStore,
  FileSequenceStore,
  SequenceExceptionFilter,
  SequenceModule,
  type SequenceModuleOptions,
  type SequenceStore,
} from 'nestjs-essequence';
import { join } from 'node:path';
import { InvoicesModule } from './invoices.module.js';
import { OrdersModule } from './orders.module.js';
import { cutOffBy } from './page/cut-off.js';
import { Outage } from './page/outage.js';
import { OutageModule } from './page/outage.module.js';
import { PageModule } from './page/page.module.js';
import { ShipmentsModule } from './shipments.module.js';

@Module({
  imports: [...sequences(process.env), OrdersModule, ShipmentsModule, InvoicesModule, PageModule],
  providers: [
    // Where no number can be had now but perhaps soon: 503 with Retry-After.
    { provide: APP_FILTER, useClass: SequenceExceptionFilter },
    {
      provide: APP_PIPE,
      useValue: new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }),
    },
  ],
})
export class AppModule {}

/** The only place that knows where the counters live. */
function sequences({
  DATA_DIR = 'data',
  ELASTICSEARCH_NODE,
  ELASTICSEARCH_INDEX,
  ...env
}: NodeJS.ProcessEnv): DynamicModule[] {
  // The module closes its store, so each application of a process makes one of its own, in the factory.
  const options = (store: SequenceStore, outage: Outage): SequenceModuleOptions => ({
    store: cutOffBy(outage, store),
    // Ids for half a minute: a store that restarts, or is cut off by the page, is not noticed by those who order.
    reserveTime: 30_000,
  });
  if (!ELASTICSEARCH_NODE) {
    return [
      SequenceModule.forRootAsync({
        imports: [OutageModule],
        inject: [Outage],
        useFactory: (outage: Outage) =>
          options(new FileSequenceStore({ path: join(DATA_DIR, 'sequences') }), outage),
      }),
    ];
  }
  const elasticsearch = ElasticsearchModule.register({ node: ELASTICSEARCH_NODE, ...credentials(env) });
  return [
    SequenceModule.forRootAsync({
      imports: [OutageModule, elasticsearch],
      inject: [Outage, ElasticsearchService],
      useFactory: (outage: Outage, client: ElasticsearchService) =>
        options(new ElasticsearchSequenceStore({ client, index: ELASTICSEARCH_INDEX }), outage),
    }),
  ];
}

function credentials(env: NodeJS.ProcessEnv): ElasticsearchModuleOptions {
  const apiKey = env['ELASTICSEARCH_API_KEY'];
  if (apiKey) return { auth: { apiKey } };
  const username = env['ELASTICSEARCH_USER'];
  return username ? { auth: { username, password: env['ELASTICSEARCH_PASSWORD'] ?? '' } } : {};
}
