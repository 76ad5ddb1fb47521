import { randomUUID } from 'node:crypto';
import { writeNodes, type SecurityPlan } from './elasticsearch-config.js';
import { installElasticsearch, installElasticsearch7WithPainless } from './elasticsearch-install.js';
import { findJava } from './java.js';
import { startCluster, type ServerCluster } from './server-cluster.js';

export interface Elasticsearch9Plan {
  nodes?: number;
  /** Without it anybody may do anything. */
  security?: SecurityPlan;
  /** Lines of elasticsearch.yml, stronger than the ones given by default. */
  settings?: Record<string, string>;
  /** For clusters that exchange snapshots; a folder of the cluster's own by default. */
  repoPath?: string;
  /** Of the first node; a free one by default. */
  httpPort?: number;
}

/** The files are beside elasticsearch.yml. */
const HTTPS = {
  'xpack.security.http.ssl.enabled': 'true',
  'xpack.security.http.ssl.key': 'http.key',
  'xpack.security.http.ssl.certificate': 'http.pem',
};

/** A current server. The artifact has no Painless: who speaks to it claims by compare-and-set. */
export async function startElasticsearch9(plan: Elasticsearch9Plan = {}): Promise<ServerCluster> {
  const java = await findJava({ min: 21 });
  const home = await installElasticsearch('9.5.3', java);
  const operator = { username: 'operator', password: randomUUID() };
  const security = plan.security && {
    ...plan.security,
    users: { ...plan.security.users, operator: { password: operator.password, roles: ['superuser'] } },
  };
  return startCluster({
    name: 'Elasticsearch 9.5.3',
    nodes: plan.nodes,
    httpPort: plan.httpPort,
    repoPath: plan.repoPath,
    auth: security && operator,
    ca: security?.certificates?.ca,
    prepare: (places, repoPath) => {
      const settings = {
        'xpack.security.enabled': String(security !== undefined),
        'path.repo': repoPath,
        ...(security?.certificates === undefined ? {} : HTTPS),
        ...plan.settings,
      };
      return writeNodes({ home, java, places, settings, security });
    },
  });
}

/** The newest Elasticsearch whose Painless stands in Maven's central repository: scripted claims on the real thing. */
export async function startElasticsearch7(): Promise<ServerCluster> {
  const java = await findJava({ min: 11, max: 17 });
  const home = await installElasticsearch7WithPainless(java);
  return startCluster({
    name: 'Elasticsearch 7.10.2',
    prepare: (places, repoPath) => writeNodes({ home, java, places, settings: { 'path.repo': repoPath } }),
  });
}
