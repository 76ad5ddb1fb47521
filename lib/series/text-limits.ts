import { show } from '../common/arguments.js';
import { DATE_SHAPES } from './date-tokens.js';
import type { Part } from './format-syntax.js';
import { assertScope } from './scope.js';
import type { NumberSeriesDefinition } from './series-definition.js';
import type { SeriesFormat } from './series-format.js';

/** What the texts of a series may be at most, checked once: when the series is defined, and for each scope when it is used. */
export class TextLimits {
  readonly #name: string;
  readonly #format: SeriesFormat;
  readonly #maxLength: number | undefined;
  readonly #charset: RegExp | undefined;
  /** The scope that was found good last. */
  #scope: string | undefined;

  /** Throws a RangeError for a format whose longest text is too long, or that has another character. */
  constructor(name: string, format: SeriesFormat, { maxLength, charset }: NumberSeriesDefinition) {
    this.#name = name;
    this.#format = format;
    this.#maxLength = maxLength;
    // With `g` or `y` a RegExp remembers where it was.
    this.#charset = charset && new RegExp(charset.source, charset.flags.replace(/[gy]/g, ''));
    this.#assertLength(format.hasScope ? 'x' : '');
    for (const part of format.parts) this.#assertCharacters(charactersOf(part, format.last));
  }

  /**
   * Throws a TypeError for anything but a scope, and a RangeError for one that makes a text too long or has a character
   * outside the alphabet.
   */
  assertScope(scope: unknown): void {
    if (scope === this.#scope && scope !== undefined) return;
    assertScope(scope);
    if (this.#format.hasScope) {
      this.#assertLength(scope);
      this.#assertCharacters(scope);
    }
    this.#scope = scope;
  }

  #assertLength(scope: string): void {
    const length = this.#format.longest + scope.length;
    if (this.#maxLength === undefined || length <= this.#maxLength) return;
    throw new RangeError(
      `Series "${this.#name}": a text of ${show(this.#format.format)} can have ${length} characters, with the number ` +
        `${this.#format.last}${scope === '' ? '' : ` and the scope ${show(scope)}`}; maxLength is ${this.#maxLength}. ` +
        'A max for the numbers makes texts shorter',
    );
  }

  #assertCharacters(characters: string): void {
    for (const character of characters) {
      if (this.#charset === undefined || this.#charset.test(character)) continue;
      throw new RangeError(
        `Series "${this.#name}": a text of ${show(this.#format.format)} can have the character ${show(character)}, ` +
          `which charset ${String(this.#charset)} excludes`,
      );
    }
  }
}

/** Every character that the text of a part can have; none of a scope. */
function charactersOf(part: Part, last: number): string {
  switch (part.type) {
    case 'literal':
      return part.text;
    case 'date':
      return DATE_SHAPES[part.kind].flat().join('');
    case 'number':
      return part.text.shapes(last).flat().join('');
    case 'check':
      return '0123456789';
    case 'scope':
      return '';
  }
}
