import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  Logger,
  ServiceUnavailableException,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { SequenceError } from '../common/sequence-error.js';

/** Seconds: the default `timeout` of a call. A client that comes back sooner would wait behind those of before. */
const RETRY_AFTER = 5;

interface WebSocketClient {
  readyState?: unknown;
  send?: (text: string) => unknown;
  emit?: (event: string, payload: object) => unknown;
}

/**
 * Answers HTTP requests that failed for want of an id: 503 with `Retry-After` where the same request may succeed later,
 * else 500. The client learns nothing of sequences or the store. A retryable error is not logged here, once for each
 * request; the module logs each outage once. Other errors are logged as Nest logs them.
 *
 * Microservices, GraphQL and WebSockets get what Nest gives them without this filter, logged once.
 *
 * @example
 * ```ts
 * @Module({ providers: [{ provide: APP_FILTER, useClass: SequenceExceptionFilter }] })
 * export class AppModule {}
 * ```
 */
@Catch(SequenceError)
export class SequenceExceptionFilter
  extends BaseExceptionFilter<SequenceError>
  implements ExceptionFilter<SequenceError>
{
  readonly #logger = new Logger(SequenceExceptionFilter.name);

  override catch(exception: SequenceError, host: ArgumentsHost): void {
    switch (host.getType<string>()) {
      case 'http':
        return this.#answerHttp(exception, host);
      case 'ws':
        return this.#answerWebSocket(exception, host);
      default:
        // A filter that returns nothing leaves the error to Nest's own handler, which logs it and passes it on.
        return undefined;
    }
  }

  #answerHttp(exception: SequenceError, host: ArgumentsHost): void {
    // oxlint-disable-next-line promise/valid-params -- a filter is not a promise
    if (!exception.retryable) return super.catch(exception, host);
    const adapter = this.applicationRef ?? this.httpAdapterHost?.httpAdapter;
    const response = host.switchToHttp().getResponse<unknown>();
    if (adapter?.isHeadersSent(response) === false) {
      adapter.setHeader(response, 'Retry-After', String(RETRY_AFTER));
    }
    // oxlint-disable-next-line promise/valid-params -- a filter is not a promise
    return super.catch(new ServiceUnavailableException(undefined, { cause: exception }) as never, host);
  }

  /** As Nest's own filter, which a custom one shuts out. An error thrown here would end the process. */
  #answerWebSocket(exception: SequenceError, host: ArgumentsHost): void {
    this.#logger.error(exception);
    const client = host.switchToWs().getClient<WebSocketClient>();
    const payload = { status: 'error', message: 'Internal server error' };
    if (typeof client.readyState === 'number' && client.send !== undefined) {
      client.send(JSON.stringify({ event: 'exception', data: payload }));
    } else {
      client.emit?.('exception', payload);
    }
  }
}
