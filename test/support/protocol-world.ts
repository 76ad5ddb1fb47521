import type { CounterDocument, Pins, Sighting } from '../../lib/store/elasticsearch/identity.js';
import { type Change, type Outcome, valueAfter } from '../../lib/store/elasticsearch/protocol.js';

/** A counter as a shard holds it. */
interface Stored {
  /** Which `_create` made it; copies and restores keep it. */
  readonly life: number;
  readonly seqNo: number;
  readonly term: number;
  readonly document: CounterDocument & { iid: number };
}

export interface Index {
  readonly name: string;
  /** The shard's history_uuid. */
  readonly history: string;
  readonly term: number;
  readonly nextSeqNo: number;
  readonly counter: Stored | undefined;
}

/** The servers: one counter of one alias, as far as the protocol can see it. */
export interface World {
  readonly alias: string | undefined;
  readonly indices: Readonly<Record<string, Index>>;
  /** A copy that the alias does not point to yet. */
  readonly copy: string | undefined;
  readonly snapshot: Index | undefined;
  /** What the other copies have while the primary is isolated and does not know: its writes are never acknowledged. */
  readonly acknowledged: Index | undefined;
  /** Makes names that were never used before. */
  readonly made: number;
  readonly lives: number;
}

/** A document with what only the explorer knows of it. */
export interface Seen {
  readonly sighting: Sighting;
  readonly life: number;
}

export type Request =
  | { kind: 'script'; change: Change; pins: Pins | undefined }
  | { kind: 'update'; seen: Seen; fields: Partial<CounterDocument> & { iid: number } }
  | { kind: 'create'; document: CounterDocument & { iid: number } }
  /** Only mutants send it: the whole document, on the condition of a remembered `_seq_no`. */
  | { kind: 'put'; seen: Seen; document: CounterDocument & { iid: number } };

export type Answer =
  { kind: 'conflict' } | { kind: 'outcome'; outcome: Outcome; life: number; before: number };

export const EMPTY_WORLD: World = {
  alias: undefined,
  indices: {},
  copy: undefined,
  snapshot: undefined,
  acknowledged: undefined,
  made: 0,
  lives: 0,
};

export function current(world: World): Index | undefined {
  return world.alias === undefined ? undefined : world.indices[world.alias];
}

export function read(world: World): Extract<Outcome, { kind: 'missing' }> | Seen {
  const index = current(world);
  if (index === undefined) return { kind: 'missing', what: 'index' };
  const { counter } = index;
  return counter === undefined
    ? { kind: 'missing', what: 'document', index: index.name }
    : see(index, counter);
}

export function createIndex(world: World): World {
  const made = world.made + 1;
  const index = { name: `i${made}`, history: `h${made}`, term: 1, nextSeqNo: 0, counter: undefined };
  return { ...world, made, alias: index.name, indices: { ...world.indices, [index.name]: index } };
}

/** What the server does with a request; `pinned` and `epoch` as the script compares them. */
export function apply(world: World, request: Request): { world: World; answer: Answer } {
  const index = current(world);
  if (index === undefined) return { world, answer: missing('index') };
  const { counter } = index;
  switch (request.kind) {
    case 'create': {
      if (counter !== undefined) return { world, answer: { kind: 'conflict' } };
      const lives = world.lives + 1;
      return write({ ...world, lives }, index, request.document, lives, 0);
    }
    case 'script': {
      if (counter === undefined) return { world, answer: missing('document', index.name) };
      const { document, life } = counter;
      const { pins, change } = request;
      const sound = pins === undefined || document.epoch === pins.epoch;
      const iid = sound ? valueAfter(document.iid, change) : undefined;
      if (iid === undefined) return { world, answer: unchanged(index, counter) };
      return write(world, index, { ...document, iid }, life, document.iid);
    }
    case 'update': {
      if (counter === undefined) return { world, answer: missing('document', index.name) };
      if (!meets(counter, request.seen)) return { world, answer: { kind: 'conflict' } };
      const { document, life } = counter;
      return write(world, index, { ...document, ...request.fields }, life, document.iid);
    }
    case 'put': {
      if (counter === undefined || !meets(counter, request.seen)) {
        return { world, answer: { kind: 'conflict' } };
      }
      return write(world, index, request.document, counter.life, counter.document.iid);
    }
  }
}

/** An answer that wrote nothing, as a dropping pipeline gives it. */
export function noop(world: World): Answer {
  const index = current(world);
  if (index === undefined) return missing('index');
  return index.counter === undefined ? missing('document', index.name) : unchanged(index, index.counter);
}

export function missing(what: 'index' | 'document', index?: string): Answer {
  const outcome = { kind: 'missing' as const, what, ...(index === undefined ? {} : { index }) };
  return { kind: 'outcome', outcome, life: 0, before: 0 };
}

/** What operators and accidents do to the servers. Undefined: it cannot happen now. */
export const events: Record<string, (world: World) => World | undefined> = {
  failover: (world) => {
    const index = current(world);
    return index && put(world, { ...index, term: index.term + 1 });
  },
  isolate: (world) => {
    const index = current(world);
    return index?.counter === undefined ? undefined : { ...world, acknowledged: index };
  },
  deleteDocument: (world) => {
    const index = current(world);
    if (index?.counter === undefined) return undefined;
    return put(world, { ...index, counter: undefined, nextSeqNo: index.nextSeqNo + 1 });
  },
  deleteIndex: (world) => {
    if (world.alias === undefined) return undefined;
    const { [world.alias]: _, ...indices } = world.indices;
    return { ...world, alias: undefined, indices };
  },
  snapshot: (world) => {
    const index = current(world);
    return index?.counter === undefined ? undefined : { ...world, snapshot: index };
  },
  /** Over the closed index: the term goes on. */
  restore: (world) => {
    const index = world.snapshot && world.indices[world.snapshot.name];
    return index && restored(world, index.term + 2);
  },
  /** After a deletion: the term goes on from the snapshot's, so it may be the live one. */
  deleteAndRestore: (world) => world.snapshot && restored(world, world.snapshot.term + 1),
  /** Reindex: claims made from now on are not in the copy. */
  copy: (world) => {
    const index = current(world);
    if (index?.counter === undefined || world.copy !== undefined) return undefined;
    const made = world.made + 1;
    const name = `i${made}`;
    const counter = { ...index.counter, seqNo: 0, term: 1 };
    const copied = { name, history: `h${made}`, term: 1, nextSeqNo: 1, counter };
    return { ...world, made, copy: name, indices: { ...world.indices, [name]: copied } };
  },
  switch: (world) =>
    world.copy === undefined ? undefined : { ...world, alias: world.copy, copy: undefined },
};

/** Another copy becomes the primary: what the isolated one wrote is gone. */
export function promote(world: World): World {
  const { acknowledged } = world;
  const term = (current(world)?.term ?? 0) + 1;
  return acknowledged === undefined
    ? world
    : { ...put(world, { ...acknowledged, term }), acknowledged: undefined };
}

function restored(world: World, term: number): World | undefined {
  if (world.snapshot === undefined) return undefined;
  const made = world.made + 1;
  const index = { ...world.snapshot, history: `h${made}`, term };
  return { ...put(world, index), made, alias: index.name };
}

function put(world: World, index: Index): World {
  return { ...world, indices: { ...world.indices, [index.name]: index } };
}

function meets(counter: Stored, { sighting }: Seen): boolean {
  return counter.seqNo === sighting.seqNo && counter.term === sighting.term;
}

function write(
  world: World,
  index: Index,
  document: CounterDocument & { iid: number },
  life: number,
  before: number,
): { world: World; answer: Answer } {
  const { term, nextSeqNo: seqNo } = index;
  const counter: Stored = { life, seqNo, term, document };
  const { sighting } = see(index, counter);
  return {
    world: put(world, { ...index, nextSeqNo: seqNo + 1, counter }),
    answer: { kind: 'outcome', outcome: { kind: 'written', sighting }, life, before },
  };
}

function unchanged(index: Index, counter: Stored): Answer {
  const { sighting, life } = see(index, counter);
  return {
    kind: 'outcome',
    outcome: { kind: 'unchanged', sighting },
    life,
    before: counter.document.iid,
  };
}

function see(index: Index, { seqNo, document, life, term }: Stored): Seen {
  return { sighting: { index: index.name, seqNo, term, document }, life };
}
