import { assertCounterName, assertName } from '../../common/arguments.js';
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
import { CounterChanges, type Decided } from './counter-changes.js';
import { CounterDocuments } from './counter-documents.js';
import { CounterHistory } from './counter-history.js';
import { DocumentRequests } from './document-requests.js';
import { corrupt, withSequenceName } from './errors.js';
import { fence } from './fence.js';
import { HistoryReader } from './history-reader.js';
import { isValue } from './identity.js';
import { KnownCounters } from './known-counters.js';
import { DirectRequests } from './operation-channel.js';
import type { ElasticsearchClient } from './request.js';
import { SeriesDocuments } from './series-documents.js';
import { losesBulkItems, readVersions } from './server-version.js';
import { type ElasticsearchStoreOptions, storeOptions } from './store-options.js';
import { VerifiedIndex } from './verified-index.js';
import { Warnings } from './warnings.js';

/** Milliseconds for reading the versions of the nodes. */
const VERSIONS_TIMEOUT = 10_000;

/**
 * Counters as documents of an Elasticsearch or OpenSearch index. The protocol: `ARCHITECTURE.md`, "The claim".
 *
 * @example
 * new ElasticsearchSequenceStore({ client: new Client({ node: 'http://localhost:9200' }) })
 */
export class ElasticsearchSequenceStore extends SequenceStore {
  protected readonly alias: string;
  protected readonly client: ElasticsearchClient;
  /** Fences and looks, each a request of its own. */
  readonly #direct: CounterDocuments;
  readonly #histories: HistoryReader;
  readonly #known = new KnownCounters();
  readonly #index: VerifiedIndex;
  readonly #changes: CounterChanges;
  readonly #series: SeriesDocuments;
  readonly #warnings = new Warnings();

  constructor(options: ElasticsearchStoreOptions) {
    super();
    const { client, index: alias, strategy, create, historyCheck } = storeOptions(options);
    this.alias = alias;
    this.client = client;
    const warnings = this.#warnings;
    const known = this.#known;
    const creates = create === 'auto';
    const histories = (this.#histories = new HistoryReader(client));
    const index = (this.#index = new VerifiedIndex(
      client,
      alias,
      creates,
      () => known.home !== undefined,
      (text) => warnings.give(`${alias}: ${text}.`),
    ));
    // Claims, many in one request where many wait.
    const requests = new DocumentRequests({
      client,
      alias,
      whyNotTogether: () => this.#whyNotTogether(),
      onSingle: (why) => warnings.give(`${alias}: ${why}. Claims of many sequences go one by one.`),
    });
    const documents = new CounterDocuments(requests, alias);
    this.#changes = new CounterChanges({
      alias,
      documents,
      history: new CounterHistory(alias, histories, warnings, historyCheck),
      index,
      known,
      strategy,
      creates,
    });
    this.#direct = new CounterDocuments(new DirectRequests(client, alias), alias);
    this.#series = new SeriesDocuments({ client, alias, index, creates });
  }

  override async open(signal: AbortSignal): Promise<void> {
    await this.#index.name({ signal });
  }

  override onWarning(listener: (text: string) => void): () => void {
    return this.#warnings.listen(listener);
  }

  async claim(request: ClaimRequest): Promise<Block> {
    const { name, start } = request;
    assertCounterName(name);
    let taken = 0;
    const decide = (): Decided => {
      // Read now and not before: what is asked for is decided when the request goes out.
      assertClaim(request);
      const { count, floor = 0, max = Number.MAX_SAFE_INTEGER, signal } = request;
      // Reading the count may have ended the attempt: then nobody wants it any more.
      signal.throwIfAborted();
      taken = count;
      return { change: { kind: 'claim', count, floor, max }, before: start - 1 };
    };
    const { last, epoch } = await withSequenceName(name, this.#changes.make(name, decide, request));
    return { first: last - taken + 1, last, epoch };
  }

  async ensureAtLeast(request: EnsureAtLeastRequest): Promise<void> {
    assertEnsureAtLeast(request);
    const { name, id, start, floor = 0 } = request;
    const to = Math.max(id, floor);
    const decided: Decided = { change: { kind: 'raise', to }, before: start - 1 };
    await withSequenceName(
      name,
      this.#changes.make(name, () => decided, request),
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
}
