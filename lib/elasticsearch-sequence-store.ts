import { randomUUID } from 'node:crypto';
import { assertInteger, assertKnownKeys, assertName, MAX_COUNT, show } from './arguments.js';
import { CounterDocuments } from './elasticsearch-claim.js';
import { about, condemn, corrupt, didNothing, exhausted, failure, fenced } from './elasticsearch-errors.js';
import { fence } from './elasticsearch-fence.js';
import { type History, HistoryReader } from './elasticsearch-history.js';
import { isValue, type Pins, type Sighting } from './elasticsearch-identity.js';
import { createIndex, findIndex } from './elasticsearch-index.js';
import {
  type Change,
  confirm,
  follow,
  type Known,
  learn,
  NOTHING_KNOWN,
  type Outcome,
  rule,
} from './elasticsearch-protocol.js';
import type { ElasticsearchClient } from './elasticsearch-request.js';
import { SequenceError, SequenceIdentityError } from './sequence-errors.js';
import {
  type Block,
  type ClaimRequest,
  type CounterState,
  type EnsureAtLeastRequest,
  type FenceRequest,
  type InspectRequest,
  SequenceStore,
} from './sequence-store.js';
import { SharedWork } from './shared-work.js';

export type { ElasticsearchClient } from './elasticsearch-request.js';

export interface ElasticsearchStoreOptions {
  /** A client of @elastic/elasticsearch 7.13 to 9 or of @opensearch-project/opensearch. Never closed by the store. */
  client: ElasticsearchClient;
  /** The alias of the index that holds the counters. Default: `essequences`. */
  index?: string | undefined;
  /**
   * How to claim: by a Painless script (`script`), by reading and a conditional write (`cas`), or by script until the
   * server says that it has none (`auto`, the default). Processes with different strategies may share a counter.
   */
  strategy?: 'auto' | 'script' | 'cas' | undefined;
  /** `never`: this process creates neither the index nor counters. Default: `auto`, on first use. */
  create?: 'auto' | 'never' | undefined;
  /**
   * Reads the shard's history after every claim, so that a snapshot restore is noticed. `false` saves one request per
   * block and gives up that notice. Default: true.
   */
  historyCheck?: boolean | undefined;
}

/**
 * Counters as documents of an Elasticsearch or OpenSearch index. The protocol: `ARCHITECTURE.md`, "The claim".
 *
 * @example
 * new ElasticsearchSequenceStore({ client: new Client({ node: 'http://localhost:9200' }) })
 */
export class ElasticsearchSequenceStore extends SequenceStore {
  protected readonly alias: string;
  protected readonly client: ElasticsearchClient;
  readonly #documents: CounterDocuments;
  readonly #histories: HistoryReader;
  readonly #creates: boolean;
  readonly #historyCheck: boolean;
  readonly #mayFallBack: boolean;
  readonly #known = new Map<string, Known>();
  /** The index this process knows its counters in, and the names of those. */
  #home: string | undefined;
  readonly #own = new Set<string>();
  #scripted: boolean;
  #checked: SharedWork<string> | undefined;
  #warned = false;

  constructor(options: ElasticsearchStoreOptions) {
    super();
    assertKnownKeys('the options of ElasticsearchSequenceStore', options, [
      'client',
      'index',
      'strategy',
      'create',
      'historyCheck',
    ]);
    const {
      client,
      index = 'essequences',
      strategy = 'auto',
      create = 'auto',
      historyCheck = true,
    } = options;
    assertOneOf('strategy', strategy, ['auto', 'script', 'cas']);
    assertOneOf('create', create, ['auto', 'never']);
    assertOneOf('historyCheck', historyCheck, [true, false]);
    // The rules of Elasticsearch for names of indices, less what only looks odd.
    if (typeof index !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,199}$/.test(index)) {
      throw new TypeError(
        `Expected index to be the name of an alias, 1 to 200 characters of a-z 0-9 . _ - with a letter or digit first, got ${show(index)}`,
      );
    }
    if (typeof client !== 'object' || client === null) {
      throw new TypeError(`Expected client to be an Elasticsearch or OpenSearch client, got ${show(client)}`);
    }
    this.alias = index;
    this.client = client;
    this.#documents = new CounterDocuments(client, index);
    this.#histories = new HistoryReader(client);
    this.#creates = create === 'auto';
    this.#historyCheck = historyCheck;
    this.#scripted = strategy !== 'cas';
    this.#mayFallBack = strategy === 'auto';
  }

  override async open(signal: AbortSignal): Promise<void> {
    await this.#index(signal);
  }

  async claim({ name, count, start, floor = 0, signal }: ClaimRequest): Promise<Block> {
    assertName(name);
    assertInteger('count', count, 1, MAX_COUNT);
    assertInteger('start', start, 1, Number.MAX_SAFE_INTEGER);
    const change: Change = { kind: 'claim', count, floor };
    const first = Math.max(start, floor + 1);
    // In this order: a sum of two safe integers that passes 2^53 - 1 is no safe integer, however it is rounded.
    const created = first + (count - 1);
    const { iid, epoch } = await about(name, this.#change(name, change, created, signal));
    if (iid === undefined) throw didNothing(name);
    return { first: iid - count + 1, last: iid, epoch };
  }

  async ensureAtLeast({ name, id, start, floor = 0, signal }: EnsureAtLeastRequest): Promise<void> {
    assertName(name);
    assertInteger('id', id, 0, Number.MAX_SAFE_INTEGER);
    assertInteger('start', start, 1, Number.MAX_SAFE_INTEGER);
    const to = Math.max(id, floor);
    await about(name, this.#change(name, { kind: 'raise', to }, Math.max(to, start - 1), signal));
  }

  async inspect({ name, signal }: InspectRequest): Promise<CounterState | undefined> {
    assertName(name);
    const seen = await about(name, this.#documents.get(name, signal));
    if (seen.kind === 'missing') return undefined;
    const { iid, epoch, history } = seen.sighting.document;
    if (!isValue(iid)) throw corrupt(name, iid);
    return { last: iid, epoch: epoch ?? undefined, history };
  }

  override async fence(request: FenceRequest): Promise<CounterState> {
    assertName(request.name);
    const place = {
      client: this.client,
      alias: this.alias,
      documents: this.#documents,
      histories: this.#histories,
    };
    const { state, known } = await about(request.name, fence(place, this.#knows(request.name), request));
    if (known !== undefined) this.#learn(request.name, known);
    return state;
  }

  /** Forgets a counter's identity, or all. Only a store for tests may lower a counter, and then must forget it. */
  protected forget(name?: string): void {
    if (name === undefined) this.#known.clear();
    else this.#known.delete(name);
    if (!this.#isPinned()) this.#home = undefined;
  }

  /** The value after the change; undefined if the counter needed none. */
  async #change(
    name: string,
    change: Change,
    created: number,
    signal: AbortSignal,
  ): Promise<{ iid: number | undefined; epoch: string | undefined }> {
    const index = await this.#index(signal);
    const sent = this.#knows(name);
    const pinned = this.#isPinned();
    let outcome = await this.#attempt(name, change, sent.pins, signal);
    let ruling = rule(outcome, change, sent, pinned);
    if (ruling.kind === 'create') {
      this.#assertVerified(name, outcome, index);
      outcome = await this.#create(name, created, index, signal);
      ruling = rule(outcome, change, sent, pinned);
    }
    if (sent.pins === undefined) this.#assertVerified(name, outcome, index);
    if (ruling.kind === 'enough') return { iid: undefined, epoch: undefined };
    if (outcome.kind === 'missing') {
      this.#checked = undefined;
      throw failure(name, ruling, undefined);
    }
    const { sighting } = outcome;
    if (ruling.kind === 'follow') {
      this.#learn(name, follow(this.#knows(name), sent, sighting));
      this.#checked = undefined;
    }
    if (ruling.kind !== 'check') throw failure(name, ruling, sighting);
    await this.#accept(name, sighting, ruling.identity, signal);
    const { iid, epoch } = sighting.document;
    return { iid: iid as number, epoch: epoch ?? undefined };
  }

  async #attempt(
    name: string,
    change: Change,
    pins: Pins | undefined,
    signal: AbortSignal,
  ): Promise<Outcome> {
    if (this.#scripted) {
      const outcome = await this.#documents.changeByScript(name, change, pins, signal);
      if (outcome !== undefined) return outcome;
      if (!this.#mayFallBack) {
        throw new SequenceError(
          'REJECTED',
          `Sequence "${name}": this server runs no Painless scripts. Nothing was claimed; use strategy "auto" or "cas".`,
          { sequence: name },
        );
      }
      this.#scripted = false;
    }
    return this.#documents.changeByCompareAndSet(name, change, pins, signal);
  }

  /**
   * Creation and first block are one write: a crash in between would give the first id twice (PostgreSQL bug #6748).
   * Every request has an epoch of its own: a delayed copy of an earlier one must not bring a deleted counter's back.
   */
  async #create(name: string, value: number, index: string, signal: AbortSignal): Promise<Outcome> {
    if (!this.#creates) {
      throw new SequenceError(
        'MISSING',
        `Sequence "${name}" does not exist, and with create: "never" this process does not create it. Nothing was claimed; restore it, or let a process with create: "auto" create it above all ids in use (start, floor).`,
        { sequence: name },
      );
    }
    if (this.#home !== undefined && this.#home !== index) {
      throw condemn(name, 'VANISHED', `no counter that this process knows is in index ${index}`);
    }
    if (!isValue(value)) throw exhausted(name);
    const history = (await this.#readHistory(index, signal)) ?? undefined;
    const document = { iid: value, epoch: randomUUID(), history, epochs: [] };
    const outcome = await this.#documents.create(name, document, signal);
    if (outcome !== undefined) return outcome;
    throw new SequenceError(
      'CONFLICT',
      `Sequence "${name}": another process created it first. Nothing was claimed; the call may be repeated.`,
      {
        sequence: name,
      },
    );
  }

  /** Pins and marks are set here, by a fence, and when a fence is followed; nowhere else. */
  async #accept(name: string, written: Sighting, sound: Pins, signal: AbortSignal): Promise<void> {
    let identity: Pins | undefined = sound;
    if (this.#historyCheck) {
      // The write was applied: without a reading its block is dropped, as after an answer that got lost.
      const history = await about(name, this.#readHistory(written.index, signal), 'applied');
      if (history !== null) {
        if (sound.history === undefined) this.#warn(`the counter "${name}" has no history stamp`);
        identity = confirm(sound, history);
        if (identity === undefined) {
          throw condemn(name, 'IDENTITY_CHANGED', `its index ${written.index} was restored or forced back`);
        }
      }
    }
    const known = learn(this.#knows(name), identity, written);
    if (known === undefined) throw fenced(name, 'a fence was followed while the claim was under way');
    this.#learn(name, known);
  }

  /** The verified concrete index; created only while this process knows no counter of this store, of whatever name. */
  #index(signal: AbortSignal): Promise<string> {
    if (this.#checked === undefined || this.#checked.over) {
      this.#checked = new SharedWork((abort) => this.#findOrCreate(abort));
    }
    return this.#checked.join(signal);
  }

  async #findOrCreate(signal: AbortSignal): Promise<string> {
    // As it is when the question is sent: a process that learns a counter meanwhile is answered of the time before.
    const pinned = this.#isPinned();
    const found = await findIndex(this.client, this.alias, signal);
    if (found !== undefined) return found;
    if (pinned) {
      throw new SequenceIdentityError(
        'VANISHED',
        `The alias ${this.alias} and its counters are gone; nothing was created. Cached ids were dropped. Restore the index, then run Sequence.fence().`,
      );
    }
    if (!this.#creates) {
      throw new SequenceError(
        'MISSING',
        `There is no alias ${this.alias}, and with create: "never" this process does not create it. Nothing was claimed; restore the index, or let a process with create: "auto" create it.`,
      );
    }
    const created = await createIndex(this.client, this.alias, signal);
    if (created !== undefined) return created;
    throw new SequenceError(
      'UNAVAILABLE',
      `The alias ${this.alias} was created and is gone again. Nothing was claimed; the call may be repeated.`,
    );
  }

  async #readHistory(index: string, signal: AbortSignal): Promise<History> {
    const history = await this.#histories.read(index, signal);
    if (history === null)
      this.#warn('the history of the index cannot be read (privilege "monitor", or serverless)');
    return history;
  }

  #warn(what: string): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(`${what}: a restore of ${this.alias} from a snapshot may go unnoticed.`, {
      type: 'SequenceWarning',
    });
  }

  /**
   * At first contact there are no pins to compare with: the index must be the one that was verified, else the alias was
   * moved meanwhile, and what it stands for now has to be verified first.
   */
  #assertVerified(name: string, outcome: Outcome, verified: string): void {
    const index = outcome.kind === 'missing' ? outcome.index : outcome.sighting.index;
    if (index === undefined || index === verified) return;
    this.#checked = undefined;
    throw new SequenceError(
      'CONFLICT',
      `Sequence "${name}": the alias ${this.alias} was moved from ${verified} to ${index}. Nothing was handed out; the call may be repeated.`,
      { sequence: name, ambiguous: outcome.kind === 'written' },
    );
  }

  #isPinned(): boolean {
    for (const { pins } of this.#known.values()) if (pins !== undefined) return true;
    return false;
  }

  /**
   * Counters are created only in the index where this process knows its own. Another one may stand in for a lost one,
   * with what was handed out still in use; a counter first met there says nothing about it, however often it is claimed.
   * A fence that one of its own follows there does.
   */
  #learn(name: string, known: Known): void {
    const index = known.pins?.index;
    if (this.#own.has(name) || !this.#isPinned() || index === this.#home) {
      this.#own.add(name);
      this.#home = index;
    }
    this.#known.set(name, known);
  }

  #knows(name: string): Known {
    return this.#known.get(name) ?? NOTHING_KNOWN;
  }
}

function assertOneOf(what: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) {
    throw new TypeError(`Expected ${what} to be one of ${allowed.map(show).join(', ')}, got ${show(value)}`);
  }
}
