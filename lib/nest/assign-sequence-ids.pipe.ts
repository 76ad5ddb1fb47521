import {
  type ArgumentMetadata,
  BadRequestException,
  Inject,
  Injectable,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { show } from '../common/arguments.js';
import { BadNameError } from '../entity/find-draws.js';
import { assertIdProperties, filledIdProperty, idPropertiesOf } from '../entity/id-properties.js';
import { instantiate } from '../entity/instantiate.js';
import { SequenceService } from './sequence.service.js';

/**
 * Makes of a request body an instance of the parameter's class, with its `@SequenceId` properties filled.
 *
 * A body that has a value for a decorated property is refused with 400, which names the property. Otherwise a client
 * could pick an id that the sequence hands out later. (A `ValidationPipe` with `whitelist` runs before this pipe and
 * removes properties without a validator. The client's value is dropped silently then.)
 *
 * It looks only at the properties of the body itself. Parts of it (`Order.items`) are neither filled nor refused,
 * whatever ids the client gave them. Declare the parts of a body without ids, and call `SequenceService.assign` for them.
 *
 * It validates nothing else. `AssignSequenceIds.of(Class)` makes instances, but TypeScript's metadata does not name
 * the class to a `ValidationPipe`: put a `ParseArrayPipe` before it.
 *
 * A name function sees what the client sent and must validate it. A client that chooses what the function reads
 * chooses the sequence, and each name counts towards `maxSequences` until the process ends. What the function throws
 * is passed on, for example a `BadRequestException`. A result that is not a name is refused with 400.
 *
 * Where the name depends on the request and not on the body, call `SequenceService.assign` in the handler.
 *
 * A class made by `PickType`, `OmitType`, `PartialType` or `IntersectionType` does not have the decorators of the
 * classes it is made from. Declare the decorated properties again in your class: a property that lost its decorator is
 * an ordinary one, and takes what the client sends.
 *
 * @example
 * \@Post() place(\@Body(AssignSequenceIds) order: Order) { return this.orders.save(order); }
 */
@Injectable()
export class AssignSequenceIds implements PipeTransform {
  constructor(@Inject(SequenceService) private readonly sequences: SequenceService) {}

  /**
   * The pipe for an array of `Class`, which TypeScript's metadata does not name. All get their ids in one claim.
   *
   * @example
   * \@Post('all') place(\@Body(AssignSequenceIds.of(Order)) orders: Order[]) { return this.orders.save(orders); }
   */
  static of<T extends object>(Class: new () => T): Type<PipeTransform<unknown, Promise<T[]>>> {
    if (typeof Class !== 'function') {
      throw new TypeError(`Expected AssignSequenceIds.of to get a class, got ${show(Class)}`);
    }
    assertIdProperties(Class.prototype as object);

    @Injectable()
    class AssignSequenceIdsOfArray implements PipeTransform {
      constructor(@Inject(SequenceService) private readonly sequences: SequenceService) {}

      async transform(body: unknown): Promise<T[]> {
        if (!Array.isArray(body)) throw new BadRequestException(`Expected an array of ${Class.name}`);
        const entities = Array.from(body, (item: unknown, index) =>
          entityOf(Class, item, ` at index ${index}`),
        );
        return fill(this.sequences, entities);
      }
    }
    return AssignSequenceIdsOfArray;
  }

  async transform(body: unknown, { metatype }: ArgumentMetadata): Promise<unknown> {
    const Class = metatype as (new () => object) | undefined;
    if (Class === undefined || idPropertiesOf(Class.prototype as object).length === 0) {
      throw new TypeError(`AssignSequenceIds found ${whyNoIds(Class)}`);
    }
    return fill(this.sequences, entityOf(Class, body, ''));
  }
}

function whyNoIds(Class: (new () => object) | undefined): string {
  if (Class === undefined) {
    return (
      'no class as the type of the parameter. Declare the parameter with a decorated class, and do not import that class as a type only. ' +
      'The compiler must emit types: set "emitDecoratorMetadata": true; esbuild, and with it tsx and vitest, never does, so compile with tsc or swc.'
    );
  }
  return (
    `the class ${Class.name} as the type of the parameter, and it has no @SequenceId property. For an array use AssignSequenceIds.of(Class). ` +
    'A class made by PickType, OmitType, PartialType or IntersectionType does not have the decorators of the classes it is made from: declare those properties again.'
  );
}

async function fill<T extends object>(sequences: SequenceService, entities: T): Promise<T> {
  try {
    return await sequences.assign(entities);
  } catch (error) {
    if (!(error instanceof BadNameError)) throw error;
    const where = Array.isArray(entities) ? ` at index ${entities.indexOf(error.entity)}` : '';
    throw new BadRequestException(
      `Property ${String(error.key)}${where} follows from other properties, and these are not valid`,
      { cause: error },
    );
  }
}

function entityOf<T extends object>(Class: new () => T, body: unknown, where: string): T {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequestException(`Expected an object${where}`);
  }
  const entity = body instanceof Class ? body : instantiate(Class, body);
  const filled = filledIdProperty(entity, Class);
  if (filled !== undefined) {
    throw new BadRequestException(`Property ${String(filled)}${where} is given by the server; leave it out`);
  }
  return entity;
}
