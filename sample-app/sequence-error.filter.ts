import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  InternalServerErrorException,
  Logger,
  ServiceUnavailableException,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SequenceError } from 'nestjs-essequence';

/** No id now but perhaps soon: 503 with Retry-After. What needs a person is logged, and a 500. */
@Catch(SequenceError)
export class SequenceErrorFilter implements ExceptionFilter<SequenceError> {
  readonly #logger = new Logger(SequenceErrorFilter.name);

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: SequenceError, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const response: unknown = host.switchToHttp().getResponse();
    if (error.retryable) httpAdapter.setHeader(response, 'Retry-After', '1');
    else this.#logger.error(error);
    const answer = error.retryable
      ? new ServiceUnavailableException('No id could be drawn now; try again later')
      : new InternalServerErrorException();
    httpAdapter.reply(response, answer.getResponse(), answer.getStatus());
  }
}
