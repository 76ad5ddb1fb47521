import { ENTITY_MUTANTS } from './entity-mutants.js';

/** One guard taken out. `find` must occur in the file; its first occurrence is replaced. */
export interface Mutant {
  guard: string;
  file: string;
  find: string;
  replace: string;
  spec: string;
  /** Only tests whose name matches, where a whole spec takes long. */
  tests?: string;
}

/** One scripted server, and one where claims are compare-and-set. */
const scripted = { spec: 'test/elasticsearch-guards.spec.ts', tests: 'On OpenSearch' };
const compareAndSet = { spec: 'test/elasticsearch-guards.spec.ts', tests: 'On Elasticsearch 9' };

export const MUTANTS: readonly Mutant[] = [
  {
    guard: 'updates require the alias',
    file: 'elasticsearch-claim.ts',
    find: 'querystring: { require_alias: true, _source: true, ...condition }',
    replace: 'querystring: { _source: true, ...condition }',
    ...scripted,
  },
  {
    guard: 'creations require the alias',
    file: 'elasticsearch-claim.ts',
    find: 'querystring: { require_alias: true },',
    replace: 'querystring: {},',
    ...scripted,
  },
  {
    guard: "the client's own retries are off",
    file: 'elasticsearch-request.ts',
    find: 'maxRetries: 0, ',
    replace: '',
    ...scripted,
  },
  {
    guard: 'only `updated` and `created` are proof of a write',
    file: 'elasticsearch-claim.ts',
    find: "const written = result === 'updated' || result === 'created';",
    replace: 'const written = result !== undefined;',
    ...scripted,
  },
  {
    guard: 'the epoch is the pinned one',
    file: 'elasticsearch-identity.ts',
    find: 'if (document.epoch !== pins.epoch) {',
    replace: 'if (false as boolean) {',
    ...scripted,
  },
  {
    guard: '* the concrete index is the pinned one (reindex + alias switch)',
    file: 'elasticsearch-identity.ts',
    find: 'if (index !== pins.index) {',
    replace: 'if (false as boolean) {',
    ...scripted,
  },
  {
    guard: "the document's history stamp is the pinned one",
    file: 'elasticsearch-identity.ts',
    find: 'if (document.history !== pins.stamp) {',
    replace: 'if (false as boolean) {',
    ...scripted,
  },
  {
    guard: '_seq_no rises',
    file: 'elasticsearch-identity.ts',
    find: 'if (!(seqNo > marks.seqNo)) {',
    replace: 'if (false as boolean) {',
    ...scripted,
  },
  {
    guard: 'the value does not go back',
    file: 'elasticsearch-identity.ts',
    find: 'if (iid - count < marks.value) {',
    replace: 'if (false as boolean) {',
    ...scripted,
  },
  {
    guard: '* answers are compared with the marks at sending',
    file: 'elasticsearch-sequence-store.ts',
    find: 'ruling = rule(outcome, change, sent, this.#isPinned());\n    if',
    replace: 'ruling = rule(outcome, change, this.#knows(name), this.#isPinned());\n    if',
    ...scripted,
  },
  {
    guard: "the shard's history is the pinned one",
    file: 'elasticsearch-protocol.ts',
    find: 'return identity.history === history ? identity : undefined;',
    replace: 'return identity;',
    ...scripted,
  },
  {
    guard: 'a history reading begins after the answer',
    file: 'elasticsearch-history.ts',
    find: 'if (running === undefined) return this.#start(index).join(signal);',
    replace: 'return (running ?? this.#start(index)).join(signal);',
    ...scripted,
  },
  {
    guard: '* pinned to no epoch is not the same as not pinned',
    file: 'elasticsearch-claim.ts',
    find: 'pinned: pins !== undefined,',
    replace: 'pinned: typeof pins?.epoch === "string",',
    ...scripted,
  },
  {
    guard: 'a fence is followed only if it lists the pinned epoch',
    file: 'elasticsearch-identity.ts',
    find: 'document.epochs.includes(pins.epoch) &&',
    replace: '',
    ...scripted,
  },
  {
    guard: 'a fence is followed only if it lies above what was seen',
    file: 'elasticsearch-identity.ts',
    find: 'isValue(document.iid) &&\n    marks.value <= document.iid',
    replace: 'isValue(document.iid)',
    ...scripted,
  },
  {
    guard: '* following a fence takes its _seq_no',
    file: 'elasticsearch-protocol.ts',
    find: 'marks: { seqNo: seen.seqNo, value: now.marks.value }',
    replace: 'marks: now.marks',
    ...scripted,
  },
  {
    guard: 'following a fence drops the cache',
    file: 'elasticsearch-sequence-store.ts',
    find: '{ sequence: name, dropsCache: true }',
    replace: '{ sequence: name }',
    ...scripted,
  },
  {
    guard: '* every creation has an epoch of its own',
    file: 'elasticsearch-sequence-store.ts',
    find: 'epoch: randomUUID()',
    replace: "epoch: 'always'",
    ...scripted,
  },
  {
    guard: '* a process with pins creates no index, for any name',
    file: 'elasticsearch-sequence-store.ts',
    find: '    if (this.#isPinned()) {\n      throw new SequenceIdentityError(',
    replace: '    if (false as boolean) {\n      throw new SequenceIdentityError(',
    ...scripted,
  },
  {
    guard: 'a pinned counter that is missing is not created',
    file: 'elasticsearch-protocol.ts',
    find: 'if (pins === undefined && !(index && anyPinned))',
    replace: 'if (!index || (pins === undefined && !anyPinned))',
    ...scripted,
  },
  {
    guard: 'create: never creates no counter',
    file: 'elasticsearch-sequence-store.ts',
    find: "if (!this.#creates) {\n      throw new SequenceError(\n        'MISSING',\n        `Sequence",
    replace: "if (false as boolean) {\n      throw new SequenceError(\n        'MISSING',\n        `Sequence",
    ...scripted,
  },
  {
    guard: 'create: never creates no index',
    file: 'elasticsearch-sequence-store.ts',
    find: "if (!this.#creates) {\n      throw new SequenceError(\n        'MISSING',\n        `There",
    replace: "if (false as boolean) {\n      throw new SequenceError(\n        'MISSING',\n        `There",
    ...scripted,
  },
  {
    guard: 'one index for processes that start together',
    file: 'elasticsearch-index.ts',
    find: '[alias]: { is_write_index: true }',
    replace: '[alias]: {}',
    ...scripted,
  },
  {
    guard: 'compare-and-set has a condition',
    file: 'elasticsearch-claim.ts',
    find: 'const condition = { if_seq_no: seen.seqNo, if_primary_term: primaryTerm };',
    replace: 'const condition = {};',
    ...compareAndSet,
  },
  {
    guard: '* compare-and-set writes the stamp back',
    file: 'elasticsearch-protocol.ts',
    find: '{ iid: value, ...(history === undefined ? {} : { history }) }',
    replace: '{ iid: value }',
    ...compareAndSet,
  },
  {
    guard: 'only error.type decides a 404',
    file: 'elasticsearch-request.ts',
    find: "return type !== '' ||",
    replace: 'return true || type ||',
    ...scripted,
  },
  {
    guard: 'the whole chain of causes tells missing scripts',
    file: 'elasticsearch-request.ts',
    find: "visit(value['caused_by'], depth + 1);",
    replace: '',
    ...compareAndSet,
  },
  {
    guard: '* two fences of one copy differ',
    file: 'elasticsearch-protocol.ts',
    find: '+ jump + random',
    replace: '+ jump',
    ...scripted,
  },
  {
    guard: "a fence lies above this process's mark",
    file: 'elasticsearch-protocol.ts',
    find: 'Math.max(iid, floor, marks.value, above)',
    replace: 'Math.max(iid, floor, above)',
    ...scripted,
  },
  {
    guard: 'a fence lies above the floor',
    file: 'elasticsearch-protocol.ts',
    find: 'Math.max(iid, floor, marks.value, above)',
    replace: 'Math.max(iid, marks.value, above)',
    ...scripted,
  },
  {
    guard: 'a fence that was applied is not applied again',
    file: 'elasticsearch-sequence-store.ts',
    find: 'if (wasFenced(document, epoch)) {',
    replace: 'if (false as boolean) {',
    ...scripted,
  },
  {
    guard: 'a fence past 2^53 - 1 writes nothing',
    file: 'elasticsearch-sequence-store.ts',
    find: 'if (!Number.isSafeInteger(value)) {',
    replace: 'if (false as boolean) {',
    ...scripted,
  },
  {
    guard: 'the claim script widens to long',
    file: 'elasticsearch-claim.ts',
    find: 'if (sound) { ctx._source.iid = last + count; }',
    replace: 'if (sound) { ctx._source.iid = (int) last + (int) count; }',
    ...scripted,
  },
  {
    guard: 'a counter that is no integer is left alone by the script',
    file: 'elasticsearch-claim.ts',
    find: 'boolean sound = (value instanceof Integer || value instanceof Long)\n  && (params.count',
    replace: 'boolean sound = (value instanceof Number)\n  && (params.count',
    ...scripted,
  },
  {
    guard: 'a claim past 2^53 - 1 is refused',
    file: 'elasticsearch-protocol.ts',
    find: 'return change.count <= Number.MAX_SAFE_INTEGER - base ? base + change.count : undefined;',
    replace: 'return base + change.count;',
    ...scripted,
  },
  ...['durability', 'default_pipeline', 'iid is mapped'].map((guard) => ({
    guard: `an index is refused for its ${guard}`,
    file: 'elasticsearch-index.ts',
    find: {
      durability: "get('translog.durability').toLowerCase() === 'async'",
      default_pipeline: '!/^(_none)?$/.test(get(name))',
      'iid is mapped': "type !== 'long'",
    }[guard]!,
    replace: 'false',
    ...scripted,
  })),
  {
    guard: 'an alias of two indices is refused',
    file: 'elasticsearch-index.ts',
    find: 'others.length > 0',
    replace: 'false',
    ...scripted,
  },
  {
    guard: 'an index that is no alias is refused',
    file: 'elasticsearch-index.ts',
    find: 'index === alias',
    replace: 'false',
    ...scripted,
  },
  ...ENTITY_MUTANTS,
];
