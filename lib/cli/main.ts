#!/usr/bin/env node
import { type Command, Option } from 'commander';
import { resolve } from 'node:path';
import { resolveOptions } from '../nest/sequence-module.options.js';
import { SequenceRegistry } from '../core/sequence-registry.js';
import { ElasticsearchSequenceStore } from '../store/elasticsearch/elasticsearch-sequence-store.js';
import { storeOptions } from '../store/elasticsearch/store-options.js';
import { FileSequenceStore } from '../store/files/file-sequence-store.js';
import { ElasticsearchCounters } from './elasticsearch/elasticsearch-counters.js';
import { credentialsFrom, nodeUrl } from './environment.js';
import { usage } from './exit.js';
import { FolderCounters, folderPlace } from './files/folder-counters.js';
import { HttpClient } from './http-client.js';
import { runProgram } from './program.js';
import type { Target } from './target.js';

interface Options {
  node: string;
  index: string;
  files?: string;
  timeout: number;
}

const ENVIRONMENT = `
Environment:
  ESSEQUENCE_USERNAME, ESSEQUENCE_PASSWORD   or
  ESSEQUENCE_API_KEY   who asks; never taken from arguments, never printed
  ESSEQUENCE_CA        a PEM file with the authority of the server's certificate`;

// `list | head` closes the pipe early; that is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runProgram<Options>(process.argv.slice(2), {
  terminal: { input: process.stdin, out: process.stdout, err: process.stderr },
  name: 'nestjs-essequence',
  place: (command: Command) =>
    command
      .option('--node <url>', 'the server', 'http://localhost:9200')
      .option('--index <alias>', 'the alias of the index', 'essequences')
      .addOption(
        new Option('--files <folder>', 'the folder of a file store, instead of a server').conflicts([
          'node',
          'index',
        ]),
      )
      .addHelpText('after', ENVIRONMENT),
  open: async (options) =>
    options.files === undefined ? openIndex(options) : openFolder(options.files, options),
  alias: ({ index, files }) => {
    if (files !== undefined) throw usage('A file store needs no index.');
    return checkedAlias(index);
  },
});

/** It is made by the application alone: a mistyped name must not begin anew at 1. */
function openFolder(files: string, { timeout }: Options): Target {
  const path = resolve(files);
  const sequences = new SequenceRegistry(new FileSequenceStore({ path: files }), resolveOptions({ timeout }));
  return {
    place: folderPlace(path),
    sequences,
    counters: new FolderCounters(path),
    close: () => sequences.close(),
  };
}

function openIndex({ node, index, timeout }: Options): Target {
  const url = nodeUrl(node);
  const credentials = credentialsFrom(process.env);
  const client = new HttpClient(url, credentials, timeout);
  const store = new ElasticsearchSequenceStore({ client, index: checkedAlias(index) });
  return {
    place: `index "${index}" at ${url.origin}`,
    sequences: new SequenceRegistry(store, resolveOptions({ timeout })),
    counters: new ElasticsearchCounters(client, index, url, credentials.ca),
    close: async () => client.close(),
  };
}

/** As the library checks it, before any request. */
function checkedAlias(index: string): string {
  const client = { transport: { request: () => Promise.reject(new Error('unused')) } };
  return storeOptions({ client, index }).index;
}
