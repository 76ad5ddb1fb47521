import { field } from './values.js';

export interface Safety {
  /** Each with its remedy. The index is refused. */
  findings: string[];
  /** It is used all the same. */
  warnings: string[];
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

/** What the settings of an index say. `defaults` are the values of those that nobody set. */
export function safetyOfSettings(settings: Record<string, unknown>, defaults: unknown): Safety {
  const get = (name: string): string => {
    const value = settings[`index.${name}`] ?? field(defaults, `index.${name}`);
    return value === undefined || value === null ? '' : String(value);
  };
  const { findings, warnings } = remoteStore(get);
  return { findings: [...unsafeSettings(get), ...findings], warnings };
}

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
