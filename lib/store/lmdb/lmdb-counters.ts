import { randomInt } from 'node:crypto';
import { type Counter, parseCounter, storedCounter } from '../counter.js';
import type { Counters } from '../counter-store.js';
import { LmdbEnvironment, lmdbFailure, lmdbFiles } from './lmdb-environment.js';
import { SequenceError, SequenceIdentityError } from '../../common/sequence-error.js';

/** What this process remembers of a counter it used. */
interface Pin {
  epoch: string;
  /** The highest value this process itself set or saw accepted. */
  mark: number;
  /** Whether it was ever accepted in the pinned file: only then does it recognise another one. */
  ours: boolean;
}

/**
 * Counters in an LMDB folder, as JSON `{ name, iid, epoch, epochs }` by name.
 *
 * A counter and the file that holds it are pinned by what was accepted of them, never by a look. A file that is not
 * the pinned one is opened and judged by its counters; but none is created in it, for any name, as long as nothing in
 * it was recognised: a lost folder must not come back with ids at 1.
 */
export class LmdbCounters implements Counters {
  readonly #path: string;
  readonly #pins = new Map<string, Pin>();
  /** Open as long as it is pinned, so that no other file gets its inode, by which files are told apart. */
  #pinned: LmdbEnvironment | undefined;
  #environment: LmdbEnvironment | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async read(name: string): Promise<Counter | undefined> {
    try {
      return this.#read(name, this.#current(name))?.counter;
    } catch (error) {
      throw await lmdbFailure(name, this.#path, error, false);
    }
  }

  async change(
    name: string,
    next: (counter: Counter | undefined, mark: number) => Counter,
    { signal, fence }: { signal: AbortSignal; fence: boolean },
  ): Promise<Counter> {
    let writing = false;
    try {
      for (;;) {
        const environment = this.#current(name);
        const found = this.#read(name, environment);
        if (!fence) this.#verify(name, found?.counter, environment);
        const counter = next(found?.counter, this.#pins.get(name)?.mark ?? 0);
        if (environment === undefined) throw this.#vanished(name);
        writing = true;
        const written =
          counter === found?.counter || (await this.#write(name, counter, environment, found?.version));
        // Only now: the folder may have been replaced while the write was under way.
        if (written && environment.isCurrent()) {
          this.#pin(name, counter, environment);
          return counter;
        }
        writing = false;
        signal.throwIfAborted();
      }
    } catch (error) {
      throw error === signal.reason ? error : await lmdbFailure(name, this.#path, error, writing);
    }
  }

  async remove(name: string | undefined): Promise<void> {
    try {
      await this.#current(name ?? '*')?.remove(name);
    } catch (error) {
      throw await lmdbFailure(name ?? '*', this.#path, error, true);
    }
    if (name === undefined) this.#pins.clear();
    else this.#pins.delete(name);
  }

  async close(): Promise<void> {
    const opened = new Set([this.#environment, this.#pinned]);
    this.#environment = this.#pinned = undefined;
    await Promise.all([...opened].map((environment) => environment?.close()));
  }

  /** `undefined`: there is no data file, and this process knew one. */
  #current(name: string): LmdbEnvironment | undefined {
    const files = lmdbFiles(this.#path);
    if (this.#environment !== undefined) {
      const opened = this.#environment.files;
      if (opened.data === files.data && opened.lock === files.lock) return this.#environment;
      if (opened.data === files.data) throw this.#lockReplaced(name);
      const replaced = this.#environment;
      this.#environment = undefined;
      this.#release(replaced);
    }
    if (files.data === undefined && this.#pins.size > 0) return undefined;
    this.#environment = new LmdbEnvironment(this.#path);
    return this.#environment;
  }

  #read(
    name: string,
    environment: LmdbEnvironment | undefined,
  ): { counter: Counter; version: number } | undefined {
    const entry = environment?.read(name);
    if (entry === undefined) return undefined;
    let value: unknown;
    try {
      value = JSON.parse(entry.value);
    } catch {
      value = entry.value;
    }
    return { counter: parseCounter(name, value), version: entry.version };
  }

  /** A random version: that of a counter removed and created again never returns. */
  #write(
    name: string,
    counter: Counter,
    environment: LmdbEnvironment,
    expected: number | undefined,
  ): Promise<boolean> {
    const version = randomInt(1, 2 ** 48 - 1);
    return environment.write(name, JSON.stringify(storedCounter(name, counter)), version, expected ?? null);
  }

  #verify(name: string, counter: Counter | undefined, environment: LmdbEnvironment | undefined): void {
    const pin = this.#pins.get(name);
    if (pin === undefined) {
      const strange = this.#pins.size > 0 && environment?.files.data !== this.#pinned?.files.data;
      if (counter === undefined && strange) throw this.#vanished(name);
      return;
    }
    if (counter === undefined) throw this.#vanished(name);
    const same = counter.epoch === pin.epoch;
    if (same && counter.last < pin.mark) {
      throw new SequenceIdentityError(
        'REGRESSED',
        `Sequence "${name}": the counter stands at ${counter.last}, but this process has seen ${pin.mark} already: a ` +
          'former copy was put back. Nothing was changed, cached ids were dropped. Run Sequence.fence().',
        { sequence: name },
      );
    }
    if (!same && (counter.last < pin.mark || !counter.epochs.includes(pin.epoch))) {
      throw new SequenceIdentityError(
        'IDENTITY_CHANGED',
        `Sequence "${name}": the counter, at ${counter.last}, is another one than this process used, up to ` +
          `${pin.mark}: it was re-created or restored, or fenced more than 8 times since. Nothing was changed, ` +
          'cached ids were dropped. Restart this process, or run Sequence.fence() if the counter is too low.',
        { sequence: name },
      );
    }
  }

  /**
   * The file is pinned by a counter that was used in the pinned file before it. One met in a file where nothing was
   * recognised says nothing about that file, however often it is used there.
   */
  #pin(name: string, { epoch, last }: Counter, environment: LmdbEnvironment): void {
    const pin = this.#pins.get(name);
    const { data } = environment.files;
    const ours = pin?.ours || this.#pins.size === 0 || data === this.#pinned?.files.data;
    if (ours) {
      const before = this.#pinned;
      this.#pinned = environment;
      this.#release(before);
    }
    this.#pins.set(name, { epoch, mark: Math.max(last, pin?.mark ?? 0), ours });
  }

  /** Closes what is neither in use nor pinned. Its last writes find out by themselves that they do not count. */
  #release(environment: LmdbEnvironment | undefined): void {
    if (environment === this.#environment || environment === this.#pinned) return;
    environment?.close().catch(() => {});
  }

  #vanished(name: string): SequenceError {
    return new SequenceIdentityError(
      'VANISHED',
      `Sequence "${name}": the counter, or the LMDB folder ${JSON.stringify(this.#path)} it belongs to, was there ` +
        'before and is gone. Nothing was created, cached ids were dropped. Restore it and run Sequence.fence().',
      { sequence: name },
    );
  }

  #lockReplaced(name: string): SequenceError {
    return new SequenceError(
      'REJECTED',
      `Sequence "${name}": lock.mdb in ${JSON.stringify(this.#path)} was removed or replaced while in use, so ` +
        'processes no longer exclude one another. Nothing was changed. Stop all processes that use the folder, then ' +
        'start them again.',
      { sequence: name },
    );
  }
}
