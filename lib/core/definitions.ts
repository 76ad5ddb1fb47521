import { isDeepStrictEqual } from 'node:util';
import { assertName } from '../common/arguments.js';
import { assertDefinition, type CounterDefinition, type SequenceDefinition } from './core-options.js';

/** What an application says of its names before it uses them. */
export class Definitions {
  readonly #defined = new Map<string, SequenceDefinition>();
  /** Names that the code spells out, without a definition. */
  readonly #declared = new Set<string>();

  constructor(private readonly options: { definition: (name: string) => CounterDefinition }) {}

  /** Two definitions of one name may not disagree: which of them held would depend on the order of start-up. */
  define(name: string, definition: SequenceDefinition): void {
    assertName(name);
    assertDefinition(`the definition of sequence "${name}"`, definition);
    const known = this.of(name);
    for (const key of ['start', 'blockSize'] as const) {
      const [one, other] = [known[key], definition[key]];
      if (one !== undefined && other !== undefined && !isDeepStrictEqual(one, other)) {
        throw new TypeError(
          `Sequence "${name}" is defined twice with different ${key}: ${JSON.stringify(known)} and ${JSON.stringify(definition)}. ` +
            'Keep one definition, or make them agree.',
        );
      }
    }
    this.#defined.set(name, {
      start: known.start ?? definition.start,
      blockSize: known.blockSize ?? definition.blockSize,
    });
  }

  declare(name: string): void {
    this.#declared.add(name);
  }

  of(name: string): CounterDefinition {
    return this.#defined.get(name) ?? this.options.definition(name);
  }

  /**
   * What a name is counted as: itself, where the code spells it out; the series of a counter. Undefined: names that are
   * made while it runs are without number.
   */
  labelOf(name: string): string | undefined {
    if (this.#defined.has(name) || this.#declared.has(name)) return name;
    return this.options.definition(name).label;
  }
}
