import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { assertInteger } from '../../common/arguments.js';
import { SequenceError } from '../../common/sequence-error.js';
import { MAX_TIMEOUT } from '../../core/call-options.js';
import { SequenceRegistry } from '../../core/sequence-registry.js';

/** How long ago a sequence may have been used to count, in milliseconds. */
const RECENT = 60_000;
/** How long one look at the store is good for, in milliseconds. */
const FRESH = 1_000;
/** How many names an answer lists. */
const LISTED = 10;

/** Options of {@link SequenceHealthIndicator.check}. */
export interface SequenceHealthOptions {
  /**
   * The most milliseconds the check waits for the store. 1 to 2^31 - 1.
   *
   * @default 500
   */
  timeout?: number | undefined;
}

type Data = Record<string, unknown>;
type Verdict = { status: 'up' | 'degraded' | 'down'; data: Data };

/**
 * Tells `@nestjs/terminus` 11 and 12 how the sequences of the application are.
 *
 * - *Up*: the store answers, and no counter has an identity error.
 * - *Degraded*: the store does not answer, but every sequence used in the last minute has cached ids, and no caller has
 *   failed or waits; `secondsLeft` says how long they last at the present rate. Or some counters have identity errors.
 *   Terminus 11 knows no such state: there it is up, with `degraded: true`. Both answer 200.
 * - *Down*: the store does not answer, and a caller failed or waits, or a sequence used in the last minute has no ids.
 *
 * It makes at most one request, once a second, and never throws.
 *
 * @example
 * ```ts
 * @Module({ imports: [TerminusModule], controllers: [HealthController], providers: [SequenceHealthIndicator] })
 * export class HealthModule {}
 *
 * @Get() @HealthCheck()
 * check() {
 *   return this.health.check([() => this.sequences.check('sequences')]);
 * }
 * ```
 */
@Injectable()
export class SequenceHealthIndicator {
  #look: { at: number; timeout: number; failure: Promise<SequenceError | undefined> } | undefined;

  constructor(
    @Inject(SequenceRegistry) private readonly registry: SequenceRegistry,
    @Inject(HealthIndicatorService) private readonly health: HealthIndicatorService,
  ) {}

  async check<const Key extends string>(
    key: Key,
    options: SequenceHealthOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const session = this.health.check(key);
    try {
      const { timeout = 500 } = options;
      assertInteger('timeout', timeout, 1, MAX_TIMEOUT);
      const { status, data } = this.#decide(await this.#silence(timeout));
      if (status === 'down') return session.down(data) as HealthIndicatorResult<Key>;
      if (status === 'up') return session.up(data) as HealthIndicatorResult<Key>;
      const { degraded } = session as { degraded?: unknown };
      if (typeof degraded !== 'function') {
        return session.up({ degraded: true, ...data }) as HealthIndicatorResult<Key>;
      }
      return degraded.call(session, data) as HealthIndicatorResult<Key>;
    } catch (error) {
      return session.down({ message: String(error) }) as HealthIndicatorResult<Key>;
    }
  }

  /** Why the store does not do its work; undefined: it does, as far as one look can tell. */
  async #silence(timeout: number): Promise<SequenceError | undefined> {
    const now = performance.now();
    if (this.#look === undefined || now - this.#look.at > FRESH || this.#look.timeout !== timeout) {
      const failure = this.registry.ping(timeout).then(
        () => undefined,
        (error: unknown) => {
          if (!(error instanceof SequenceError)) throw error;
          // A refusal is an answer. Whether claims are refused too, the claims tell.
          return error.retryable ? error : undefined;
        },
      );
      this.#look = { at: now, timeout, failure };
    }
    const failure = await this.#look.failure;
    return failure ?? this.registry.watch.outage?.error;
  }

  #decide(silence: SequenceError | undefined): Verdict {
    const { watch } = this.registry;
    const foreign = [...watch.foreign].map(([name, { code }]) => ({ name, code }));
    const identity: Data =
      foreign.length === 0
        ? {}
        : { identityErrors: foreign.length, identityErrorsOf: foreign.slice(0, LISTED) };
    if (silence === undefined) return { status: foreign.length === 0 ? 'up' : 'degraded', data: identity };

    const store = { code: silence.code, message: silence.message };
    const failedCallers = watch.outage?.failedCallers ?? 0;
    const { waiting } = this.registry.readings;
    const empty: string[] = [];
    let least = Infinity;
    for (const { name, cached, rate } of this.registry.readings.usedWithin(RECENT)) {
      if (cached === 0) empty.push(name);
      else if (rate > 0) least = Math.min(least, cached / rate);
    }
    if (failedCallers === 0 && waiting === 0 && empty.length === 0) {
      const left = Number.isFinite(least) ? { secondsLeft: Math.floor(least) } : {};
      return { status: 'degraded', data: { store, ...left, ...identity } };
    }
    const names = { sequencesWithoutIds: empty.length, withoutIds: empty.slice(0, LISTED) };
    return { status: 'down', data: { store, failedCallers, waiting, ...names, ...identity } };
  }
}
