import { EntityManager, type EventSubscriber, type FlushEventArgs } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { SequenceService } from 'nestjs-essequence';
import { Order } from './order.js';

/** Fills the ids of what is about to be flushed, all with one claim per sequence. */
@Injectable()
export class SequenceIdsSubscriber implements EventSubscriber {
  constructor(
    em: EntityManager,
    private readonly sequences: SequenceService,
  ) {
    em.getEventManager().registerSubscriber(this);
  }

  async beforeFlush({ uow }: FlushEventArgs): Promise<void> {
    const numbered = [...uow.getPersistStack()].filter((entity) => entity instanceof Order);
    await this.sequences.assign(numbered);
  }
}
