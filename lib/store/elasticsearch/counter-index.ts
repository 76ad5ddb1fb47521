import { randomBytes } from 'node:crypto';
import { causes, refusal } from './error-answer.js';
import { type Answer, type ElasticsearchClient, request } from './request.js';
import { notOfElasticsearch } from './trouble.js';
import { field, isRecord } from './values.js';
import { UnsafeIndexError } from '../../common/sequence-error.js';

/**
 * Named one by one, so that no index template changes what the promise depends on:
 * - durability `request`: with `async`, kill -9 lost 200 of 200 acknowledged claims (Elasticsearch 9.5.3).
 * - replicas 0-2 and no delay in re-allocating them: after a node is lost, claims should not rest on one copy for long.
 *   `0-all` would let a pause of any node stall claims.
 * - no pipelines: a dropping one makes an update that did nothing answer with the new value.
 */
const SETTINGS = {
  'index.number_of_shards': 1,
  'index.auto_expand_replicas': '0-2',
  'index.translog.durability': 'request',
  'index.default_pipeline': '_none',
  'index.final_pipeline': '_none',
  'index.unassigned.node_left.delayed_timeout': '0',
  'index.hidden': true,
};

const MAPPINGS = {
  dynamic: 'strict',
  properties: {
    name: { type: 'keyword' },
    iid: { type: 'long' },
    epoch: { type: 'keyword' },
    history: { type: 'keyword' },
    epochs: { type: 'keyword' },
  },
};

/** The concrete index behind the alias, verified; undefined: there is no such alias. */
export async function findIndex(
  client: ElasticsearchClient,
  alias: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await request(
    client,
    { method: 'GET', path: `/${encodeURIComponent(alias)}`, querystring: { flat_settings: true } },
    signal,
  );
  if (!answer.ok) {
    if (answer.error.status === 404 && answer.error.type === 'index_not_found_exception') return undefined;
    throw refusal('read the settings of the index', answer);
  }
  const [found, ...others] = Object.entries(answer.body);
  // That there is no such alias is a 404. An empty answer is a gateway's, and nothing may be created on it.
  if (found === undefined || ![found, ...others].every(([, description]) => isDescription(description))) {
    throw notOfElasticsearch('it does not describe an index', undefined);
  }
  const [index, description] = found;
  const findings: string[] = [];
  if (others.length > 0) {
    const names = [index, ...others.map(([name]) => name)].join(', ');
    findings.push(
      `the alias stands for several indices (${names}), each could hold a counter of the same name: remove it from all but one`,
    );
  }
  if (index === alias) {
    findings.push(
      `it is an index, not an alias, so a lost index would be created anew unnoticed: rename it and give it the alias`,
    );
  }
  findings.push(
    ...unsafeSettings(field(description, 'settings')),
    ...unsafeMapping(field(description, 'mappings')),
  );
  if (findings.length > 0) throw new UnsafeIndexError(alias, findings);
  return index;
}

/**
 * Creates index and alias in one request. Two processes that start together cannot both succeed: Elasticsearch refuses
 * a second write index of one alias, atomically (it says so with status 500), so the loser finds the winner's.
 */
export async function createIndex(
  client: ElasticsearchClient,
  alias: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  let failure: unknown;
  try {
    const answer = await create(client, alias, signal);
    if (!answer.ok) failure = refusal(`create the index of alias "${alias}"`, answer);
  } catch (error) {
    failure = error;
  }
  const found = await findIndex(client, alias, signal);
  if (found === undefined && failure !== undefined) throw failure;
  return found;
}

async function create(client: ElasticsearchClient, alias: string, signal: AbortSignal): Promise<Answer> {
  const put = (settings: Record<string, unknown>) =>
    request(
      client,
      {
        method: 'PUT',
        path: `/${encodeURIComponent(`${alias}-${randomBytes(4).toString('hex')}`)}`,
        body: { aliases: { [alias]: { is_write_index: true } }, settings, mappings: MAPPINGS },
      },
      signal,
    );
  const answer = await put(SETTINGS);
  if (answer.ok || !causes(answer.error).some(({ reason }) => reason.includes('serverless'))) return answer;
  // Serverless keeps shards, replicas and the translog to itself and refuses an index that names them.
  return put({ 'index.hidden': true });
}

function isDescription(value: unknown): boolean {
  return ['aliases', 'mappings', 'settings'].every((part) => isRecord(field(value, part)));
}

function unsafeSettings(settings: unknown): string[] {
  const get = (name: string): string => {
    const value = field(settings, `index.${name}`);
    return typeof value === 'string' ? value : '';
  };
  const findings: string[] = [];
  if (get('translog.durability').toLowerCase() === 'async') {
    findings.push(
      'index.translog.durability is "async", a crash loses acknowledged claims: set it to "request", then run Sequence.fence() for each sequence',
    );
  }
  for (const name of ['default_pipeline', 'final_pipeline']) {
    if (!/^(_none)?$/.test(get(name))) {
      findings.push(
        `index.${name} is ${JSON.stringify(get(name))} and may change counters: set it to "_none"`,
      );
    }
  }
  for (const name of ['lifecycle.name', 'plugins.index_state_management.policy_id']) {
    if (get(name) !== '') {
      findings.push(
        `index.${name} is ${JSON.stringify(get(name))} and may delete the index: remove the policy`,
      );
    }
  }
  if (/^(disabled|synthetic)$/.test(get('mapping.source.mode'))) {
    findings.push(
      `index.mapping.source.mode is "${get('mapping.source.mode')}": counters are read from _source, reindex with "stored"`,
    );
  }
  return findings;
}

function unsafeMapping(mappings: unknown): string[] {
  const findings: string[] = [];
  if (field(mappings, '_source', 'enabled') === false) {
    findings.push('_source is disabled: counters are read from it, reindex with _source enabled');
  }
  const type = field(mappings, 'properties', 'iid', 'type');
  if (type !== 'long') {
    findings.push(`iid is mapped as ${JSON.stringify(type ?? 'nothing')}: reindex with iid as "long"`);
  }
  const properties = field(mappings, 'properties');
  if (field(mappings, 'dynamic') === 'strict' && isRecord(properties)) {
    const missing = ['name', 'epoch', 'history', 'epochs'].filter((name) => properties[name] === undefined);
    if (missing.length > 0) {
      findings.push(`the mapping is strict and lacks ${missing.join(', ')}: add them as "keyword"`);
    }
  }
  return findings;
}
