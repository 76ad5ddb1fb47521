import {
  ConsoleLogger,
  type DynamicModule,
  Inject,
  type INestApplicationContext,
  Module,
  Optional,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SequenceError } from '../common/sequence-error.js';
import { SequenceRegistry } from '../core/sequence-registry.js';
import { ElasticsearchSequenceStore } from '../store/elasticsearch/elasticsearch-sequence-store.js';
import { FileSequenceStore } from '../store/files/file-sequence-store.js';
import type { SequenceStore } from '../store/sequence-store.js';
import { ElasticsearchCounters } from './elasticsearch/elasticsearch-counters.js';
import { CliError, EXIT } from './exit.js';
import { FolderCounters, folderPlace } from './files/folder-counters.js';
import { runProgram } from './program.js';
import { StoreCounters } from './store-counters.js';
import type { CounterAdministration, Target } from './target.js';

/**
 * Runs the commands of `npx nestjs-essequence` with an application's own module: its client, its credentials, its
 * index, its `floor` and its definitions. It starts the application without a server, as a standalone application, and
 * closes it; `process.exitCode` tells how the command ended. No id is drawn.
 *
 * @param module The root module, as for `NestFactory.create`.
 * @param argv The command and its options. Default: those of the process.
 * @throws What the application's start throws, unless it is about the store: that is what `doctor` is for.
 * @example
 * ```ts
 * // src/sequences.ts, run by: node dist/sequences.js doctor
 * import { runCli } from 'nestjs-essequence/cli';
 * import { AppModule } from './app.module.js';
 *
 * await runCli(AppModule);
 * ```
 */
export async function runCli(
  module: Type<unknown> | DynamicModule,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  process.exitCode = await runProgram(argv, {
    terminal: { input: process.stdin, out: process.stdout, err: process.stderr },
    name: 'node dist/sequences.js',
    place: (command) => command,
    open: () => open(module),
  });
}

async function open(module: Type<unknown> | DynamicModule): Promise<Target> {
  let registry: SequenceRegistry | undefined;

  /** Keeps hold of the registry also where the store fails the start of the application. */
  @Module({ imports: [module] })
  class CommandLineModule {
    constructor(@Optional() @Inject(SequenceRegistry) found?: SequenceRegistry) {
      registry = found;
    }
  }

  let application: INestApplicationContext | undefined;
  try {
    application = await NestFactory.createApplicationContext(CommandLineModule, {
      logger: new StandardErrorLogger({ logLevels: ['warn', 'error', 'fatal'] }),
      abortOnError: false,
    });
  } catch (error) {
    if (registry === undefined || !(error instanceof SequenceError)) throw error;
  }
  if (registry === undefined) {
    throw new CliError('USAGE', 'The module does not import SequenceModule.forRoot().', EXIT.usage);
  }
  const { store } = registry;
  return {
    place: "the application's store",
    ...administration(store),
    sequences: registry,
    close: async () => application?.close(),
  };
}

function administration(store: SequenceStore): { counters: CounterAdministration; place?: string } {
  // Protected, for those who extend the stores; the command line is part of the library.
  if (store instanceof FileSequenceStore) {
    const path = store['path'];
    return { counters: new FolderCounters(path), place: folderPlace(path) };
  }
  if (!(store instanceof ElasticsearchSequenceStore)) return { counters: new StoreCounters(store) };
  const { client, alias } = { client: store['client'], alias: store['alias'] };
  return { counters: new ElasticsearchCounters(client, alias), place: `index "${alias}" of the application` };
}

/** Standard output is for results. */
class StandardErrorLogger extends ConsoleLogger {
  protected override printMessages(
    messages: unknown[],
    context?: string,
    logLevel?: Parameters<ConsoleLogger['printMessages']>[2],
  ): void {
    super.printMessages(messages, context, logLevel, 'stderr');
  }
}
