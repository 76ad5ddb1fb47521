// An application as users have it, run by test/cli/run-cli.spec.ts from a built copy of the project.
import 'reflect-metadata';
import { Client } from '@elastic/elasticsearch';
import { Module } from '@nestjs/common';
import {
  ElasticsearchSequenceStore,
  FileSequenceStore,
  MemorySequenceStore,
  SequenceModule,
} from 'nestjs-essequence';
import { runCli } from 'nestjs-essequence/cli';

const { APP_NODE: node, APP_INDEX: index, APP_FOLDER: path, WITHOUT_MODULE, BROKEN } = process.env;

function makeStore() {
  if (node) return new ElasticsearchSequenceStore({ client: new Client({ node, maxRetries: 0 }), index });
  return path ? new FileSequenceStore({ path }) : new MemorySequenceStore();
}

const sequences = SequenceModule.forRootAsync({
  useFactory: () => ({ store: makeStore(), floor: () => 500, timeout: 2_000 }),
});

class AppModule {
  onModuleInit() {
    if (BROKEN) throw new Error('the application is broken');
  }

  onModuleDestroy() {
    process.stderr.write('closed\n');
  }
}
Module({ imports: WITHOUT_MODULE ? [] : [sequences] })(AppModule);

await runCli(AppModule);
