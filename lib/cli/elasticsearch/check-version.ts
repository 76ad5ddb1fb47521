import type { Answer } from '../../store/elasticsearch/request.js';
import { losesBulkItems, readVersions } from '../../store/elasticsearch/server-version.js';
import { field, isRecord } from '../../store/elasticsearch/values.js';
import { type Finding, notChecked, ok } from '../finding.js';
import { look } from './look.js';
import type { Patient } from './patient.js';

/**
 * The versions of the nodes that hold the index, as the store reads them, before it lets claims go together; else what
 * the server says of itself. `GET /` and the list of nodes need the cluster privilege `monitor`, and some servers have
 * no `GET /`. `index`: undefined where there is none.
 */
export async function checkVersion(
  { client, signal }: Patient,
  root: Answer | undefined,
  index: string | undefined,
): Promise<Finding> {
  const said = root?.ok === true ? root.body['version'] : undefined;
  const openSearch = field(said, 'distribution') === 'opensearch';
  let versions = index === undefined ? [] : await readVersions(client, index, { signal });
  if (versions.length === 0) {
    const number = field(said, 'number');
    versions = typeof number === 'string' ? [number] : await nodeVersions({ client, signal });
  }
  if (versions.length === 0) {
    return notChecked(
      'VERSION',
      'The versions of the nodes are unknown: claims go together by _bulk, which is safe but on Elasticsearch 9.5.0 to 9.5.2.',
      'OpenSearch and Elasticsearch 7 tell them only with the cluster privilege monitor, which an application does not need.',
    );
  }
  const what = `The server is ${openSearch ? 'OpenSearch' : 'Elasticsearch'} ${versions.join(' and ')}.`;
  if (openSearch) return ok('VERSION', what);
  if (versions.some(isTooOld)) {
    return {
      status: 'error',
      code: 'VERSION',
      what,
      why: 'Before 7.10 a write cannot demand that its alias exists, so a lost index would start again at 1.',
      remedy: 'Upgrade to 7.10 or later.',
    };
  }
  if (losesBulkItems(versions)) {
    return {
      status: 'warning',
      code: 'VERSION',
      what,
      why: '9.5.0 to 9.5.2 can leave items of a bulk without replicas (elasticsearch#158212), so claims of many sequences go one by one.',
      remedy: 'Upgrade to 9.5.3 or later.',
    };
  }
  return ok('VERSION', what);
}

async function nodeVersions({ client, signal }: Pick<Patient, 'client' | 'signal'>): Promise<string[]> {
  const answer = await look(client, '/_nodes', signal, { filter_path: 'nodes.*.version' });
  const nodes = answer.ok ? answer.body['nodes'] : undefined;
  const versions = Object.values(isRecord(nodes) ? nodes : {}).map((node) => field(node, 'version'));
  return [...new Set(versions.filter((version) => typeof version === 'string'))].toSorted();
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 7 || (major === 7 && minor < 10);
}
