import { Controller, Delete, HttpCode, type MessageEvent, Put, Req, Sse } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { map, type Observable } from 'rxjs';
import { Outage } from './outage.js';
import { Samples } from './samples.js';

/** What the page at `/` talks to. The page itself is files: see main.ts. */
@Controller()
export class PageController {
  constructor(
    private readonly samples: Samples,
    private readonly outage: Outage,
  ) {}

  @Sse('events')
  events(@Req() { res, socket }: IncomingMessage & { res: ServerResponse }): Observable<MessageEvent> {
    // The stream ends when the application does. Browsers come back on the same connection, which would keep it open.
    res.once('finish', () => socket.end());
    return this.samples.all.pipe(map((data) => ({ data })));
  }

  @Put('outage')
  @HttpCode(204)
  beginOutage(): void {
    this.outage.begin();
  }

  @Delete('outage')
  @HttpCode(204)
  endOutage(): void {
    this.outage.end();
  }
}
