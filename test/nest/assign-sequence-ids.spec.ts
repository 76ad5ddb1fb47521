import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Body,
  Controller,
  type INestApplication,
  ParseArrayPipe,
  Post,
  ValidationPipe,
  type ValidationPipeOptions,
} from '@nestjs/common';
import { IntersectionType, PickType } from '@nestjs/mapped-types';
import { Test } from '@nestjs/testing';
import { Type } from 'class-transformer';
import { Allow, IsOptional, IsString } from 'class-validator';
import {
  AssignSequenceIds,
  MemorySequenceStore,
  SequenceId,
  SequenceModule,
  SequenceService,
} from '../../lib/index.js';

class Order {
  @SequenceId('orders') id!: number;
  @SequenceId('order-numbers', { transform: (id) => `ORD-${id}` }) private readonly number!: string;
  @IsString() customer!: string;
  @IsOptional() note = 'none';
  readonly total = () => 42;

  get label(): string {
    return `${this.number} for ${this.customer}`;
  }
  isValid(): boolean {
    return true;
  }
}

class Receipt {
  @SequenceId((receipt: Receipt) => `receipts:${receipt.tenant}`) number!: number;
  tenant!: string;
}

class Item {
  @SequenceId('items') id!: number;
}

class Basket {
  @SequenceId('baskets') id!: number;
  @Type(() => Item) items!: Item[];
}

class Allowed {
  @Allow() @SequenceId('allowed') id!: number;
}

@Controller()
class OrderController {
  @Post('one')
  one(@Body(AssignSequenceIds) order: Order) {
    return {
      ...order,
      isOrder: order instanceof Order,
      label: order.label,
      valid: order.isValid(),
      total: order.total(),
    };
  }

  @Post('all')
  all(@Body(AssignSequenceIds.of(Order)) orders: Order[]) {
    return orders.map((order) => ({
      id: order.id,
      isOrder: order instanceof Order,
      customer: order.customer,
    }));
  }

  @Post('validated')
  validated(@Body(new ParseArrayPipe({ items: Order }), AssignSequenceIds.of(Order)) orders: Order[]) {
    return orders;
  }

  @Post('allowed')
  allowed(@Body(AssignSequenceIds) body: Allowed) {
    return body;
  }

  @Post('receipt')
  receipt(@Body(AssignSequenceIds) receipt: Receipt) {
    return receipt;
  }

  @Post('receipts')
  receipts(@Body(AssignSequenceIds.of(Receipt)) receipts: Receipt[]) {
    return receipts;
  }

  @Post('basket')
  basket(@Body(AssignSequenceIds) basket: Basket) {
    return { ...basket, areItems: basket.items.every((item) => item instanceof Item) };
  }

  @Post('undecorated')
  undecorated(@Body(AssignSequenceIds) body: Date) {
    return body;
  }

  @Post('array')
  array(@Body(AssignSequenceIds) body: Order[]) {
    return body;
  }

  @Post('unknown')
  unknown(@Body(AssignSequenceIds) body: unknown) {
    return body;
  }
}

let app: INestApplication | undefined;
afterEach(() => app?.close());

async function listen(validation?: ValidationPipeOptions): Promise<void> {
  const built = await Test.createTestingModule({
    imports: [SequenceModule.forRoot({ store: new MemorySequenceStore() })],
    controllers: [OrderController],
  }).compile();
  app = built.createNestApplication({ logger: false });
  if (validation !== undefined) app.useGlobalPipes(new ValidationPipe(validation));
  await app.listen(0, '127.0.0.1');
}

async function post(path: string, body: unknown, type = 'application/json') {
  const response = await fetch(`${await app!.getUrl()}/${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('AssignSequenceIds', () => {
  it.each<[string, ValidationPipeOptions | undefined]>([
    ['without a ValidationPipe', undefined],
    ['behind a ValidationPipe, which leaves a plain body', {}],
    ['behind a ValidationPipe that transforms', { transform: true }],
    ['behind a ValidationPipe that strips what it does not know', { whitelist: true }],
  ])('makes a body an instance with ids, %s', async (_, validation) => {
    await listen(validation);
    expect(await post('one', { customer: 'Ada' })).toEqual({
      status: 201,
      body: {
        id: 1,
        number: 'ORD-1',
        customer: 'Ada',
        note: 'none',
        isOrder: true,
        label: 'ORD-1 for Ada',
        valid: true,
        total: 42,
      },
    });
    expect((await post('one', { customer: 'Eve', id: null })).body).toMatchObject({ id: 2 });
  });

  it.each([
    ['id', 5],
    ['id', 0],
    ['id', ''],
    ['id', false],
    ['id', { $gt: 0 }],
    ['number', 'ORD-1'],
  ])('answers 400 to a body with its own %s (%j)', async (key, value) => {
    await listen();
    expect(await post('one', { customer: 'Eve', [key]: value })).toMatchObject({
      status: 400,
      body: { message: `Property ${key} is given by the server; leave it out` },
    });
    expect(await app!.get(SequenceService).next('orders')).toBe(1);
  });

  it('answers 400 behind a ValidationPipe that transforms, too', async () => {
    await listen({ transform: true });
    expect((await post('one', { customer: 'Eve', id: 5 })).status).toBe(400);
  });

  it('never sees what a ValidationPipe with whitelist stripped: the id in the body is dropped', async () => {
    await listen({ whitelist: true });
    expect(await post('one', { customer: 'Eve', id: 5 })).toMatchObject({ status: 201, body: { id: 1 } });
  });

  it('answers 400 behind a ValidationPipe with whitelist where the property has @Allow()', async () => {
    await listen({ whitelist: true });
    expect(await post('allowed', {})).toEqual({ status: 201, body: { id: 1 } });
    expect((await post('allowed', { id: 5 })).status).toBe(400);
  });

  it('lets a body change neither prototype nor methods of the entity', async () => {
    await listen();
    const body =
      '{"customer":"Eve","__proto__":{"id":666,"isValid":1,"admin":true},"constructor":{"prototype":{"admin":true}},"isValid":0,"total":"evil","label":"x","hasOwnProperty":1}';
    const answer = await post('one', body);
    expect(answer).toMatchObject({
      status: 201,
      body: { id: 1, isOrder: true, valid: true, label: 'ORD-1 for Eve', total: 42 },
    });
    expect(answer.body).not.toHaveProperty('admin');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('gives an array its ids in order', async () => {
    await listen();
    expect((await post('all', [{ customer: 'Ada' }, { customer: 'Grace' }])).body).toEqual([
      { id: 1, isOrder: true, customer: 'Ada' },
      { id: 2, isOrder: true, customer: 'Grace' },
    ]);
    expect((await post('all', [])).body).toEqual([]);
  });

  it('answers 400 to an array in which one has its own id, and draws none', async () => {
    await listen();
    expect(await post('all', [{ customer: 'Ada' }, { customer: 'Eve', id: 7 }])).toMatchObject({
      status: 400,
      body: { message: 'Property id at index 1 is given by the server; leave it out' },
    });
    expect(await app!.get(SequenceService).next('orders')).toBe(1);
  });

  it.each<[string, unknown, string]>([
    ['one', [{ customer: 'Ada' }], 'Expected an object'],
    ['all', { customer: 'Ada' }, 'Expected an array of Order'],
    ['all', [{ customer: 'Ada' }, null], 'Expected an object at index 1'],
    ['all', ['Ada'], 'Expected an object at index 0'],
    ['all', [[]], 'Expected an object at index 0'],
  ])('answers 400 at /%s to %j', async (path, body, message) => {
    await listen();
    expect(await post(path, body)).toMatchObject({ status: 400, body: { message } });
  });

  it('answers 400 when there is no body', async () => {
    await listen();
    expect((await post('one', 'Ada', 'text/plain')).status).toBe(400);
    expect((await post('all', 'Ada', 'text/plain')).status).toBe(400);
  });

  it.each(['undecorated', 'array', 'unknown'])(
    'fails at /%s, whose type names no decorated class',
    async (path) => {
      await listen();
      expect((await post(path, {})).status).toBe(500);
    },
  );

  it.each<[unknown, string]>([
    [
      Date,
      'AssignSequenceIds found the class Date as the type of the parameter, and it has no @SequenceId property. For an array use AssignSequenceIds.of(Class).',
    ],
    [
      undefined,
      'AssignSequenceIds found no class as the type of the parameter. Declare the parameter with a decorated class, and do not import that class as a type only. ' +
        'The compiler must emit types: set "emitDecoratorMetadata": true; esbuild, and with it tsx and vitest, never does',
    ],
    [
      PickType(Order, ['customer']),
      'A class made by PickType, OmitType, PartialType or IntersectionType does not have the decorators',
    ],
  ])('says what to do about the type %p', async (metatype, message) => {
    await listen();
    const pipe = new AssignSequenceIds(app!.get(SequenceService));
    await expect(pipe.transform({}, { type: 'body', metatype: metatype as never })).rejects.toThrow(message);
  });

  it.each<[unknown, string]>([
    [{ tenant: 'a b' }, ''],
    [{ tenant: {} }, ''],
    [[{ tenant: 'acme' }, { tenant: 'a/b' }], ' at index 1'],
  ])('answers 400 to %j, of which a name function makes no name', async (body, where) => {
    await listen();
    expect(await post(Array.isArray(body) ? 'receipts' : 'receipt', body)).toMatchObject({
      status: 400,
      body: { message: `Property number${where} follows from other properties, and these are not valid` },
    });
    expect(await app!.get(SequenceService).get('receipts:acme').inspect()).toBeUndefined();
  });

  it('keeps the bad name as the cause of its 400, and passes on what a name function throws', async () => {
    await listen();
    class Strict {
      @SequenceId((strict: Strict) => strict.tenant.trim()) number!: number;
      tenant!: string;
    }
    const pipe = new AssignSequenceIds(app!.get(SequenceService));
    const transform = (body: object) => pipe.transform(body, { type: 'body', metatype: Strict });
    await expect(transform({ tenant: 'a b' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('Strict.number: Expected a sequence name') },
    });
    await expect(transform({})).rejects.toBeInstanceOf(TypeError);
  });

  it.each([
    ['without a ValidationPipe', undefined, false],
    ['behind a ValidationPipe that transforms', { transform: true }, true],
  ])(
    'looks one level deep, %s: parts keep what the client sent, their ids too',
    async (_, validation, areItems) => {
      await listen(validation);
      const items = [{ id: 7 }, {}];
      expect((await post('basket', { items })).body).toEqual({ id: 1, items, areItems });
      expect(await app!.get(SequenceService).next('items')).toBe(1);
    },
  );

  it('blames the class, not the client, when a property has an initial value', async () => {
    await listen();
    class Initialized {
      @SequenceId('initialized') id = 0;
    }
    const pipe = new AssignSequenceIds(app!.get(SequenceService));
    for (const body of [{}, { id: 5 }, new Initialized()]) {
      await expect(pipe.transform(body, { type: 'body', metatype: Initialized })).rejects.toThrow(
        new TypeError(
          'Initialized.id has an initial value, so no id would ever be drawn. Declare it without one.',
        ),
      );
    }
  });

  it('takes what the client sends for a property that lost its decorator in a mapped type, unless the class declares it again', async () => {
    await listen();
    const pipe = new AssignSequenceIds(app!.get(SequenceService));
    class Line {
      @SequenceId('lines') line!: number;
    }
    class Lost extends IntersectionType(Order, Line) {
      @SequenceId('lines') declare line: number;
    }
    const transform = (Class: typeof Lost, body: object) =>
      pipe.transform(body, { type: 'body', metatype: Class });
    expect(await transform(Lost, { id: 7 })).toMatchObject({ id: 7, line: 1 });
    class Again extends IntersectionType(Order, Line) {
      @SequenceId('lines') declare line: number;
      @SequenceId('orders') declare id: number;
    }
    await expect(transform(Again, { id: 7 })).rejects.toThrow('Property id is given by the server');
    expect(await transform(Again, {})).toMatchObject({ id: 1, line: 2 });
  });

  it('gives ids to an array that a ParseArrayPipe before it has validated', async () => {
    await listen();
    expect(await post('validated', [{ customer: 'Ada' }, { customer: 'Grace' }])).toMatchObject({
      status: 201,
      body: [{ id: 1 }, { id: 2 }],
    });
    expect((await post('validated', [{ customer: 'Ada' }, { customer: 7 }])).status).toBe(400);
    expect((await post('validated', [{ customer: 'Ada', id: 9 }])).status).toBe(400);
    expect((await post('all', [{ customer: 7 }])).status).toBe(201);
  });

  it('refuses an array of a class without @SequenceId when the controller is defined', () => {
    expect(() => AssignSequenceIds.of(Date)).toThrow('Date has no @SequenceId property');
    expect(() => AssignSequenceIds.of((() => 1) as never)).toThrow(
      new TypeError('Expected a class with @SequenceId properties, got a function that is not a class'),
    );
    expect(() => AssignSequenceIds.of(undefined as never)).toThrow('to get a class, got undefined');
  });
});
