import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';
import { Order } from '../order.js';
import { ShipmentsController } from '../shipments.controller.js';

/** Sees what the other controllers answer, so that they need not know of the page. */
@Injectable()
export class LastNumbers implements NestInterceptor {
  readonly #numbers = new Map<string, { id: number; shown: string }>();

  /** As people see it. Undefined: this process has handed out none. */
  of(sequence: string): string | undefined {
    return this.#numbers.get(sequence)?.shown;
  }

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    return next.handle().pipe(
      tap((answer) => {
        if (answer instanceof Order) {
          this.#note('orders', String(answer.id));
          this.#note('order-numbers', answer.number);
        } else if (context.getClass() === ShipmentsController) {
          this.#note('shipments', (answer as { number: string }).number);
        }
      }),
    );
  }

  /** Answers may overtake each other: the highest counts. */
  #note(sequence: string, shown: string): void {
    const id = Number(/\d+$/.exec(shown)?.[0]);
    if (id > (this.#numbers.get(sequence)?.id ?? 0)) this.#numbers.set(sequence, { id, shown });
  }
}
