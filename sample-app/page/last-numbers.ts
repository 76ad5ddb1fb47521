import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';
import { invoiceNumbers } from '../invoice-numbers.js';
import type { Invoice } from '../invoice.js';
import { InvoicesController } from '../invoices.controller.js';
import { Order } from '../order.js';
import { ShipmentsController } from '../shipments.controller.js';

/** Sees what the other controllers answer, so that they need not know of the page. */
@Injectable()
export class LastNumbers implements NestInterceptor {
  readonly #numbers = new Map<string, { n: number; text: string }>();

  /** As people see it. Undefined: this process has handed out none. */
  of(sequence: string): string | undefined {
    return this.#numbers.get(sequence)?.text;
  }

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    return next.handle().pipe(
      tap((answer) => {
        if (answer instanceof Order) {
          this.#note('orders', answer.id, String(answer.id));
          this.#note('order-numbers', digitsOf(answer.number), answer.number);
        } else if (context.getClass() === ShipmentsController) {
          const { number } = answer as { number: string };
          this.#note('shipments', digitsOf(number), number);
        } else if (context.getClass() === InvoicesController) {
          const { number, tenant } = answer as Invoice;
          const { n, period } = invoiceNumbers.parse(number)!;
          this.#note(`${invoiceNumbers.name}~${tenant}~${period}`, n, number);
        }
      }),
    );
  }

  /** Answers may overtake each other: the highest counts. */
  #note(sequence: string, n: number, text: string): void {
    if (n > (this.#numbers.get(sequence)?.n ?? 0)) this.#numbers.set(sequence, { n, text });
  }
}

function digitsOf(number: string): number {
  return Number(/\d+$/.exec(number)![0]);
}
