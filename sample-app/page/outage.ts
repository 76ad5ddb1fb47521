import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Subject } from 'rxjs';

/** Whether the store is cut off, and until when. Only the page at `/` changes it. */
@Injectable()
export class Outage implements OnModuleDestroy {
  /** How long a cut lasts unless it is ended before. */
  readonly seconds = Number(process.env['OUTAGE_SECONDS'] ?? 20);
  readonly changes = new Subject<void>();
  #until: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Undefined: the store is not cut off. */
  get secondsLeft(): number | undefined {
    return this.#until && Math.max(0, this.#until - Date.now()) / 1_000;
  }

  begin(): void {
    clearTimeout(this.#timer);
    this.#until = Date.now() + this.seconds * 1_000;
    this.#timer = setTimeout(() => this.end(), this.seconds * 1_000);
    this.changes.next();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#until = undefined;
    this.changes.next();
  }

  onModuleDestroy(): void {
    this.end();
    this.changes.complete();
  }
}
