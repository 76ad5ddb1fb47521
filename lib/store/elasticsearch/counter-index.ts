import { randomBytes } from 'node:crypto';
import { type ErrorAnswer, refusal } from './error-answer.js';
import { type IndexDescription, safetyOf } from './index-safety.js';
import { SERIES_FIELD } from './series-field.js';
import { type Answer, type Asker, type ElasticsearchClient, request } from './request.js';
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

/** As above, but not every server knows them; who does not is asked without. */
const SETTINGS_OF_SOME = {
  'index.mode': 'standard',
  'index.mapping.source.mode': 'stored',
  'index.disable_sequence_numbers': false,
};

/** `_source` and `_routing` because templates set them, and what they leave out of a counter are its guards. */
const MAPPINGS = {
  dynamic: 'strict',
  _source: { enabled: true, includes: [], excludes: [] },
  _routing: { required: false },
  properties: {
    name: { type: 'keyword' },
    iid: { type: 'long' },
    epoch: { type: 'keyword' },
    history: { type: 'keyword' },
    epochs: { type: 'keyword' },
    series: SERIES_FIELD,
  },
};

/** The concrete index behind the alias, verified. */
export interface FoundIndex {
  name: string;
  /** What does not make it unsafe, but should be known. */
  warnings: string[];
}

/** Undefined: there is no such alias. */
export async function findIndex(
  client: ElasticsearchClient,
  alias: string,
  asker: Asker,
): Promise<FoundIndex | undefined> {
  const answer = await request(
    client,
    {
      method: 'GET',
      path: `/${encodeURIComponent(alias)}`,
      querystring: { flat_settings: true, include_defaults: true },
    },
    asker,
  );
  if (!answer.ok) {
    if (answer.error.status === 404 && answer.error.type === 'index_not_found_exception') return undefined;
    throw refusal('read the settings of the index', answer);
  }
  const [found, ...others] = Object.entries(answer.body);
  // Elasticsearch says by a 404 that there is no such alias. An empty answer is a gateway's: create nothing on it.
  if (found === undefined || ![found, ...others].every(([, description]) => isDescription(description))) {
    throw notOfElasticsearch('it does not describe an index', undefined);
  }
  const [name, description] = found;
  const { findings, warnings } = safetyOf(alias, name, description as IndexDescription);
  if (field(description, 'data_stream') !== undefined) {
    findings.unshift('it is a data stream, which begins a new index now and then: use an alias of one index');
  }
  if (others.length > 0) {
    const names = [name, ...others.map(([other]) => other)].join(', ');
    findings.unshift(
      `the alias stands for several indices (${names}), each could hold a counter of the same name: remove it from all but one`,
    );
  }
  if (findings.length > 0) throw new UnsafeIndexError(alias, findings);
  return { name, warnings };
}

/**
 * Creates index and alias in one request. Two processes that start together cannot both succeed: Elasticsearch refuses
 * a second write index of one alias, atomically (it says so with status 500), so the loser finds the winner's.
 */
export async function createIndex(
  client: ElasticsearchClient,
  alias: string,
  asker: Asker,
): Promise<FoundIndex | undefined> {
  let failure: unknown;
  try {
    const answer = await create(client, alias, asker);
    if (!answer.ok) failure = refusal(`create the index of alias "${alias}"`, answer);
  } catch (error) {
    failure = error;
  }
  const found = await findIndex(client, alias, asker);
  if (found === undefined && failure !== undefined) throw failure;
  return found;
}

/** The request that creates index and alias. Commands print it, the store sends it. */
export function indexBody(
  alias: string,
  settings: Record<string, unknown> = SETTINGS,
): { aliases: object; settings: object; mappings: object } {
  return { aliases: { [alias]: { is_write_index: true } }, settings, mappings: MAPPINGS };
}

async function create(client: ElasticsearchClient, alias: string, asker: Asker): Promise<Answer> {
  const put = (settings: Record<string, unknown>) =>
    request(
      client,
      {
        method: 'PUT',
        path: `/${encodeURIComponent(`${alias}-${randomBytes(4).toString('hex')}`)}`,
        body: indexBody(alias, settings),
      },
      asker,
    );
  const settings: Record<string, unknown> = { ...SETTINGS, ...SETTINGS_OF_SOME };
  for (;;) {
    const answer = await put(settings);
    if (answer.ok) return answer;
    const reasons = JSON.stringify(answer.error.body);
    // Serverless keeps shards, replicas and the translog to itself and refuses an index that names them.
    if (reasons.includes('serverless')) return put({ 'index.hidden': true });
    const unknown = Object.keys(SETTINGS_OF_SOME).filter(
      (name) => name in settings && reasons.includes(`unknown setting [${name}]`),
    );
    if (unknown.length === 0) {
      if (!isOfTemplate(answer.error)) return answer;
      throw new UnsafeIndexError(
        alias,
        [
          `an index template contradicts what counters need, or the server refuses it (${answer.error.reason}): change the template`,
        ],
        { cause: answer.thrown },
      );
    }
    for (const name of unknown) delete settings[name];
  }
}

/** What we ask for is in order, so who refuses its form refuses what a template has added. */
function isOfTemplate({ status, type }: ErrorAnswer): boolean {
  return status === 400 && /^(illegal_argument|mapper_parsing|parsing)_exception$/.test(type);
}

function isDescription(value: unknown): boolean {
  return ['aliases', 'mappings', 'settings'].every((part) => isRecord(field(value, part)));
}
