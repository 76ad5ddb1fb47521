import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { SequenceService, type SequenceStats } from 'nestjs-essequence';
import { map, merge, type Observable, shareReplay, Subject, takeUntil, timer } from 'rxjs';
import { invoiceNumbers } from '../invoice-numbers.js';
import { LastNumbers } from './last-numbers.js';
import { Outage } from './outage.js';

const EVERY = 1_000;
const HISTORY = 180_000;
/** Each tenant and year has a counter: the page shows those that were used last. */
const MOST_COUNTERS = 8;

/** What the page shows of one sequence. */
export interface SequenceSample extends SequenceStats {
  last: string | undefined;
  /** Nothing is ever cached: each number waits for the store. */
  onDemand: boolean;
}

/** What the page shows of one moment. */
export interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  /** How long a cut lasts, and what is left of this one. */
  outage: { seconds: number; secondsLeft: number | undefined };
  sequences: SequenceSample[];
  /** Counters that are left out. */
  more: number;
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
    const known = this.sequences.stats().map((stats) => this.#sampleOf(stats));
    const cached = known.filter(({ onDemand }) => !onDemand);
    const counters = known
      .filter(({ onDemand }) => onDemand)
      .toSorted((one, two) => usedAt(two) - usedAt(one));
    const shown = [...cached.toSorted(byName), ...counters.slice(0, MOST_COUNTERS).toSorted(byName)];
    return {
      at: Date.now(),
      outage: { seconds, secondsLeft },
      sequences: shown,
      more: known.length - shown.length,
    };
  }

  #sampleOf(stats: SequenceStats): SequenceSample {
    const onDemand = stats.name.startsWith(`${invoiceNumbers.name}~`);
    return { ...stats, last: this.lastNumbers.of(stats.name), onDemand };
  }
}

function byName(one: SequenceStats, two: SequenceStats): number {
  return one.name.localeCompare(two.name);
}

/** A counter that somebody waits for is used now. One that sleeps was not used for a minute. */
function usedAt({ waiting, lastClaim }: SequenceStats): number {
  return waiting > 0 ? Number.MAX_SAFE_INTEGER : (lastClaim?.at.getTime() ?? 0);
}
