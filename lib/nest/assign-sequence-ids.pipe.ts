import {
  type ArgumentMetadata,
  BadRequestException,
  Inject,
  Injectable,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { show } from '../common/arguments.js';
import { describeProperty, idPropertiesOf } from '../entity/id-properties.js';
import { instantiate } from '../entity/instantiate.js';
import { assertIdProperties, BadNameError, isEmpty } from '../entity/assign-ids.js';
import { SequenceService } from './sequence.service.js';

/**
 * Gives a request body its ids: an instance of the parameter's class, its `@SequenceId` properties filled.
 *
 * A decorated property that has a value already came from the client and is refused with 400, naming the property:
 * otherwise a client could pick an id that the sequence hands out later. (`ValidationPipe` with `whitelist` runs before
 * and strips properties without a validator: then the client's value is dropped silently.)
 *
 * It looks at the body's own properties only, one level: parts (`Order.items`) are neither filled nor refused, whatever
 * ids the client gave them. Declare parts of a body without ids, and call `SequenceService.assign` for them.
 *
 * A name function sees what the client sent and must validate it: a client that chooses what it reads chooses the
 * sequence, and each name counts towards `maxSequences` until the process ends. What it throws is passed on, for
 * example a `BadRequestException`; a result that is no name is refused with 400.
 *
 * For names that follow from the request rather than the body call `SequenceService.assign` in the handler.
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
      throw new TypeError(
        `AssignSequenceIds found ${Class === undefined ? 'no class' : `the class ${Class.name}, which has no @SequenceId property,`} as the type of the parameter. ` +
          'Declare the parameter with a decorated class that is not imported as a type only; for an array use AssignSequenceIds.of(Class).',
      );
    }
    return fill(this.sequences, entityOf(Class, body, ''));
  }
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
  for (const { key } of idPropertiesOf(entity)) {
    if (isEmpty(entity, key)) continue;
    if (!isEmpty(new Class(), key)) {
      throw new TypeError(
        `${describeProperty(entity, key)} has an initial value, so no id would ever be drawn; declare it without one`,
      );
    }
    throw new BadRequestException(`Property ${String(key)}${where} is given by the server; leave it out`);
  }
  return entity;
}
