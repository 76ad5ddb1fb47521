import type { Mutant } from './mutant.js';

const answers = { spec: 'test/store/elasticsearch/answers.spec.ts' };
/** The scripts of the library run on a real server only, and must do there what the double says. */
const painless = {
  file: 'store/elasticsearch/scripts.ts',
  spec: 'test/store/elasticsearch/double-answers.spec.ts',
  tests: 'On OpenSearch.*the double answers the same',
};

const off = 'if (false as boolean) ';

function mutants(file: string, guards: readonly (readonly [string, string, string])[]): Mutant[] {
  return guards.map(([guard, find, replace]) => ({ guard, file, find, replace, ...answers }));
}

function at(spec: string, file: string, guards: readonly (readonly [string, string, string])[]): Mutant[] {
  return guards.map(([guard, find, replace]) => ({
    guard,
    file,
    find,
    replace,
    spec: `test/store/elasticsearch/${spec}.spec.ts`,
  }));
}

const SETTINGS = [
  "'index.number_of_shards': 1,",
  "'index.auto_expand_replicas': '0-2',",
  "'index.translog.durability': 'request',",
  "'index.default_pipeline': '_none',",
  "'index.final_pipeline': '_none',",
  "'index.unassigned.node_left.delayed_timeout': '0',",
  "'index.hidden': true,",
  "'index.mode': 'standard',",
  "'index.mapping.source.mode': 'stored',",
  "'index.disable_sequence_numbers': false,",
  "dynamic: 'strict',",
  '_source: { enabled: true, includes: [], excludes: [] },',
  '_routing: { required: false },',
  "name: { type: 'keyword' },",
  "iid: { type: 'long' },",
  "epoch: { type: 'keyword' },",
  "history: { type: 'keyword' },",
  "epochs: { type: 'keyword' },",
];

const UNSAFE_SETTINGS = [
  'translog.durability',
  'default_pipeline',
  'final_pipeline',
  'lifecycle.name',
  'plugins.index_state_management.policy_id',
  'opendistro.index_state_management.policy_id',
  'mode',
  'mapping.source.mode',
  'disable_sequence_numbers',
  'number_of_shards',
  'slice.enabled',
  'verified_before_close',
  'frozen',
  'search.throttled',
  'store.type',
  'source_only',
  'xpack.ccr.following_index',
  'plugins.replication.follower.leader_index',
  'append_only.enabled',
  'pluggable.dataformat.enabled',
  'ingestion_source.type',
  'derived_source.enabled',
  'context_aware.enabled',
];

/** What a healthy server never puts to the test, and what only a script guards. */
export const ELASTICSEARCH_MUTANTS: readonly Mutant[] = [
  ...mutants(
    'store/elasticsearch/counter-index.ts',
    SETTINGS.map((setting) => [`an index is created with ${setting.slice(0, -1)}`, setting, ''] as const),
  ),
  ...mutants('store/elasticsearch/counter-index.ts', [
    ['serverless gets an index without shard settings', "reasons.includes('serverless')", 'false'],
    ['only serverless gets an index without shard settings', "reasons.includes('serverless')", 'true'],
    [
      'an index template that contradicts is named',
      'if (!isOfTemplate(answer.error)) return answer;',
      'return answer;',
    ],
    [
      'settings of some servers are left out for others',
      'if (unknown.length === 0) {',
      'if (true as boolean) {',
    ],
    ['a data stream is refused', "field(description, 'data_stream') !== undefined", 'false'],
  ]),
  ...UNSAFE_SETTINGS.map((name) => ({
    guard: `an index is refused for its ${name}`,
    file: 'store/elasticsearch/settings-safety.ts',
    find: `'${name}',`,
    replace: "'not.looked.at',",
    spec: 'test/store/elasticsearch/(index-safety|answers).spec.ts',
  })),
  ...at('index-safety', 'store/elasticsearch/index-safety.ts', [
    [
      'an alias with a routing for writes is refused',
      "field(entry, 'index_routing') !== undefined || field(entry, 'search_routing') !== undefined",
      "field(entry, 'search_routing') !== undefined",
    ],
    ['an alias with a routing for reads is refused', " || field(entry, 'search_routing') !== undefined", ''],
    ['an alias with a filter is refused', "field(entry, 'filter') !== undefined", 'false'],
    ['an alias that takes no writes is refused', "field(entry, 'is_write_index') === false", 'false'],
  ]),
  ...at('index-safety', 'store/elasticsearch/settings-safety.ts', [
    ['settings are read with the defaults', '?? field(defaults, `index.${name}`)', ''],
    [
      'what is set counts, not the default',
      'settings[`index.${name}`] ?? field(defaults, `index.${name}`)',
      'field(defaults, `index.${name}`) ?? settings[`index.${name}`]',
    ],
    [
      'a remote store without replicas is refused',
      "if (Number(get('number_of_replicas')) > 0) {",
      'if (true as boolean) {',
    ],
    [
      'a remote store with replicas is used',
      "if (Number(get('number_of_replicas')) > 0) {",
      'if (false as boolean) {',
    ],
  ]),
  ...at('index-safety', 'store/elasticsearch/unsafe-mapping.ts', [
    [
      '_source keeps the fields of a counter: excludes',
      '&&\n    !excluded.some((pattern) => pattern.test(name))',
      '',
    ],
    ['_source keeps the fields of a counter: includes', 'included.length === 0 ||', 'true ||'],
    ['a required routing is refused', "field(mappings, '_routing', 'required') === true", 'false'],
    ['fields of a counter take any text', 'if (strange.length > 0)', 'if (false as boolean)'],
    [
      'dynamic templates leave the fields of a counter texts',
      'if (open.length > 0)',
      'if (false as boolean)',
    ],
  ]),
  ...mutants('store/elasticsearch/unsafe-mapping.ts', [
    ['an index is refused for a mapping without _source', "field(source, 'enabled') === false", 'false'],
    ['an index is refused for a strict mapping that lacks fields', 'missing.length > 0', 'false'],
    ['an index is refused for an iid that is no long (answers)', "type !== 'long'", 'false'],
  ]),
  ...at('index-safety', 'store/elasticsearch/warnings.ts', [
    ['each warning is given once', 'if (this.#given.has(kind)) return;', ''],
  ]),
  ...at('index-safety', 'store/elasticsearch/counter-answers.ts', [
    ['a _seq_no below 0 is refused', 'if (sighting.seqNo < 0) {', 'if (false as boolean) {'],
  ]),
  ...at('server-version', 'store/elasticsearch/server-version.ts', [
    ['9.5.0 to 9.5.2 lose items of a bulk', '/^9\\.5\\.[0-2](?!\\d)/', '/^9\\.5\\.[0-1](?!\\d)/'],
    ['9.5.20 loses no items of a bulk', '(?!\\d)/', '/'],
    ['one node that loses items is enough', 'versions.some(', 'versions.every('],
    ['a missing privilege leaves the version unknown', ' || status === 403', ''],
  ]),
  ...mutants('store/elasticsearch/history-reader.ts', [
    ['a history is that of a copy that has started', '/^(STARTED|RELOCATING)$/.test', '/./.test'],
    ['a history is also that of a relocating copy', 'STARTED|RELOCATING', 'STARTED'],
    ['a history is that of the primary', "field(copy, 'routing', 'primary') === true &&", ''],
    ['no copy, no history', 'histories.length === 0 || ', ''],
    ['no primary, no history', ' || histories.includes(undefined)', ''],
    ['401 is a history that cannot be read', 'status === 401 || status === 403', 'status === 403'],
    ['403 is a history that cannot be read', 'status === 401 || status === 403', 'status === 401'],
    [
      'a block of the metadata is not a missing privilege',
      '/^(security|authorization)_exception$/.test(type)',
      'true',
    ],
    ['410 is a history that cannot be read', "if (status === 410) return type !== '';", ''],
    ['an API that is not available cannot be read', "type === 'api_not_available_exception' || ", ''],
    ['an API that does not exist cannot be read', '/no handler found/.test(reason)', 'false'],
    ['other refusals to read a history are errors', '/no handler found/.test(reason)', 'true'],
    [
      'an index that is gone at the reading is an identity error',
      "type === 'index_not_found_exception'",
      'false',
    ],
  ]),
  ...at('gateways', 'store/elasticsearch/error-answer.ts', [
    ['an error needs the fields of Elasticsearch', "('reason' in error || 'root_cause' in error)", 'true'],
    ['a plain text is one of Elasticsearch', 'return PLAIN_TEXTS.test(error);', 'return true;'],
    [
      'a missing document names itself',
      "return lacking && typeof field(body, '_index') === 'string'",
      "return lacking || typeof field(body, '_index') === 'string'",
    ],
    ['a firewall’s 403 may pass', 'if (status === 403 && (', 'if (status === 403 || ('],
    ['Amazon’s 403 is FORBIDDEN', 'if (status === 403 && (', 'if (status === 402 && ('],
    ['a 401 is FORBIDDEN in whatever form', 'if (status === 401) return true;', ''],
    ['the flood stage is a block', "return type === 'cluster_block_exception';", 'return false;'],
    ['a full queue may pass', "if (status === 429) return type === 'cluster_block_exception';", ''],
    ['Amazon’s message is kept', "|| text(field(body, 'message'));", ';'],
    ['Amazon’s Message is kept', "show(reason || text(field(body, 'Message'))),", 'show(reason),'],
  ]),
  ...at('guards', 'store/elasticsearch/error-answer.ts', [
    ['a 403 that is not about privileges is REJECTED', '&& aboutPrivileges', ''],
  ]),
  ...at('gateways', 'store/elasticsearch/request.ts', [
    ['a redirection is not an answer', 'if (status < 200 || status > 299)', 'if (false as boolean)'],
    ['a page is not an answer', 'if (!isRecord(body)) throw', 'if (false as boolean) throw'],
  ]),
  ...at('gateways', 'store/elasticsearch/counter-index.ts', [
    [
      'nothing is created on an empty answer',
      'if (found === undefined || !',
      'if (found === undefined) return undefined;\n  if (!',
    ],
    [
      'an index is described in the form of Elasticsearch',
      "['aliases', 'mappings', 'settings'].every(",
      '[].every(',
    ],
  ]),
  ...at('gateways', 'store/elasticsearch/counter-answers.ts', [
    ['an answer is about the document that was asked for', ' || id !== name', ''],
    [
      'a missing document is the one that was asked for',
      "if (field(answer.error.body, '_id') !== name)",
      'if (false as boolean)',
    ],
  ]),
  ...at('connections', 'store/elasticsearch/counter-answers.ts', [
    [
      'numbers that a serializer broke are REJECTED',
      "isBrokenNumber(body?.['_seq_no']) || isBrokenNumber(body?.['_primary_term'])",
      'false',
    ],
    [
      'a value that a serializer broke is REJECTED',
      "if (typeof iid === 'bigint' || isRecord(iid))",
      'if (false as boolean)',
    ],
  ]),
  ...at('connections', 'store/elasticsearch/request.ts', [
    [
      'a client without transport is REJECTED',
      "if (typeof field(client, 'transport', 'request') !== 'function') {",
      'if (false as boolean) {',
    ],
    [
      'a client without statuses is REJECTED',
      "if (typeof status !== 'number') throw",
      'if (false as boolean) throw',
    ],
  ]),
  ...at('connections', 'store/elasticsearch/trouble.ts', [
    ['a certificate is REJECTED', 'if (refused !== undefined) return', 'if (false as boolean) return'],
    ['https on an http port is REJECTED', '/wrong version number|packet length too long/i', '/never/'],
    [
      'a server that trusts no certificate of this process is REJECTED as what it is',
      '/alert .*(certificate|unknown ca|access denied)/i',
      '/never/',
    ],
    ['a refused handshake is REJECTED', '/alert handshake failure/i', '/never/'],
    [
      'versions of TLS that do not meet are REJECTED',
      '/alert protocol version|unsupported protocol/i',
      '/never/',
    ],
    [
      'a server that closes without a word may demand a client certificate',
      "return node.startsWith('https:')",
      "return node.startsWith('never:')",
    ],
    [
      'nginx says that its port speaks https',
      'if (/plain HTTP request was sent to HTTPS port/i.test(',
      'if (/never/.test(',
    ],
    ['another server is REJECTED', 'if (failedProductCheck(thrown))', 'if (false as boolean)'],
    [
      'a page may pass though it fails the product check',
      "return type === '' || /json/i.test(type);",
      'return true;',
    ],
    ['a closed client is REJECTED', 'if (isClosed) return', 'if (false as boolean) return'],
    [
      'a client without a node for a moment is asked again',
      'if (isClosed) return',
      'if (true as boolean) return',
    ],
    ['a request that found no node applied nothing', "may ask.', cause, false)", "may ask.', cause, true)"],
    ['a refused connection applied nothing', 'cause, unreached === undefined);', 'cause, true);'],
  ]),
  ...at('secrets', 'store/elasticsearch/safe-cause.ts', [
    ['headers that may be shown repeat no secret', 'shownValue(allowed(headers), show)', 'allowed(headers)'],
    ['warnings repeat no secret', 'shownValue(warnings, show)', 'warnings'],
    ['only listed headers are shown', 'filter(([name]) => isShown(name))', 'filter(() => true)'],
    ['headers that help are shown', 'filter(([name]) => isShown(name))', 'filter(() => false)'],
    [
      'the URL of a node is shown as its address',
      "return origin === 'null' ? undefined : origin;",
      'return String(url);',
    ],
    ['causes of causes show no secret', '{ cause: safeCause(cause, show, depth + 1) }', '{ cause }'],
  ]),
  ...at('secrets', 'store/elasticsearch/safe-cause.ts', [
    ['the body of a page shows no secret that it repeats', 'body: shownValue(body, show),', 'body,'],
  ]),
  ...at('secrets', 'store/elasticsearch/error-answer.ts', [
    ['a message shows no secret that a page repeats', 'show(reason ||', '(reason ||'],
  ]),
  ...at('secrets', 'store/elasticsearch/sent-secrets.ts', [
    [
      'headers that a page repeats are taken out',
      '.filter((value) => value.length >= SHORTEST);',
      '.filter(() => false);',
    ],
    ['what later clients redact in their errors is taken out', ', ...known];', '];'],
  ]),
  ...at('secrets', 'store/elasticsearch/request.ts', [
    ['no secrets in causes', 'const cause = safeCause(thrown, show);', 'const cause = thrown as Error;'],
  ]),
  ...mutants('store/elasticsearch/counter-answers.ts', [
    ['servers that refuse inline scripts have none', '|cannot execute \\[inline\\] scripts', ''],
    [
      'servers that refuse scripts of updates have none',
      '|cannot execute scripts using \\[update\\] context',
      '',
    ],
    ['servers that do not know Painless have none', 'script_lang not supported \\[painless\\]|', ''],
    ['a script that failed is no server without scripts', 'NO_SCRIPTS.test(reason)', 'true'],
    [
      'a server that compiles no more scripts will again',
      "type === 'circuit_breaking_exception') ? 'not now'",
      "type === 'circuit_breaking_exception') ? 'never'",
    ],
    ['an alias without write index is refused', "reason.includes('no write index is defined')", 'false'],
    ['a document of an index that is no alias is refused', 'sighting.index === this.alias', 'false'],
  ]),
  ...mutants('store/elasticsearch/counter-documents.ts', [
    ['a raise is a write', 'detect_noop: false', 'detect_noop: true'],
    ['a conditional write met what was read', 'if (!metWhatWasSeen(', `${off}if (!metWhatWasSeen(`],
  ]),
  ...mutants('store/elasticsearch/protocol.ts', [
    ['the index is the one that was read', 'written.index === seen.index && ', ''],
    ['the epoch is the one that was read', ' && written.document.epoch === epoch', ''],
    [
      'compare-and-set leaves another life alone',
      'otherIdentity(seen, pins',
      'otherIdentity(seen, true ? pinsOf(seen) : pins',
    ],
    [
      'compare-and-set leaves what is no counter alone',
      'isValue(iid) ? valueAfter(iid, ',
      'true ? valueAfter(iid as number, ',
    ],
    ['what is no counter is corrupt', "if (!isValue(iid)) return { kind: 'corrupt' };", ''],
    ['the first history read is pinned where there is no stamp', '{ ...identity, history }', 'identity'],
    [
      'a history that could not be read at first is pinned later',
      'now.pins?.history === undefined ? identity : now.pins',
      'now.pins ?? identity',
    ],
    ['a raise never lowers', 'return Math.max(value, change.to);', 'return change.to;'],
    ['a fence lies above `above`', 'Math.max(least, above)', 'least'],
    ['a fence jumps', ') + jump + random', ') + random'],
    [
      'a fence to the highest id in use adds nothing',
      'to < least ? undefined : to',
      'to < least ? undefined : to + random',
    ],
    ['a fence ends at or above what is known', 'to < least ? undefined : to', 'to'],
    ['a fence keeps the former epoch', '[...epochs, former]', '[...epochs]'],
    ['a fence keeps eight former epochs', '.slice(-MAX_FORMER_EPOCHS)', ''],
  ]),
  ...mutants('store/elasticsearch/fence.ts', [
    [
      'a fence stamps the present history',
      'value, epoch, history)',
      'value, epoch, document.history ?? null)',
    ],
    [
      'a fence finds no index',
      "if (verified === undefined) throw nothingToFence(name, 'index');",
      "if (verified === undefined) throw new Error('none');",
    ],
    ['a fence is of the index that was verified', 'if (sighting.index !== verified.name)', `${off}`],
    [
      'a fence creates no counter',
      "if (seen.kind === 'missing') throw nothing(name, seen);",
      "if (seen.kind === 'missing') return { state: { last: 0 } };",
    ],
    [
      'a fence whose counter goes missing fails',
      "if (outcome.kind === 'missing') throw nothing(name, outcome);",
      "if (outcome.kind === 'missing') return sighting;",
    ],
    ['a fence that wrote nothing fails', "if (outcome.kind === 'unchanged') throw", `${off}throw`],
    ['a fence leaves what is no counter alone', 'if (!isValue(document.iid)) throw', `${off}throw`],
  ]),
  ...[
    [
      'a fence takes `to` or `jump`, not both',
      'if (jump !== undefined || above !== undefined) {',
      'if (false as boolean) {',
    ],
    ['a fence needs an epoch', "if (typeof epoch !== 'string' || epoch === '') {", 'if (false as boolean) {'],
  ].map(([guard, find, replace]) => ({
    guard: guard!,
    find: find!,
    replace: replace!,
    file: 'store/requests.ts',
    spec: 'test/store/memory-sequence-store.spec.ts',
  })),
  {
    guard: 'a fence ends at or above what is known (memory, files)',
    file: 'store/counter.ts',
    find: 'if (to !== undefined && to < known)',
    replace: 'if (false as boolean)',
    spec: 'test/store/memory-sequence-store.spec.ts',
  },
  ...mutants('store/elasticsearch/identity.ts', [
    ['an answer without a value is corrupt', 'if (!isValue(iid)) return', `${off}return`],
    ['a value is not negative', ' && (value as number) >= 0', ''],
    ['a value is an integer', 'Number.isSafeInteger(value) &&', "typeof value === 'number' &&"],
  ]),
  ...mutants('store/elasticsearch/elasticsearch-sequence-store.ts', [
    ['a fence has the index verified anew', 'this.#index.doubt();\n    // What', '// What'],
    ['a fence takes nothing back that a claim learnt', ' && this.#known.get(request.name) === before', ''],
    [
      'a new counter begins at its start: claim',
      'floor, max }, before: start - 1',
      'floor, max }, before: 0',
    ],
    ['a look takes nothing that is no counter', 'if (!isValue(last)) throw corrupt', `${off}throw corrupt`],
    [
      'a look pins nothing',
      '} = seen.sighting.document;',
      '} = seen.sighting.document;\n    this.#known.set(name, { pins: { epoch, index: seen.sighting.index, stamp: history, history, former: [] }, seqNo: -1, term: 0, value: 0 });',
    ],
    [
      'a look raises no mark',
      '} = seen.sighting.document;',
      '} = seen.sighting.document;\n    this.#known.set(name, { ...this.#known.get(name), seqNo: -1, term: 0, value: last as number });',
    ],
  ]),
  ...mutants('store/elasticsearch/counter-changes.ts', [
    ['strategy script never compares and sets', 'if (!this.#mayFallBack) {', `${off}{`],
  ]),
  ...at('history-reader', 'store/elasticsearch/history-reader.ts', [
    [
      'a reading that vouches for a claim begins after it',
      'if (running === undefined || running.over) return this.#start(index).join(asker);',
      'if (running === undefined || running.over) return this.#start(index).join(asker);\n    if (true as boolean) return running.join(asker);',
    ],
    [
      'a stamp needs no reading of its own',
      ' ? this.#start(index) : running)',
      ' ? this.#start(index) : this.#start(index))',
    ],
  ]),
  ...mutants('store/elasticsearch/counter-history.ts', [
    ['historyCheck: false reads no history', 'if (!this.isChecked) return identity;', ''],
    ['one warning', "may go unnoticed.`, 'history')", 'may go unnoticed.`)'],
    ['a history that cannot be read is a warning', 'if (history === null)\n      this', `${off}this`],
    ['a counter without stamp is a warning', 'if (identity.history === undefined)', 'if (false as boolean)'],
  ]),
  ...[
    ['a claim by script is of the pinned epoch', 'ctx._source.epoch == params.epoch', 'true'],
    ['a claim by script takes at least one', 'count >= 1L', 'true'],
    [
      'a claim by script takes an integer',
      '(params.count instanceof Integer || params.count instanceof Long)',
      'true',
    ],
    [
      'a claim by script leaves a negative counter alone',
      'sound = last >= 0L;\n  if (last < floor)',
      'sound = true;\n  if (last < floor)',
    ],
    ['a claim by script stays below 2^53', 'last <= ((Number) params.max).longValue() - count', 'true'],
    [
      'ensureAtLeast by script is of the pinned epoch',
      '(params.to instanceof Integer || params.to instanceof Long)\n  && (!params.pinned || ctx._source.epoch == params.epoch)',
      '(params.to instanceof Integer || params.to instanceof Long)',
    ],
    ['ensureAtLeast by script never lowers', ' && last < to', ''],
    [
      'ensureAtLeast by script takes an integer',
      '(params.to instanceof Integer || params.to instanceof Long)',
      'true',
    ],
    ['ensureAtLeast by script leaves a negative counter alone', 'sound = last >= 0L && to', 'sound = to'],
  ].map(([guard, find, replace]) => ({ guard: guard!, find: find!, replace: replace!, ...painless })),
];
