/** Requests of one store on their way at once. What comes while they are goes with the next, many in one. */
const MOST_IN_FLIGHT = 4;
/** As many of these places a crowd leaves to those who come alone, and they to a crowd. */
const KEPT_FOR_OTHERS = 2;

/** Whom a request is for: those who came alone or nearly so, or a crowd, with others among it. */
export type Load = 'few' | 'crowd';

/** One of the requests that count. */
export interface Place {
  take(): void;
  release(): void;
}

/**
 * How many requests of a store may be on their way. Those that nobody waits for any more do not count, and at most as many
 * again stay open, to tell a slow server from a silent one: a few requests that got lost must not stop every name.
 */
export class RequestPlaces {
  readonly #taken: Record<Load, number> = { few: 0, crowd: 0 };
  #open = 0;

  constructor(private readonly onFree: () => void) {}

  get isFull(): boolean {
    return this.#taken.few + this.#taken.crowd >= MOST_IN_FLIGHT;
  }

  /** Whether a request for these leaves others their places. */
  leavesOthersTheirs(load: Load): boolean {
    return this.#taken[load] < MOST_IN_FLIGHT - KEPT_FOR_OTHERS;
  }

  /** Taken from now on. It may be given back and taken again. */
  take(load: Load): Place {
    let isTaken = false;
    const place: Place = {
      take: () => {
        if (!isTaken) this.#taken[load]++;
        isTaken = true;
      },
      release: () => {
        if (!isTaken) return;
        isTaken = false;
        this.#taken[load]--;
        this.onFree();
      },
    };
    place.take();
    return place;
  }

  get mayStayOpen(): boolean {
    return this.#open < MOST_IN_FLIGHT;
  }

  /** Returns how to say that the request has ended. */
  stayOpen(): () => void {
    this.#open++;
    return () => void this.#open--;
  }
}
