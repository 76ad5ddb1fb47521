import { randomUUID } from 'node:crypto';
import { assertCounterName, assertName } from '../../common/arguments.js';
import { CounterDocuments, type Prepared } from './counter-documents.js';
import { DocumentRequests } from './document-requests.js';
import {
  corrupt,
  exhausted,
  failure,
  fenceFollowed,
  identityError,
  movedAlias,
  withSequenceName,
} from './errors.js';
import { fence } from './fence.js';
import { type History, HistoryReader } from './history-reader.js';
import { isValue, type Pins, type Sighting } from './identity.js';
import { KnownCounters } from './known-counters.js';
import {
  type Change,
  confirm,
  type Decision,
  decide as decideOn,
  follow,
  type Known,
  learn,
  type Outcome,
} from './protocol.js';
import { DirectRequests } from './operation-channel.js';
import type { Asker, ElasticsearchClient } from './request.js';
import { SeriesDocuments } from './series-documents.js';
import { losesBulkItems, readVersions } from './server-version.js';
import { type ElasticsearchStoreOptions, storeOptions } from './store-options.js';
import { VerifiedIndex } from './verified-index.js';
import { sequenceError } from '../../common/sequence-error.js';
import { assertClaim, assertEnsureAtLeast, assertFence } from '../requests.js';
import {
  type Block,
  type ClaimRequest,
  type CounterState,
  type EnsureAtLeastRequest,
  type FenceRequest,
  type InspectRequest,
  type SeriesRecordRequest,
  SequenceStore,
} from '../sequence-store.js';

/** Milliseconds for reading the versions of the nodes. */
const VERSIONS_TIMEOUT = 10_000;

/** What an attempt asks for. */
interface Decided {
  change: Change;
  /** The value of the counter should it have to be created. */
  created: number;
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
  /** Claims, many in one request where many wait. */
  readonly #documents: CounterDocuments;
  /** Fences and looks, each a request of its own. */
  readonly #direct: CounterDocuments;
  readonly #requests: DocumentRequests;
  readonly #histories: HistoryReader;
  readonly #creates: boolean;
  readonly #historyCheck: boolean;
  readonly #mayFallBack: boolean;
  readonly #known = new KnownCounters();
  readonly #index: VerifiedIndex;
  readonly #series: SeriesDocuments;
  #scripted: boolean;
  /** Each warning is given once. */
  readonly #warned = new Set<string>();
  readonly #listeners = new Set<(text: string) => void>();

  constructor(options: ElasticsearchStoreOptions) {
    super();
    const { client, index, strategy, create, historyCheck } = storeOptions(options);
    this.alias = index;
    this.client = client;
    this.#requests = new DocumentRequests({
      client,
      alias: index,
      whyNotTogether: () => this.#whyNotTogether(),
      onSingle: (why) => this.#warn(`${this.alias}: ${why}. Claims of many sequences go one by one.`),
    });
    this.#documents = new CounterDocuments(this.#requests, index);
    this.#direct = new CounterDocuments(new DirectRequests(client, index), index);
    this.#histories = new HistoryReader(client);
    this.#creates = create === 'auto';
    this.#index = new VerifiedIndex(
      client,
      index,
      this.#creates,
      () => this.#known.home !== undefined,
      (text) => this.#warn(`${this.alias}: ${text}.`),
    );
    this.#series = new SeriesDocuments({ client, alias: index, index: this.#index, creates: this.#creates });
    this.#historyCheck = historyCheck;
    this.#scripted = strategy !== 'cas';
    this.#mayFallBack = strategy === 'auto';
  }

  override async open(signal: AbortSignal): Promise<void> {
    await this.#index.name({ signal });
  }

  override onWarning(listener: (text: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async claim(request: ClaimRequest): Promise<Block> {
    const { name, start } = request;
    assertCounterName(name);
    let taken = 0;
    const decide = (): Decided => {
      // Read now and not before: what is asked for is decided when the request goes out.
      assertClaim(request);
      const { count, floor = 0 } = request;
      taken = count;
      // In this order: a sum of two safe integers that passes 2^53 - 1 is never a safe integer, however it is rounded.
      const created = Math.max(start, floor + 1) + (count - 1);
      return { change: { kind: 'claim', count, floor }, created };
    };
    const { last, epoch } = await withSequenceName(name, this.#change(name, decide, request));
    return { first: last - taken + 1, last, epoch };
  }

  async ensureAtLeast(request: EnsureAtLeastRequest): Promise<void> {
    assertEnsureAtLeast(request);
    const { name, id, start, floor = 0 } = request;
    const to = Math.max(id, floor);
    const decided: Decided = { change: { kind: 'raise', to }, created: Math.max(to, start - 1) };
    await withSequenceName(
      name,
      this.#change(name, () => decided, request),
    );
  }

  async inspect(request: InspectRequest): Promise<CounterState | undefined> {
    const { name } = request;
    assertCounterName(name);
    const seen = await withSequenceName(name, this.#direct.get(name, request));
    if (seen.kind === 'missing') return undefined;
    const { iid: last, epoch, history } = seen.sighting.document;
    if (!isValue(last)) throw corrupt(name, last);
    return { last, epoch: epoch ?? undefined, history };
  }

  /** Reads a document that does not exist, as counters are read: the shard has to answer, not just some node. */
  override async ping(signal: AbortSignal): Promise<void> {
    await this.#direct.get('~ping', { signal });
  }

  override async fence(request: FenceRequest): Promise<CounterState> {
    assertFence(request);
    const place = {
      client: this.client,
      alias: this.alias,
      documents: this.#direct,
      histories: this.#histories,
    };
    const before = this.#known.get(request.name);
    const { state, known } = await withSequenceName(request.name, fence(place, before, request));
    this.#index.doubt();
    // What a claim learnt meanwhile is never lowered: the next claim follows the fence then, as any process does.
    if (known !== undefined && this.#known.get(request.name) === before) {
      this.#known.set(request.name, known, 'fence');
    }
    return state;
  }

  override async recordSeries(request: SeriesRecordRequest): Promise<string> {
    assertName(request.name);
    return withSequenceName(request.name, this.#series.record(request));
  }

  /** Asked when many operations wait for the first time, so that others need no request for it. */
  async #whyNotTogether(): Promise<string | undefined> {
    const signal = AbortSignal.timeout(VERSIONS_TIMEOUT);
    const index = await this.#index.name({ signal });
    if (!losesBulkItems(await readVersions(this.client, index, { signal }))) return undefined;
    return 'on Elasticsearch 9.5.0 to 9.5.2 items of a bulk may stay unreplicated (elasticsearch#158212)';
  }

  /** Forgets a counter's identity, or all. Only a store for tests may lower a counter, and then must forget it. */
  protected forget(name?: string): void {
    this.#known.forget(name);
  }

  /** The counter after the change. */
  async #change(
    name: string,
    decide: () => Decided,
    asker: Asker,
  ): Promise<{ last: number; epoch: string | undefined }> {
    const index = await this.#index.name(asker);
    const pinned = this.#known.home !== undefined;
    // A counter that was unknown when this began may be created by another call meanwhile: that it was missing then says
    // nothing of its identity.
    const atStart = this.#known.forClaim(name, index);
    let decided: Decided | undefined;
    let sent: Known | undefined;
    /** Asked when the write goes out: until then other calls of this process may learn more of the counter. */
    const prepare = (): Prepared => {
      decided ??= decide();
      sent = this.#known.forClaim(name, index);
      return { change: decided.change, pins: sent.pins };
    };
    const decisionOn = (outcome: Outcome): Decision => {
      if (decided === undefined || sent === undefined) prepare();
      const known = outcome.kind === 'missing' && atStart.pins === undefined ? atStart : sent!;
      return decideOn(outcome, decided!.change, known, pinned);
    };
    let outcome = await this.#attempt(name, prepare, asker);
    let decision = decisionOn(outcome);
    if (decision.kind === 'create') {
      this.#assertVerified(name, outcome, index);
      outcome = await this.#create(name, decided!.created, index, asker);
      decision = decisionOn(outcome);
    }
    if (sent!.pins === undefined) this.#assertVerified(name, outcome, index);
    if (outcome.kind === 'missing') {
      this.#index.doubt();
      if (outcome.what === 'document') throw failure(name, decision, undefined);
      // A node that has just started finds no alias for writes until it has recovered its state. This look waits for
      // that; it throws if the alias is gone.
      await this.#index.name(asker);
      throw failure(name, { kind: 'gone' }, undefined);
    }
    const { sighting } = outcome;
    if (decision.kind === 'follow') {
      const now = this.#known.get(name);
      const followed = follow(now, sent!, sighting);
      if (followed !== now) this.#known.set(name, followed, 'fence');
      this.#index.doubt();
    }
    if (decision.kind !== 'check') throw failure(name, decision, sighting);
    await this.#accept(name, sighting, decision.identity, asker);
    const { iid, epoch } = sighting.document;
    return { last: iid as number, epoch: epoch ?? undefined };
  }

  async #attempt(name: string, prepare: () => Prepared, asker: Asker): Promise<Outcome> {
    if (this.#scripted) {
      const outcome = await this.#documents.changeByScript(name, prepare, asker);
      if (typeof outcome === 'object') return outcome;
      const never = outcome === 'never';
      if (!this.#mayFallBack) {
        throw sequenceError(
          name,
          never ? 'REJECTED' : 'UNAVAILABLE',
          `this server runs no Painless scripts${never ? '' : ' now (too many were compiled)'}. Nothing was claimed; use strategy "auto" or "cas".`,
        );
      }
      if (never) this.#scripted = false;
    }
    return this.#documents.changeByCompareAndSet(name, prepare, asker);
  }

  /**
   * Creation and first block are one write: a crash in between would give the first id twice (PostgreSQL bug #6748).
   * Every request has an epoch of its own: a delayed copy of an earlier one must not bring a deleted counter's back. It is
   * sent only while the counter is still unknown here: another call may have met it meanwhile.
   */
  async #create(name: string, value: number, index: string, asker: Asker): Promise<Outcome> {
    if (!this.#creates) {
      throw sequenceError(
        name,
        'MISSING',
        'it does not exist, and with create: "never" this process does not create it. Nothing was claimed; restore it, or let a process with create: "auto" create it above all ids in use (start, floor).',
      );
    }
    const { home } = this.#known;
    if (home !== undefined && home !== index) {
      throw identityError(name, 'VANISHED', `this process knows none of the counters in index ${index}`);
    }
    if (!isValue(value)) throw exhausted(name);
    const history = (await this.#readHistory(index, asker)) ?? undefined;
    const document = () =>
      this.#known.get(name).pins === undefined
        ? { iid: value, epoch: randomUUID(), history, epochs: [] }
        : undefined;
    const outcome = await this.#documents.create(name, document, asker);
    if (outcome !== undefined) return outcome;
    throw sequenceError(
      name,
      'CONFLICT',
      'another call or process created it first. Nothing was claimed; the call may be repeated.',
    );
  }

  /** Pins and marks are set here, by a fence, and when a fence is followed; nowhere else. */
  async #accept(name: string, written: Sighting, sound: Pins, asker: Asker): Promise<void> {
    let identity: Pins | undefined = sound;
    if (this.#historyCheck) {
      // The write was applied: without a reading its block is dropped, as after an answer that got lost.
      const history = await withSequenceName(name, this.#readHistory(written.index, asker), 'applied');
      if (history !== null) {
        if (sound.history === undefined) this.#warnOfHistory(`the counter "${name}" has no history stamp`);
        identity = confirm(sound, history);
        if (identity === undefined) {
          throw identityError(
            name,
            'IDENTITY_CHANGED',
            `its index ${written.index} was restored or forced back`,
          );
        }
      }
    }
    const known = learn(this.#known.get(name), identity, written);
    if (known === undefined) throw fenceFollowed(name, 'a fence was followed while the claim was under way');
    this.#known.set(name, known);
  }

  async #readHistory(index: string, asker: Asker): Promise<History> {
    const history = await this.#histories.read(index, asker);
    if (history === null)
      this.#warnOfHistory('the history of the index cannot be read (privilege "monitor", or serverless)');
    return history;
  }

  #warnOfHistory(what: string): void {
    this.#warn(`${what}: a restore of ${this.alias} from a snapshot may go unnoticed.`, 'history');
  }

  /** Once for each text, or for all of one `kind`. */
  #warn(text: string, kind = text): void {
    if (this.#warned.has(kind)) return;
    this.#warned.add(kind);
    if (this.#listeners.size === 0) process.emitWarning(text, { type: 'SequenceWarning' });
    for (const listener of this.#listeners) listener(text);
  }

  /**
   * At first contact there are no pins to compare with: the index must be the one that was verified, else the alias was
   * moved meanwhile, and what it stands for now has to be verified first.
   */
  #assertVerified(name: string, outcome: Outcome, verified: string): void {
    const index = outcome.kind === 'missing' ? outcome.index : outcome.sighting.index;
    if (index === undefined || index === verified) return;
    this.#index.doubt();
    throw movedAlias(name, this.alias, verified, index, { ambiguous: outcome.kind === 'written' });
  }
}
