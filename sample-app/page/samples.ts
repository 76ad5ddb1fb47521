import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { SequenceService, type SequenceStats } from 'nestjs-essequence';
import { map, merge, type Observable, shareReplay, Subject, takeUntil, timer } from 'rxjs';
import { LastNumbers } from './last-numbers.js';
import { Outage } from './outage.js';

const EVERY = 1_000;
const HISTORY = 180_000;

/** What the page shows of one moment. */
export interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  /** How long a cut lasts, and what is left of this one. */
  outage: { seconds: number; secondsLeft: number | undefined };
  sequences: (SequenceStats & { last: string | undefined })[];
}

/** Looks at the sequences each second, from the first visit of the page on. Later visitors get the last minutes as well. */
@Injectable()
export class Samples implements OnModuleDestroy {
  /** Without its end a page that is open would keep the application from closing. */
  readonly #closing = new Subject<void>();
  readonly all: Observable<Sample>;

  constructor(
    private readonly sequences: SequenceService,
    private readonly lastNumbers: LastNumbers,
    private readonly outage: Outage,
  ) {
    this.all = merge(timer(0, EVERY), outage.changes).pipe(
      map(() => this.#take()),
      takeUntil(this.#closing),
      shareReplay({ bufferSize: HISTORY / EVERY, windowTime: HISTORY, refCount: false }),
    );
  }

  onModuleDestroy(): void {
    this.#closing.next();
  }

  #take(): Sample {
    const { seconds, secondsLeft } = this.outage;
    return {
      at: Date.now(),
      outage: { seconds, secondsLeft },
      sequences: this.sequences
        .stats()
        .toSorted((one, two) => one.name.localeCompare(two.name))
        .map((stats) => ({ ...stats, last: this.lastNumbers.of(stats.name) })),
    };
  }
}
