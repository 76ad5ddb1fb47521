import { orAborted } from '../common/abort.js';
import type { Clock } from '../common/clock.js';
import type { Attempt } from '../core/attempt.js';
import { Attempts } from '../core/attempts.js';
import type { CallOptions } from '../core/call-options.js';
import type { CoreOptions } from '../core/core-options.js';
import { CounterCalls } from '../core/counter-calls.js';
import type { SequenceRegistry } from '../core/sequence-registry.js';
import type { NumberSeries } from './number-series.js';
import { joined, readRecord, type SeriesRecord, writeRecord } from './series-record.js';

/** Tells the store once per series and process how this process defines it, and learns how others do. */
export class SeriesRecords {
  /** Series whose record holds. */
  readonly #known = new Set<string>();
  /** One for all callers of a series that wait for it. */
  readonly #asking = new Map<string, Promise<void>>();
  /** Tests only: settles when the records have been removed. */
  #ready: Promise<void> | undefined;
  #warned = false;

  constructor(
    private readonly registry: SequenceRegistry,
    private readonly options: CoreOptions,
    private readonly clock: Clock,
  ) {}

  /** Undefined: the record holds, as at every call but the first ones. */
  settled(series: NumberSeries, call: CallOptions | undefined): Promise<void> | undefined {
    const { name } = series;
    if (this.#known.has(name)) return undefined;
    if (this.registry.store.recordSeries === undefined) {
      this.#known.add(name);
      this.#warnOnce();
      return undefined;
    }
    let asking = this.#asking.get(name);
    if (asking === undefined) {
      const isPresent = () => this.#asking.get(name) === asked;
      const asked = this.#ask(series, isPresent).finally(() => isPresent() && this.#asking.delete(name));
      asked.catch(() => {});
      this.#asking.set(name, asked);
      asking = asked;
    }
    return call?.signal === undefined ? asking : orAborted(asking, call.signal);
  }

  /**
   * Tests only: `removal` forgets the records in the store, or that of one series. Calls made after this write them again,
   * once that is over. Resolves when those made before have theirs.
   */
  async startAnew(removal: Promise<void>, name?: string): Promise<void> {
    const before = [...this.#asking].filter(([each]) => name === undefined || each === name);
    for (const each of name === undefined ? [...this.#known] : [name]) this.#known.delete(each);
    for (const [each] of before) this.#asking.delete(each);
    this.#ready = removal.catch(() => {});
    await Promise.allSettled(before.map(([, asking]) => asking));
  }

  /** `isPresent`: no reset has taken its place. */
  async #ask(series: NumberSeries, isPresent: () => boolean): Promise<void> {
    const { name } = series;
    const { clock } = this;
    const { timeout, maxWaiters } = this.options;
    const { pace, abortListeners, observers } = this.registry;
    const calls = new CounterCalls({
      name,
      timeout,
      maxCalls: maxWaiters,
      clock,
      pace,
      abortListeners,
      ready: this.#ready,
      onFailure: () => {},
    });
    const attempts = new Attempts(name, { timeout, clock, observers });
    const { recorded, own } = await calls.make(
      attempts,
      (attempt) => this.#join(series, attempt),
      {},
      { writes: true },
    );
    if (isPresent()) this.#known.add(name);
    if (recorded.timeZone !== own.timeZone) warnOfZone(name, recorded, own);
  }

  /** Each race that is lost here is one that another process has won with a format of its own: they are few. */
  async #join(
    series: NumberSeries,
    { signal, progress }: Attempt,
  ): Promise<{ recorded: SeriesRecord; own: SeriesRecord }> {
    const { store } = this.registry;
    const { name, record: own } = series;
    let expected: string | undefined;
    let record = writeRecord(own);
    for (;;) {
      const stored = await store.recordSeries!({ name, expected, record, signal, progress });
      if (stored === record) return { recorded: readRecord(name, stored), own };
      const recorded = readRecord(name, stored);
      const next = joined(name, recorded, own);
      if (next === recorded) return { recorded, own };
      expected = stored;
      record = writeRecord(next);
    }
  }

  #warnOnce(): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(
      `${this.registry.store.constructor.name} keeps no record of number series, so processes that define one differently do ` +
        'not learn of each other: recordSeries() of SequenceStore.',
      { type: 'SequenceWarning', code: 'ESSEQUENCE_NO_RECORD' },
    );
  }
}

function warnOfZone(name: string, recorded: SeriesRecord, own: SeriesRecord): void {
  process.emitWarning(
    `Series "${name}": its time zone was ${recorded.timeZone}, here it is ${own.timeZone}: around midnight the processes count ` +
      'in different periods.',
    { type: 'SequenceWarning', code: 'ESSEQUENCE_TIME_ZONE' },
  );
}
