/** Compiled by `npm run types`, never run: each `@ts-expect-error` fails the build when the line below it compiles. */
import { expectTypeOf } from 'expect-type';
import {
  InjectSequence,
  type Sequence,
  SequenceId,
  SequenceModule,
  SequenceService,
} from 'nestjs-essequence';

declare const sequences: SequenceService;
const text = (id: number): string => `T-${id}`;
const key = Symbol('key');

export class Fitting {
  @SequenceId('orders') number!: number;
  @SequenceId('orders') optional?: number;
  @SequenceId('orders') nullable!: number | null;
  @SequenceId('orders') wide!: number | string;
  @SequenceId('orders') unknown!: unknown;
  @SequenceId('orders') readonly readonly!: number;
  @SequenceId('orders') [key]!: number;
  @SequenceId('orders', {}) options!: number;
  @SequenceId('orders', { transform: undefined }) untransformed!: number;
  @SequenceId('orders', { transform: text }) text!: string;
  @SequenceId('orders', { transform: (id) => BigInt(id) }) big!: bigint;
  @SequenceId('orders', { transform: (id) => ({ id }) }) object!: { id: number };
  @SequenceId((entity: Fitting) => `orders:${entity.number}`) named!: number;
  @SequenceId((entity: Fitting) => entity.text, { transform: text }) namedText!: string;
  @SequenceId((entity: { number: number }) => `orders:${entity.number}`) structural!: number;
  @SequenceId(() => 'orders') constant!: number;
  #stored: number | undefined;
  @SequenceId('orders')
  get accessor(): number | undefined {
    return this.#stored;
  }
  set accessor(id: number | undefined) {
    this.#stored = id;
  }

  // Private and protected properties are not checked: these two compile although they do not fit.
  @SequenceId('orders') private readonly hidden!: string;
  @SequenceId('orders') protected guarded!: string;

  show(): string {
    return this.hidden;
  }
}

export class Derived extends Fitting {
  @SequenceId('derived') declare number: number;
}

export class Unfitting {
  // @ts-expect-error -- a number for a string
  @SequenceId('orders') string!: string;
  // @ts-expect-error -- a number for a narrower type
  @SequenceId('orders') literal!: 1 | 2;
  // @ts-expect-error -- a string for a number
  @SequenceId('orders', { transform: text }) number!: number;
  // @ts-expect-error -- a string or undefined for a string
  @SequenceId('orders', { transform: (id): string | undefined => (id > 1 ? 'x' : undefined) }) maybe!: string;
  // @ts-expect-error -- a promise is not awaited
  @SequenceId('orders', { transform: async (id) => id }) awaited!: number;
  // @ts-expect-error -- a name for another class
  @SequenceId((other: { tenant: string }) => other.tenant) otherClass!: number;
  // @ts-expect-error -- a name must be a text
  @SequenceId((entity: Unfitting) => entity.count) nameType!: number;
  // @ts-expect-error -- a promise of a name
  @SequenceId(async () => 'orders') promised!: number;
  // @ts-expect-error -- no name
  @SequenceId() unnamed!: number;
  // @ts-expect-error -- a start belongs to the name, not to the property
  @SequenceId('orders', { start: 1 }) start!: number;
  // @ts-expect-error -- an unfitting symbol property
  @SequenceId('orders') [key]!: string;
  // @ts-expect-error -- a static property
  @SequenceId('orders') static shared: number;
  // @ts-expect-error -- a method
  @SequenceId('orders')
  method(): void {}
  count = 1;
}

// @ts-expect-error -- a class
@SequenceId('orders')
export class Decorated {}

export class Parameter {
  // @ts-expect-error -- a constructor parameter
  constructor(@SequenceId('orders') readonly id: number) {}
}

export class Injected {
  @InjectSequence('shipments') readonly property!: Sequence<string>;
  constructor(@InjectSequence('shipments') private readonly parameter: Sequence) {}
  show(): Sequence {
    return this.parameter;
  }
}

export async function assignKeepsTheType(one: Fitting, many: Fitting[], fixed: readonly [Fitting, Derived]) {
  expectTypeOf(await sequences.assign(one)).toEqualTypeOf<Fitting>();
  expectTypeOf(await sequences.assign(many)).toEqualTypeOf<Fitting[]>();
  expectTypeOf(await sequences.assign(fixed)).toEqualTypeOf<readonly [Fitting, Derived]>();
  expectTypeOf(
    await sequences.assign(one, { timeout: 1, signal: AbortSignal.timeout(1) }),
  ).toEqualTypeOf<Fitting>();
  // @ts-expect-error -- no object
  void sequences.assign(5);
  // @ts-expect-error -- no object
  void sequences.assign('orders');
  // @ts-expect-error -- an unknown option
  void sequences.assign(one, { transform: text });
}

export async function createMakesAnInstance() {
  expectTypeOf(await sequences.create(Derived, { optional: 1 })).toEqualTypeOf<Derived>();
  // @ts-expect-error -- a property of another type
  void sequences.create(Fitting, { number: 'one' });
  // @ts-expect-error -- an unknown property
  void sequences.create(Fitting, { unheardOf: 1 });
  // @ts-expect-error -- a class that needs arguments
  void sequences.create(Parameter, {});
  abstract class Abstract {}
  // @ts-expect-error -- an abstract class
  void sequences.create(Abstract, {});
}

export async function sequenceFollowsItsTransform() {
  expectTypeOf(sequences.get('orders')).toEqualTypeOf<Sequence>();
  expectTypeOf(sequences.get('orders', { blockSize: 10 })).toEqualTypeOf<Sequence<number>>();
  const texts = sequences.get('orders', { transform: text });
  expectTypeOf(texts).toEqualTypeOf<Sequence<string>>();
  expectTypeOf(await texts.next()).toEqualTypeOf<string>();
  expectTypeOf(texts.tryNext()).toEqualTypeOf<string | undefined>();
  expectTypeOf(await texts.take(2)).toEqualTypeOf<string[]>();
  for await (const each of texts) expectTypeOf(each).toEqualTypeOf<string>();
  texts.stream(2).subscribe((each) => expectTypeOf(each).toEqualTypeOf<string>());
  // The service's own calls know no transform.
  expectTypeOf(await sequences.next('orders')).toEqualTypeOf<number>();
  expectTypeOf(await sequences.take('orders', 2)).toEqualTypeOf<number[]>();
  SequenceModule.forFeature('orders', {
    name: 'shipments',
    transform: text,
    start: 1,
    blockSize: { min: 1, max: 2 },
  });
  // @ts-expect-error -- a sequence of texts is none of numbers
  const wrong: Sequence<number> = texts;
  return wrong;
}
