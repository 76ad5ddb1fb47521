import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource, type EntitySubscriberInterface, type InsertEvent, type QueryRunner } from 'typeorm';
import { AbortListeners } from '../../common/abort.js';
import { idPropertiesOf } from '../../entity/id-properties.js';
import { assignIds, type IdSource } from '../../entity/assign-ids.js';
import { SequenceService } from '../../nest/sequence.service.js';

/** The entities of one save, each with the prototype that says what to fill. */
interface Batch {
  readonly entities: Map<object, object>;
  readonly assigned: Promise<void>;
}

/**
 * Fills empty `@SequenceId` properties of TypeORM entities before their insert: all entities of one `save`, `insert`
 * or `upsert`, cascades included, with one `take` per sequence (with the option `chunk`, per chunk). If an id cannot
 * be drawn, the save rejects with that error and nothing was inserted.
 *
 * Ids are drawn inside the transaction of the save, which waits up to `timeout` where the store does not answer; to
 * keep transactions short call `SequenceService.assign` before. `save` with `listeners: false` and a query builder
 * with `callListeners(false)` skip it.
 *
 * An `upsert` draws for every row it is given. A row that exists keeps its id, so the object given then has an id that
 * is in no row: read it back. (If any row of the call brings an id, TypeORM overwrites the ids of all that exist.)
 *
 * Provide it once per data source. When its application shuts down it leaves a data source that another application uses.
 *
 * @throws Error when the data source is not initialized, or has the subscriber of this application already.
 * @example
 * \@Module({ imports: [TypeOrmModule.forRoot(options)], providers: [SequenceIdSubscriber] })
 * export class DatabaseModule {}
 * @example A data source with a name
 * {
 *   provide: 'ArchiveSubscriber',
 *   inject: [SequenceService, getDataSourceToken('archive')],
 *   useFactory: (sequences, archive) => new SequenceIdSubscriber(sequences, archive),
 * }
 */
@Injectable()
export class SequenceIdSubscriber implements EntitySubscriberInterface, OnApplicationShutdown {
  readonly #batches = new Map<QueryRunner, Batch>();
  /** Its application is shut down. */
  #over = false;

  readonly #source: IdSource = {
    sequence: (name) => this.sequences.get(name),
    aborts: new AbortListeners(),
  };

  constructor(
    @Inject(SequenceService) private readonly sequences: SequenceService,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {
    if (!dataSource.isInitialized) {
      throw new Error(
        'SequenceIdSubscriber needs an initialized DataSource: DataSource.initialize() forgets the subscribers it had before. Make the subscriber after it.',
      );
    }
    if (this.#all().some((each) => each.sequences === sequences)) {
      throw new Error(
        'SequenceIdSubscriber is provided twice for one DataSource: each save would draw its ids twice. Provide it once, in one module.',
      );
    }
    dataSource.subscribers.push(this);
    this.#leaveToTheLiving();
  }

  /**
   * A data source that another application uses as well goes on without this one. Alone it stays: a save that comes late
   * fails with `CLOSED`, where it would else be inserted without its ids.
   */
  onApplicationShutdown(): void {
    this.#over = true;
    this.#leaveToTheLiving();
  }

  /** Those of all applications. */
  #all(): SequenceIdSubscriber[] {
    return this.dataSource.subscribers.filter((each) => each instanceof SequenceIdSubscriber);
  }

  #leaveToTheLiving(): void {
    const all = this.#all();
    if (all.every((each) => each.#over)) return;
    const { subscribers } = this.dataSource;
    for (const each of all) if (each.#over) subscribers.splice(subscribers.indexOf(each), 1);
  }

  /** Called by TypeORM. */
  beforeInsert({ entity, metadata, queryRunner }: InsertEvent<object | undefined>): Promise<void> | void {
    const { target } = metadata;
    // The row of a join table has no entity; an EntitySchema has a text for its class, which nobody can decorate.
    if (entity === undefined || typeof target === 'string') return undefined;
    const prototype: object =
      entity instanceof target ? Object.getPrototypeOf(entity) : (target.prototype as object);
    if (idPropertiesOf(prototype).length === 0) return undefined;
    const batch = this.#batches.get(queryRunner) ?? this.#open(queryRunner);
    batch.entities.set(entity, prototype);
    return batch.assigned;
  }

  /**
   * TypeORM calls the hook for every entity of a save in one go, then waits for all the promises together
   * (SubjectExecutor.broadcastBeforeEventsForAll, InsertQueryBuilder.execute). So a microtask later the batch has all.
   */
  #open(queryRunner: QueryRunner): Batch {
    const entities = new Map<object, object>();
    const assigned = Promise.resolve().then(async () => {
      this.#batches.delete(queryRunner);
      await assignIds(
        [...entities.keys()],
        this.#source,
        undefined,
        (entity) => entities.get(entity)!,
      );
    });
    const batch = { entities, assigned };
    this.#batches.set(queryRunner, batch);
    return batch;
  }
}
