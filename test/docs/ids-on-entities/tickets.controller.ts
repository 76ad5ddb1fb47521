import { Body, Controller, ParseArrayPipe, Post } from '@nestjs/common';
import { Allow, IsString } from 'class-validator';
import { AssignSequenceIds, SequenceId } from 'nestjs-essequence';

export class Ticket {
  @Allow() @SequenceId('tickets') id!: number;
  @IsString() subject!: string;
}

@Controller('tickets')
export class TicketsController {
  @Post()
  open(
    @Body(new ParseArrayPipe({ items: Ticket, whitelist: true }), AssignSequenceIds.of(Ticket))
    tickets: Ticket[],
  ) {
    return tickets;
  }
}
