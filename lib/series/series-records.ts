import { macrotask } from '../common/clock.js';
import { SequenceError } from '../common/sequence-error.js';
import type { Attempt } from '../core/attempt.js';
import { Attempts } from '../core/attempts.js';
import type { CallOptions } from '../core/call-options.js';
import { timeoutError } from '../core/core-errors.js';
import { CounterCalls } from '../core/counter-calls.js';
import { forCaller } from '../core/for-caller.js';
import type { SequenceRegistry } from '../core/sequence-registry.js';
import type { NumberSeries } from './number-series.js';
import { joined, readRecord, type SeriesRecord, writeRecord } from './series-record.js';

/** A record that is asked for. */
interface Asked {
  readonly attempts: Attempts;
  /** When, on the clock, it is given up. */
  readonly until: number;
  readonly settled: Promise<void>;
}

/** Tells the store once per series and process how this process defines it, and learns how others do. */
export class SeriesRecords {
  /** Series whose record holds. */
  readonly #known = new Set<string>();
  /** One for all callers of a series that wait for it. */
  readonly #asking = new Map<string, Asked>();
  /** Tests only: settles when the records have been removed. */
  #ready: Promise<void> | undefined;
  #warned = false;

  constructor(private readonly registry: SequenceRegistry) {}

  /** Undefined: the record holds, as at every call but the first ones. */
  settled(series: NumberSeries, call: CallOptions | undefined): Promise<void> | undefined {
    const { name } = series;
    if (this.#known.has(name)) return undefined;
    if (this.registry.store.recordSeries === undefined) {
      this.#known.add(name);
      this.#warnOnce();
      return undefined;
    }
    return this.#wait(series, call);
  }

  /** Each caller waits until its own signal aborts or its own time is over. How long the others wait does not matter. */
  async #wait(
    series: NumberSeries,
    { signal, timeout = this.registry.surroundings.timeout }: CallOptions = {},
  ): Promise<void> {
    const { surroundings } = this.registry;
    const { clock } = surroundings;
    const { name } = series;
    const until = clock.now() + timeout;
    for (;;) {
      signal?.throwIfAborted();
      const asked = this.#asking.get(name) ?? this.#ask(series);
      try {
        const time = { signal, timeout: Math.max(0, until - clock.now()) };
        const timedOut = () => timeoutError(name, timeout, asked.attempts);
        return await forCaller(asked.settled, surroundings, time, timedOut);
      } catch (error) {
        const isOver = asked.until >= until || clock.now() >= until;
        if (isOver || !(error instanceof SequenceError) || error.code !== 'TIMEOUT') throw error;
      }
    }
  }

  /** Tests only: the records that are asked for now, and when those who wait for them have gone on to their counters. */
  asked(): ReadonlyMap<string, Promise<void>> {
    const goneOn = (settled: Promise<void>) => settled.catch(() => {}).then(macrotask);
    return new Map([...this.#asking].map(([name, { settled }]) => [name, goneOn(settled)]));
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
    await Promise.allSettled(before.map(([, { settled }]) => settled));
  }

  #ask(series: NumberSeries): Asked {
    const { registry } = this;
    const { name } = series;
    const { clock, timeout } = registry.surroundings;
    const attempts = new Attempts(name, registry.surroundings);
    const isPresent = () => this.#asking.get(name) === asked;
    const removeAbort = registry.abortListeners.add(registry.closed, () => attempts.close());
    const settled = this.#learn(series, attempts, isPresent).finally(() => {
      removeAbort();
      if (isPresent()) this.#asking.delete(name);
    });
    settled.catch(() => {});
    const asked: Asked = { attempts, until: clock.now() + timeout, settled };
    this.#asking.set(name, asked);
    return asked;
  }

  /** `isPresent`: no reset has taken its place. */
  async #learn(series: NumberSeries, attempts: Attempts, isPresent: () => boolean): Promise<void> {
    const { name } = series;
    const calls = new CounterCalls(name, this.registry.surroundings, {
      ready: this.#ready,
      onFailure: () => {},
    });
    // Whether the record was written is nothing that a caller asks: no number was claimed, and its call may be repeated.
    const { recorded, own } = await calls.make(
      attempts,
      (attempt) => this.#join(series, attempt),
      {},
      { writes: false },
    );
    if (isPresent()) this.#known.add(name);
    warnOfZone(name, recorded, own);
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

/** Before the first series or format that reads a date there was no zone, so none was changed. */
function warnOfZone(name: string, recorded: SeriesRecord, own: SeriesRecord): void {
  const [before, here] = [recorded.timeZone, own.timeZone];
  if (before === undefined || here === undefined || before === here) return;
  const effect =
    own.restart === 'never'
      ? 'the numbers of the processes have different dates'
      : 'the processes count in different periods';
  process.emitWarning(
    `Series "${name}": its time zone was ${before}, here it is ${here}: around midnight ${effect}.`,
    { type: 'SequenceWarning', code: 'ESSEQUENCE_TIME_ZONE' },
  );
}
