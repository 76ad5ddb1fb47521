import { Controller, Delete, HttpCode, type MessageEvent, Put, Sse } from '@nestjs/common';
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
  events(): Observable<MessageEvent> {
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
