import { checkLength } from './check-digits.js';
import { DATE_SHAPES } from './date-tokens.js';
import type { Part } from './format-syntax.js';
import type { NumberText } from './number-text.js';
import { LONGEST_SCOPE, SCOPE_FIRST, SCOPE_REST } from './scope.js';

/**
 * What the texts of a format look like, with a group for the number, the scope and each kind of date token. It lets
 * through all that the format writes for numbers up to `last`, and more (30 February, other check digits). Where the
 * number and the scope stand in a text it cannot mistake: `collisionOf` has refused every format whose texts, looked at
 * as loosely, would leave a choice.
 */
export function patternOf(parts: readonly Part[], last: number): RegExp {
  const named = new Set<string>();
  const group = (name: string, pattern: string) => {
    if (named.has(name)) return `\\k<${name}>`;
    named.add(name);
    return `(?<${name}>${pattern})`;
  };
  const patterns = parts.map((part) => {
    switch (part.type) {
      case 'literal':
        return part.text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
      case 'date':
        return group(part.kind, alternatives(DATE_SHAPES[part.kind]));
      case 'number':
        return group('n', numberPattern(part.text, last));
      case 'scope':
        return group('scope', `${oneOf(SCOPE_FIRST)}${oneOf(SCOPE_REST)}{0,${LONGEST_SCOPE - 1}}`);
      case 'check':
        return `[0-9]{${checkLength(part.algorithm)}}`;
    }
  });
  return new RegExp(`^${patterns.join('')}$`);
}

/** As {@link NumberText.shapes}, shorter. */
function numberPattern(number: NumberText, last: number): string {
  const [width, length] = [number.width, number.lengthOf(last)];
  const digit = oneOf(number.alphabet);
  if (number.scrambled || length === width) return `${digit}{${width},${length}}`;
  return `(?:${digit}{${width}}|${oneOf(number.alphabet.slice(1))}${digit}{${width},${length - 1}})`;
}

function alternatives(shapes: readonly (readonly string[])[]): string {
  return `(?:${shapes.map((shape) => shape.map(oneOf).join('')).join('|')})`;
}

function oneOf(characters: string): string {
  return `[${characters.replace(/[\\\]^-]/g, '\\$&')}]`;
}
