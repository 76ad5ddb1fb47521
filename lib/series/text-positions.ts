import { checkLength } from './check-digits.js';
import { DATE_SHAPES } from './date-tokens.js';
import type { Part } from './format-syntax.js';
import { SCOPE_FIRST, SCOPE_REST } from './scope.js';
import type { SeriesFormat } from './series-format.js';

/** A character of a text: which ones it may be, and of what part of the format it is the how-manieth. */
export interface TextPosition {
  readonly characters: string;
  readonly part: Part;
  /** Which of the format's parts. */
  readonly index: number;
  /** From 0. Of a scope always 0. */
  readonly offset: number;
  /** Where the next character may stand. */
  readonly next: TextPosition[];
  /** Whether the text may end here. */
  end: boolean;
}

/**
 * A format as an automaton over the characters of its texts (Glushkov's construction): where the first may stand. Every
 * text that the format writes is a path from one of the first positions to an end. Not every path is a text: the parts are
 * independent of each other here, check digits are any digits, and a scope may be as long as it likes.
 */
export function textPositions({ parts, last }: SeriesFormat): readonly TextPosition[] {
  const first: TextPosition[] = [];
  /** Where what comes next has to be entered. */
  let open: TextPosition[][] = [first];
  let ends: TextPosition[] = [];
  parts.forEach((part, index) => {
    const [before, after]: [TextPosition[][], TextPosition[]] = [open, []];
    for (const shape of shapesOf(part, last)) {
      let entries = before;
      let position: TextPosition | undefined;
      shape.forEach((characters, offset) => {
        position = { characters, part, index, offset, next: [], end: false };
        for (const entry of entries) entry.push(position);
        entries = [position.next];
      });
      if (position !== undefined) after.push(position);
    }
    if (part.type === 'scope') {
      const rest: TextPosition = { characters: SCOPE_REST, part, index, offset: 0, next: [], end: false };
      for (const position of [...after, rest]) position.next.push(rest);
      after.push(rest);
    }
    open = after.map(({ next }) => next);
    ends = after;
  });
  for (const position of ends) position.end = true;
  return first;
}

function shapesOf(part: Part, last: number): readonly (readonly string[])[] {
  switch (part.type) {
    case 'literal':
      return [part.text.split('')];
    case 'date':
      return DATE_SHAPES[part.kind];
    case 'number':
      return part.text.shapes(last);
    case 'scope':
      return [[SCOPE_FIRST]];
    case 'check':
      return [Array.from({ length: checkLength(part.algorithm) }, () => '0123456789')];
  }
}
