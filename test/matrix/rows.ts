/** What `npm run matrix` installs and runs. The page "Versions" shows these rows with the versions that npm chose. */
import type { ServerName } from '../support/declared-servers.js';

export type App = 'shutdown' | 'files' | 'typeorm' | 'default-store' | 'client';

export interface Row {
  name: string;
  /** The version of Node. Without one it is the one that runs the matrix. */
  node?: string;
  /** How the application is compiled. Its `"type"` follows. */
  modules: 'ES modules' | 'CommonJS';
  install: string[];
  /** What each application prints, as JSON. */
  apps: Partial<Record<App, unknown>>;
  /** The server of the application `client`. */
  server?: ServerName;
  /** Packages that npm must not have brought along. */
  without?: string[];
}

const nest11 = ['@nestjs/common@11', '@nestjs/core@11', 'rxjs@7'];
const nest12 = ['@nestjs/common@12', '@nestjs/core@12', 'rxjs@7'];
const clients = ['@elastic/elasticsearch', '@nestjs/elasticsearch', '@opensearch-project/opensearch'];
const shutdown = { first: 1, finished: 2 };
const files = [
  [1, 2, 3],
  [4, 5, 6],
];
const client = [1, 2, 3];
const typeorm = [
  [1, 'Ada', 1],
  [2, 'Grace', 2],
  [3, 'Alan', 3],
];

const peers: Row[] = [
  {
    name: 'Nest 11.0.0, reflect-metadata 0.1.14, TypeORM 0.3.20',
    modules: 'ES modules',
    install: [
      '@nestjs/common@11.0.0',
      '@nestjs/core@11.0.0',
      'rxjs@7.8.0',
      'reflect-metadata@0.1.14',
      'typeorm@0.3.20',
      'sql.js@1',
    ],
    apps: { shutdown, typeorm, 'default-store': 'NO_CLIENT' },
    without: clients,
  },
  {
    name: 'Nest 11, reflect-metadata 0.1, the last TypeORM 0.3',
    modules: 'ES modules',
    install: [...nest11, 'reflect-metadata@0.1', 'typeorm@0.3', 'sql.js@1'],
    apps: { shutdown, typeorm },
    without: clients,
  },
  {
    name: 'Nest 12, reflect-metadata 0.1.12',
    modules: 'ES modules',
    install: [...nest12, 'reflect-metadata@0.1.12'],
    apps: { shutdown },
    without: clients,
  },
  {
    name: 'Nest 12, reflect-metadata 0.2, TypeORM 1.0.0',
    modules: 'ES modules',
    install: [...nest12, 'reflect-metadata@0.2', 'typeorm@1.0.0', 'sql.js@1'],
    apps: { shutdown, typeorm },
    without: clients,
  },
  {
    name: 'Nest 12, the last TypeORM',
    modules: 'ES modules',
    install: [...nest12, 'reflect-metadata@0.2', 'typeorm@1', 'sql.js@1'],
    apps: { typeorm },
    without: clients,
  },
  {
    name: "Nest 11, the README's line",
    modules: 'ES modules',
    install: [...nest11, 'reflect-metadata@0.2', '@nestjs/elasticsearch@11', '@elastic/elasticsearch'],
    apps: { shutdown, 'default-store': 'started' },
  },
  {
    name: "Nest 12, the README's line",
    modules: 'ES modules',
    install: [...nest12, 'reflect-metadata@0.2', '@nestjs/elasticsearch', '@elastic/elasticsearch'],
    apps: { shutdown, 'default-store': 'started' },
  },
  {
    name: 'Nest 12, OpenSearch alone',
    modules: 'ES modules',
    install: [...nest12, 'reflect-metadata@0.2', '@opensearch-project/opensearch'],
    apps: { shutdown, 'default-store': 'NO_CLIENT', client },
    server: 'opensearch',
    without: ['@elastic/elasticsearch', '@nestjs/elasticsearch'],
  },
];

/** The lowest of each range of `engines`, the newest of each, and the newest of all. */
const nodes: Row[] = ['20.19.0', '20', '22.12.0', '22', '24.0.0', '24', 'latest'].flatMap((node): Row[] => [
  {
    name: `Node ${node}, Nest 12`,
    node,
    modules: 'ES modules',
    install: [...nest12, 'reflect-metadata@0.2'],
    apps: { shutdown, files },
    without: clients,
  },
  {
    name: `Node ${node}, Nest 11 in CommonJS`,
    node,
    modules: 'CommonJS',
    install: [...nest11, 'reflect-metadata@0.2'],
    apps: { shutdown, files },
    without: clients,
  },
]);

/** Clients from 7.14 to 7.17 refuse the distribution of Elasticsearch 7.10 that the tests start, and Elasticsearch 9. */
const CLIENTS: [client: string, server: ServerName][] = [
  ['@elastic/elasticsearch@7.13.0', 'elasticsearch-7'],
  ['@elastic/elasticsearch@8.0.0', 'elasticsearch-9'],
  ['@elastic/elasticsearch@8', 'elasticsearch-9'],
  ['@elastic/elasticsearch@9.0.0', 'elasticsearch-9'],
  ['@elastic/elasticsearch@9', 'elasticsearch-9'],
  ['@opensearch-project/opensearch@1', 'opensearch'],
  ['@opensearch-project/opensearch@2', 'opensearch'],
  ['@opensearch-project/opensearch@3', 'opensearch'],
];

const ofClients = CLIENTS.flatMap(([installed, server]): Row[] =>
  (['ES modules', 'CommonJS'] as const).map((modules) => ({
    name: `${installed} on ${server}, ${modules}`,
    modules,
    install: [...(modules === 'CommonJS' ? nest11 : nest12), 'reflect-metadata@0.2', installed],
    apps: { client },
    server,
  })),
);

export const ROWS: readonly Row[] = [...peers, ...nodes, ...ofClients];
