/** The mapping of counters. */
export const PROPERTIES = {
  name: { type: 'keyword' },
  iid: { type: 'long' },
  epoch: { type: 'keyword' },
  history: { type: 'keyword' },
  epochs: { type: 'keyword' },
};

export interface Unsafe {
  settings?: Record<string, unknown>;
  mappings?: Record<string, unknown>;
  alias?: Record<string, unknown>;
  finding: RegExp;
  /** Part of the names of the servers that can be set to it; none: all. */
  on?: string;
}

/** Indices that cannot keep the promise, as real servers can be set to them. */
export const UNSAFE: Record<string, Unsafe> = {
  '_source without epoch': {
    mappings: { _source: { excludes: ['ep*'] } },
    finding: /_source does not keep epoch, epochs \(includes, excludes\).*template/,
  },
  '_source without iid': { mappings: { _source: { excludes: ['iid'] } }, finding: /does not keep iid / },
  '_source with two fields only': {
    mappings: { _source: { includes: ['name', 'i*d'] } },
    finding: /does not keep epoch, history, epochs, series /,
  },
  'no _source': { mappings: { _source: { enabled: false } }, finding: /_source is disabled/ },
  'a synthetic _source': {
    settings: { 'index.mapping.source.mode': 'synthetic' },
    finding: /index\.mapping\.source\.mode is "synthetic".*"stored"/i,
    on: 'Elasticsearch 9',
  },
  'a derived _source': {
    settings: { 'index.derived_source.enabled': true },
    finding: /index\.derived_source\.enabled/,
    on: 'OpenSearch',
  },
  'a dynamic template that maps epoch as a date': {
    mappings: {
      dynamic_templates: [{ times: { match: 'ep*', mapping: { type: 'date' } } }],
      properties: { iid: PROPERTIES.iid },
    },
    finding: /dynamic_templates may map epoch, epochs .*add them to the mapping as "keyword"/,
  },
  'a required routing': { mappings: { _routing: { required: true } }, finding: /_routing is required/ },
  'three shards': {
    settings: { 'index.number_of_shards': 3 },
    finding: /index\.number_of_shards is "3".*exactly one shard/,
  },
  'the mode logsdb': {
    settings: { 'index.mode': 'logsdb' },
    finding: /index\.mode is "logsdb".*"standard"/,
    on: 'Elasticsearch 9',
  },
  'the mode time_series': {
    settings: {
      'index.mode': 'time_series',
      'index.routing_path': ['host'],
      'index.time_series.start_time': '2020-01-01T00:00:00Z',
      'index.time_series.end_time': '2040-01-01T00:00:00Z',
    },
    mappings: {
      properties: {
        ...PROPERTIES,
        '@timestamp': { type: 'date' },
        host: { type: 'keyword', time_series_dimension: true },
      },
    },
    finding: /index\.mode is "time_series"/,
    on: 'Elasticsearch 9',
  },
  'the mode columnar': {
    settings: { 'index.mode': 'columnar' },
    finding: /index\.mode is "columnar"/,
    on: 'Elasticsearch 9',
  },
  'no sequence numbers': {
    settings: { 'index.disable_sequence_numbers': true },
    finding: /index\.disable_sequence_numbers is "true".*proven by its sequence number/,
    on: 'Elasticsearch 9',
  },
  'append-only': {
    settings: { 'index.append_only.enabled': true },
    finding: /index\.append_only\.enabled/,
    on: 'OpenSearch',
  },
  'another format of data': {
    settings: { 'index.pluggable.dataformat.enabled': true },
    finding: /index\.pluggable\.dataformat\.enabled/,
    on: 'OpenSearch',
  },
  'an epoch that is a date': {
    mappings: { properties: { ...PROPERTIES, epoch: { type: 'date' } } },
    finding: /^epoch cannot hold any text/,
  },
  'an alias with a routing': { alias: { routing: '7' }, finding: /alias has a routing.*without routing/ },
  'an alias with a routing for searches': {
    alias: { search_routing: '7' },
    finding: /alias has a routing/,
  },
  'an alias with a filter': { alias: { filter: { term: { name: 'x' } } }, finding: /alias has a filter/ },
  'an alias that takes no writes': { alias: { is_write_index: false }, finding: /alias takes no writes/ },
};
