import { assertCallOptions, type CallOptions } from './call-options.js';
import type { Clock } from '../common/clock.js';
import { type Attempt, closedError, GaveUp, type Patience, type RetryLoop } from './attempts.js';
import type { SequenceError } from '../common/sequence-error.js';
import { tooManyWaitersError } from './waiting-line.js';

/** The calls that draw no ids and so stand in no line: each waits for itself, until its time or its signal ends it. */
export class DirectCalls {
  /** Also for callers who have left: an attempt outlives them. */
  #underWay = 0;
  readonly #whenSettled: (() => void)[] = [];
  #closed = false;

  constructor(
    private readonly name: string,
    private readonly retry: RetryLoop,
    private readonly timeout: number,
    private readonly most: number,
    private readonly clock: Clock,
  ) {}

  async make<Result>(
    attempt: Attempt<Result>,
    options: CallOptions = {},
    { failed = () => {}, looks = false }: Partial<Pick<Patience, 'failed' | 'looks'>> = {},
  ): Promise<Result> {
    assertCallOptions(options);
    const { signal, timeout = this.timeout } = options;
    signal?.throwIfAborted();
    if (this.#closed) throw closedError(this.name);
    this.assertRoom();
    const deadline = this.clock.now() + timeout;
    let wanted = true;
    /** Whether an attempt that wrote may have been applied, and whether one is under way. */
    let [written, writing] = [false, false];
    let cancel: () => void = () => {};
    let abort: () => void = () => {};
    const noted: Attempt<Result> = (attempted, asks) => {
      writing = !looks;
      return attempt(attempted, (whom) => {
        writing = !looks && whom === 'the store';
        asks(whom);
      });
    };
    const patience = {
      wanted: () => wanted,
      deadline: () => deadline,
      failed: (error: SequenceError) => {
        written ||= !looks && error.ambiguous;
        writing = false;
        failed(error);
      },
      looks,
    };
    this.#underWay++;
    try {
      return await Promise.race([
        this.retry.run(noted, patience).finally(() => this.#ended()),
        new Promise<never>((_, reject) => {
          cancel = this.clock.after(timeout, () => reject(this.retry.timedOut(timeout, written || writing)));
          abort = () => reject(signal?.reason);
          signal?.addEventListener('abort', abort, { once: true });
        }),
      ]);
    } catch (error) {
      throw error instanceof GaveUp ? closedError(this.name, written || writing) : error;
    } finally {
      wanted = false;
      cancel();
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Nothing queues without bound. */
  assertRoom(): void {
    if (this.#underWay >= this.most) throw tooManyWaitersError(this.name, this.#underWay);
  }

  /** Refuses new ones; those under way go on. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#whenSettled.push(resolve));
  }

  #ended(): void {
    if (--this.#underWay === 0) for (const settled of this.#whenSettled.splice(0)) settled();
  }
}
