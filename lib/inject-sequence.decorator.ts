import { assertName } from './arguments.js';

/**
 * The injection token of a sequence made by `SequenceModule.forFeature(name)`. Nest names it in its own error when the
 * forFeature is missing.
 *
 * @example
 * { provide: getSequenceToken('orders'), useValue: fakeSequence }
 */
export function getSequenceToken(name: string): string {
  assertName(name);
  return `Sequence('${name}')`;
}
