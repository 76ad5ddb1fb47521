import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import {
  DataSource,
  type EntityMetadata,
  type EntitySubscriberInterface,
  type InsertEvent,
  type QueryRunner,
} from 'typeorm';
import { AbortListeners } from '../../common/abort.js';
import { idPropertiesOf } from '../../entity/id-properties.js';
import { assignIds } from '../../entity/assign-ids.js';
import type { IdSource } from '../../entity/id-source.js';
import { SequenceService } from '../../nest/sequence.service.js';

type EmbeddedMetadata = EntityMetadata['embeddeds'][number];
type EntityTarget = EntityMetadata['target'];

/** The entities of one save and their embedded parts. */
interface Batch {
  /** Each object, with the prototype whose `@SequenceId` properties it has. */
  readonly prototypes: Map<object, object>;
  readonly assigned: Promise<void>;
}

/**
 * Fills empty `@SequenceId` properties of TypeORM entities before their insert. All entities of one `save`, `insert` or
 * `upsert`, cascades and embedded classes included, cost one `take` per sequence (with the option `chunk`, one per
 * chunk). If an id cannot be drawn, the save rejects with that error and nothing is inserted.
 *
 * Ids are drawn inside the transaction of the save. The transaction waits up to `timeout` where the store does not
 * answer. To keep transactions short call `SequenceService.assign` before `save`. A `floor` hook that asks the same
 * pool of connections can wait for a connection that a waiting save holds: give it a connection of its own.
 *
 * TypeORM runs all hooks of a save first and waits for them together. So `@BeforeInsert` methods and other subscribers
 * still see the properties empty. Where they need the id, call `SequenceService.assign` before `save`.
 *
 * `save` with `listeners: false` and a query builder with `callListeners(false)` skip this subscriber. A property that
 * has a value keeps it: do not save what a client sent without a check.
 *
 * An embedded class is filled where the entity has an object for it. Without the object its columns stay empty.
 *
 * An `upsert` draws for every row it is given. A row that exists keeps its id, so the object given then has an id that
 * is in no row: read it back. (If any row of the call has an id, TypeORM overwrites the ids of all rows that exist.)
 *
 * Provide it once per data source. When its application shuts down, it leaves a data source that another one uses.
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
export class SequenceIdSubscriber implements EntitySubscriberInterface, OnModuleInit, OnApplicationShutdown {
  readonly #batches = new Map<QueryRunner, Batch>();
  /** Whether its application is shut down. */
  #closed = false;

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
    this.#removeClosed();
  }

  /** Makes the names of the entities known, so that the `floor` hook is asked at start and not inside a transaction. */
  onModuleInit(): void {
    // A test may have put anything in its place.
    if (!(this.sequences instanceof SequenceService)) return;
    for (const { target, embeddeds } of this.dataSource.entityMetadatas) {
      for (const name of sequencesOf(target, embeddeds)) this.sequences.get(name);
    }
  }

  /**
   * A data source that another application uses as well goes on without this subscriber. The last one stays: a save
   * that comes late fails with `CLOSED`, and is not inserted without its ids.
   */
  onApplicationShutdown(): void {
    this.#closed = true;
    this.#removeClosed();
  }

  /** The subscribers of all applications. */
  #all(): SequenceIdSubscriber[] {
    return this.dataSource.subscribers.filter((each) => each instanceof SequenceIdSubscriber);
  }

  /** A test may have put anything in the place of the service: it then has sequences by name. */
  #source(): IdSource {
    const { source } = this.sequences;
    return source ?? { sequence: (name) => this.sequences.get(name), abortListeners: new AbortListeners() };
  }

  #removeClosed(): void {
    const all = this.#all();
    if (all.every((each) => each.#closed)) return;
    const { subscribers } = this.dataSource;
    for (const each of all) if (each.#closed) subscribers.splice(subscribers.indexOf(each), 1);
  }

  /** Called by TypeORM. */
  beforeInsert({ entity, metadata, queryRunner }: InsertEvent<object | undefined>): Promise<void> | void {
    // The row of a join table has no entity.
    if (entity === undefined) return undefined;
    const parts = [...withEmbedded(entity, metadata.target, metadata.embeddeds)];
    if (parts.length === 0) return undefined;
    const batch = this.#batches.get(queryRunner) ?? this.#open(queryRunner);
    for (const [part, prototype] of parts) batch.prototypes.set(part, prototype);
    return batch.assigned;
  }

  /**
   * TypeORM calls the hook for every entity of a save in one go, and then waits for all the promises together
   * (SubjectExecutor.broadcastBeforeEventsForAll, InsertQueryBuilder.execute). So a microtask later the batch is complete.
   */
  #open(queryRunner: QueryRunner): Batch {
    const prototypes = new Map<object, object>();
    const assigned = Promise.resolve().then(async () => {
      this.#batches.delete(queryRunner);
      await assignIds([...prototypes.keys()], this.#source(), undefined, (entity) => prototypes.get(entity)!);
    });
    // When a hook of the save throws, TypeORM waits for no promise. A rejection that nobody handles ends the process.
    assigned.catch(() => {});
    const batch = { prototypes, assigned };
    this.#batches.set(queryRunner, batch);
    return batch;
  }
}

/** `entity` and the objects in it that TypeORM embeds, each with its prototype, as far as their classes have ids. */
function* withEmbedded(
  entity: object,
  target: EntityTarget,
  embeddeds: EmbeddedMetadata[],
): Generator<[part: object, prototype: object]> {
  // An EntitySchema has a text for its class, which nobody can decorate.
  if (typeof target !== 'string') {
    const prototype: object =
      entity instanceof target ? Object.getPrototypeOf(entity) : (target.prototype as object);
    if (idPropertiesOf(prototype).length > 0) yield [entity, prototype];
  }
  for (const { propertyName, type, embeddeds: nested } of embeddeds) {
    const value: unknown = Reflect.get(entity, propertyName);
    for (const part of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof part === 'object' && part !== null) yield* withEmbedded(part, type, nested);
    }
  }
}

/** The sequences of an entity that are known without an entity. */
function* sequencesOf(target: EntityTarget, embeddeds: EmbeddedMetadata[]): Generator<string> {
  if (typeof target !== 'string') {
    for (const { name } of idPropertiesOf(target.prototype as object)) {
      if (typeof name === 'string') yield name;
    }
  }
  for (const { type, embeddeds: nested } of embeddeds) yield* sequencesOf(type, nested);
}
