import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import { CommandLine } from './command-line.js';
import { call, type RealServer, removeIndices, temporaryAlias } from './elasticsearch-clients.js';
import { onRealServers } from './on-real-servers.js';

/** The command line, and where the present test runs it. */
export interface CommandsHere {
  readonly cli: CommandLine;
  readonly client: RealServer['client'];
  /** An alias of this test's own. */
  readonly index: string;
  /** The options that name the server and the alias. */
  readonly place: readonly string[];
  /** Writes the document of a counter past the library. */
  put(name: string, document: Record<string, unknown>): Promise<unknown>;
}

/** The test servers, not a cluster of the user's own: how that is set up is not for tests to say. */
const TEST_SERVERS = /^(Elasticsearch|OpenSearch)/;

/** A suite of commands for each test server that runs. */
export function commandsOnServers(title: string, suite: (here: CommandsHere) => void): void {
  describe(title, () => {
    let cli: CommandLine;
    beforeAll(async () => {
      cli = await CommandLine.build();
    });
    afterAll(() => cli.remove());

    onRealServers(({ url, client }) => {
      let index: string;
      const started: string[] = [];
      beforeEach(() => {
        index = temporaryAlias();
        started.push(index);
      });
      afterAll(async () => {
        for (const alias of started) await removeIndices(client, alias);
        await client.close();
      });
      suite({
        client,
        get cli() {
          return cli;
        },
        get index() {
          return index;
        },
        get place() {
          return ['--node', url, '--index', index];
        },
        put(name, document) {
          const path = `/${index}/_doc/${encodeURIComponent(name)}?refresh=true`;
          return call(client, 'PUT', path, { name, ...document });
        },
      });
    }, TEST_SERVERS);
  });
}
