import { type DynamicModule, Module, ValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { ElasticsearchModule, type ElasticsearchModuleOptions } from '@nestjs/elasticsearch';
import { FileSequenceStore, SequenceModule } from 'nestjs-essequence';
import { join } from 'node:path';
import { OrdersModule } from './orders.module.js';
import { SequenceErrorFilter } from './sequence-error.filter.js';
import { ShipmentsModule } from './shipments.module.js';

@Module({
  imports: [...sequences(process.env), OrdersModule, ShipmentsModule],
  providers: [
    { provide: APP_FILTER, useClass: SequenceErrorFilter },
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
  if (!ELASTICSEARCH_NODE) {
    // A factory: the module closes its store, and a second application of the process needs one of its own.
    return [
      SequenceModule.forRootAsync({
        useFactory: () => ({ store: new FileSequenceStore({ path: join(DATA_DIR, 'sequences') }) }),
      }),
    ];
  }
  return [
    ElasticsearchModule.register({ node: ELASTICSEARCH_NODE, ...credentials(env) }),
    SequenceModule.forRoot({ index: ELASTICSEARCH_INDEX }),
  ];
}

function credentials(env: NodeJS.ProcessEnv): ElasticsearchModuleOptions {
  const apiKey = env['ELASTICSEARCH_API_KEY'];
  if (apiKey) return { auth: { apiKey } };
  const username = env['ELASTICSEARCH_USER'];
  return username ? { auth: { username, password: env['ELASTICSEARCH_PASSWORD'] ?? '' } } : {};
}
