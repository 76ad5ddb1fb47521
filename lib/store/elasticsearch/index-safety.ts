import { mayBeMappedUnfit, wildcard } from './dynamic-templates.js';
import { field, isRecord } from './values.js';

/**
 * Whether an index can keep the promise, as a pure function of what `GET /<alias>` says with `include_defaults`: index
 * templates, server defaults and operators change all of it. What is refused here passed the start before and took a
 * guard away, or failed every draw.
 */

/** What `GET /<alias>` says of one index. `defaults` are the values of all settings that nobody set. */
export interface IndexDescription {
  aliases: Record<string, unknown>;
  mappings: Record<string, unknown>;
  settings: Record<string, unknown>;
  defaults?: unknown;
}

export interface Safety {
  /** Each with its remedy. The index is refused. */
  findings: string[];
  /** It is used all the same. */
  warnings: string[];
}

const FIELDS = ['name', 'iid', 'epoch', 'history', 'epochs'] as const;
/** Beside them the records of number series. A mapping that lacks it gets it with the first record. */
const ALL_FIELDS = [...FIELDS, 'series'] as const;
/** Types that take any text as it is. */
const TEXTS = ['keyword', 'text', 'wildcard', 'match_only_text'];

export function safetyOf(alias: string, index: string, description: IndexDescription): Safety {
  const { aliases, mappings, settings, defaults } = description;
  const get = (name: string): string => {
    const value = settings[`index.${name}`] ?? field(defaults, `index.${name}`);
    return value === undefined || value === null ? '' : String(value);
  };
  const { findings, warnings } = remoteStore(get);
  return {
    findings: [
      ...unsafeAlias(alias, index, aliases),
      ...unsafeSettings(get),
      ...findings,
      ...unsafeMapping(mappings),
    ],
    warnings,
  };
}

function unsafeAlias(alias: string, index: string, aliases: Record<string, unknown>): string[] {
  if (index === alias) {
    return [
      'it is an index, not an alias, so a lost index would be created anew unnoticed: rename it and give it the alias',
    ];
  }
  const entry = aliases[alias];
  const findings: string[] = [];
  if (field(entry, 'index_routing') !== undefined || field(entry, 'search_routing') !== undefined) {
    findings.push(
      'the alias has a routing, so a counter may be looked for in another shard than the one that holds it: add the alias again without routing',
    );
  }
  if (field(entry, 'filter') !== undefined) {
    findings.push('the alias has a filter, which may hide counters: add the alias again without filter');
  }
  if (field(entry, 'is_write_index') === false) {
    findings.push('the alias takes no writes (is_write_index is false): set it to true');
  }
  return findings;
}

/** Settings with a value that a counter cannot live with, as a pattern, and what to say of it. */
const UNSAFE: readonly [name: string, unsafe: RegExp, why: string][] = [
  [
    'translog.durability',
    /^async$/i,
    'a crash loses acknowledged claims: set it to "request", then run Sequence.fence() for each sequence',
  ],
  ['default_pipeline', /^(?!_none$)./, 'it may change counters: set it to "_none"'],
  ['final_pipeline', /^(?!_none$)./, 'it may change counters: set it to "_none"'],
  ['lifecycle.name', /./, 'it may delete the index: remove the policy'],
  ['plugins.index_state_management.policy_id', /./, 'it may delete the index: remove the policy'],
  ['opendistro.index_state_management.policy_id', /./, 'it may delete the index: remove the policy'],
  [
    'mode',
    /^(?!(standard|lookup)$)./i,
    'documents are not kept as they were written: reindex with "standard"',
  ],
  [
    'mapping.source.mode',
    /^(?!stored$)./i,
    'counters are read from _source as it was written: reindex with "stored"',
  ],
  [
    'disable_sequence_numbers',
    /^true$/,
    'a claim is proven by its sequence number: reindex without this setting',
  ],
  ['number_of_shards', /^(?!1$)./, 'a counter index needs exactly one shard: shrink or reindex it to 1'],
  ['slice.enabled', /^true$/, 'counters are not written with a slice: reindex without this setting'],
  ['verified_before_close', /^true$/, 'the index is closed: open it'],
  ['frozen', /^true$/, 'the index takes no writes: unfreeze it'],
  ['search.throttled', /^true$/, 'the index is frozen and takes no writes: unfreeze it'],
  [
    'store.type',
    /snapshot/,
    'the index is a mounted snapshot and takes no writes: restore the snapshot as an index of its own, then run Sequence.fence() for each sequence',
  ],
  ['source_only', /^true$/, 'the index was restored without its structures and takes no writes: reindex it'],
  [
    'xpack.ccr.following_index',
    /^true$/,
    'the index follows one of another cluster: give this store the alias of the leader',
  ],
  [
    'plugins.replication.follower.leader_index',
    /./,
    'the index follows one of another cluster: give this store the alias of the leader',
  ],
  ['append_only.enabled', /^true$/, 'a counter is updated in its place: reindex without this setting'],
  ['pluggable.dataformat.enabled', /^true$/, 'such an index only appends: reindex without this setting'],
  [
    'ingestion_source.type',
    /^(?!none$)./i,
    'documents come from a stream and overwrite counters: reindex without this setting',
  ],
  [
    'derived_source.enabled',
    /^true$/,
    'counters are read from _source as it was written: reindex without this setting',
  ],
  ['context_aware.enabled', /^true$/, 'counters are not grouped by context: reindex without this setting'],
];

function unsafeSettings(get: (name: string) => string): string[] {
  return UNSAFE.filter(([name, unsafe]) => unsafe.test(get(name))).map(
    ([name, , why]) => `index.${name} is ${JSON.stringify(get(name))}: ${why}`,
  );
}

/**
 * In a remote store only replicas keep a stale primary from acknowledging writes that are lost later (OpenSearch #6737,
 * #22768), and the history of the shard stays the same. A fence in the store itself was proposed there; this knows of no
 * setting that tells whether there is one. How far `auto_expand_replicas` went shows in the number of replicas.
 */
function remoteStore(get: (name: string) => string): Safety {
  const safe: Safety = { findings: [], warnings: [] };
  if (get('remote_store.enabled') !== 'true') return safe;
  const what = 'index.remote_store.enabled is "true", and a remote store does not fence a former primary';
  if (Number(get('number_of_replicas')) > 0) {
    return {
      ...safe,
      warnings: [
        `${what}: only the replicas prevent that ids are given twice after a partition. Keep at least one, or use an index without remote store`,
      ],
    };
  }
  return {
    ...safe,
    findings: [
      `${what} while the index has no replica: acknowledged claims may be lost after a partition. Add a replica (auto_expand_replicas from 1 on), or use an index without remote store`,
    ],
  };
}

function unsafeMapping(mappings: Record<string, unknown>): string[] {
  const findings: string[] = [];
  const source = mappings['_source'];
  if (field(source, 'enabled') === false) {
    findings.push('_source is disabled: counters are read from it, reindex with _source enabled');
  }
  const mode = field(source, 'mode');
  if (mode !== undefined && mode !== 'stored') {
    findings.push(`_source has the mode ${JSON.stringify(mode)}: reindex with "stored"`);
  }
  const kept = keptBy(field(source, 'includes'), field(source, 'excludes'));
  const lost = ALL_FIELDS.filter((name) => !kept(name));
  if (lost.length > 0) {
    findings.push(
      `_source does not keep ${lost.join(', ')} (includes, excludes), by which a counter is recognised: change the template, then reindex`,
    );
  }
  if (field(mappings, '_routing', 'required') === true) {
    findings.push('_routing is required, and counters have none: change the template, then reindex');
  }
  const properties = mappings['properties'];
  const type = field(properties, 'iid', 'type');
  if (type !== 'long') {
    findings.push(
      type === undefined
        ? 'iid is not mapped: add it to the mapping as "long"'
        : `iid is mapped as ${JSON.stringify(type)}: reindex with iid as "long"`,
    );
  }
  const strange = ALL_FIELDS.filter((name) => name !== 'iid' && !takesText(field(properties, name)));
  if (strange.length > 0) findings.push(`${strange.join(', ')} cannot hold any text: reindex with "keyword"`);
  const open = FIELDS.filter(
    (name) => field(properties, name) === undefined && mayBeMappedUnfit(name, { mappings, takesText }),
  );
  if (open.length > 0) {
    findings.push(
      `dynamic_templates may map ${open.join(', ')} so that they cannot hold any text: add them to the mapping as "keyword"`,
    );
  }
  if (ALL_FIELDS.some((name) => field(properties, name, 'script') !== undefined)) {
    findings.push('a field of a counter is computed by a script: reindex without');
  }
  if (field(mappings, 'dynamic') === 'strict' && isRecord(properties)) {
    const missing = FIELDS.filter((name) => name !== 'iid' && properties[name] === undefined);
    if (missing.length > 0) {
      findings.push(`the mapping is strict and lacks ${missing.join(', ')}: add them as "keyword"`);
    }
  }
  return findings;
}

function takesText(mapping: unknown): boolean {
  return mapping === undefined || TEXTS.includes(String(field(mapping, 'type')));
}

/** As Elasticsearch reads them: names with `*`; a name of an object stands for all below it, which counters do not have. */
function keptBy(includes: unknown, excludes: unknown): (name: string) => boolean {
  const [included, excluded] = [includes, excludes].map((patterns) =>
    Array.isArray(patterns) ? patterns.map((pattern) => wildcard(String(pattern))) : [],
  ) as [RegExp[], RegExp[]];
  return (name) =>
    (included.length === 0 || included.some((pattern) => pattern.test(name))) &&
    !excluded.some((pattern) => pattern.test(name));
}
