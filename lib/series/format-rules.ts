import { assertCheckable } from './check-digits.js';
import type { Part } from './format-syntax.js';
import type { NumberText } from './number-text.js';
import type { Periods } from './period.js';
import { SCOPE_REST } from './scope.js';

/** What a format needs to know of its series. */
export interface FormatContext {
  readonly periods: Periods;
  readonly scoped: boolean;
  readonly key: Uint8Array | undefined;
  /** The largest number, where the series has one. */
  readonly max: number | undefined;
}

/** What the tokens of one format need of each other and of the series; returns how its number is written. */
export function assertParts(parts: readonly Part[], { periods, scoped }: FormatContext): NumberText {
  const numbers = parts.flatMap((part) => (part.type === 'number' ? [part.text] : []));
  const [number] = numbers;
  if (number === undefined || numbers.length > 1) {
    throw new TypeError(`expected {n}, the number, exactly once, got it ${numbers.length} times`);
  }
  const scopes = parts.filter(({ type }) => type === 'scope').length;
  if (scopes > 0 && !scoped) throw new TypeError('{scope} needs a series with scoped: true');
  if (scopes > 1) throw new TypeError(`expected {scope} at most once, got it ${scopes} times`);
  let before = '';
  for (const part of parts) {
    if (part.type === 'date' && part.kind.startsWith('fy') && !periods.fiscal) {
      throw new TypeError(
        `{${part.kind}} needs to know when the fiscal year begins: restart: { every: 'year', startMonth: 4 }`,
      );
    }
    if (part.type !== 'check') {
      before += charactersOf(part);
      continue;
    }
    if (!/[0-9A-Za-z]/.test(before)) {
      throw new TypeError(`{check:${part.algorithm}} covers what stands before it, and nothing does`);
    }
    assertCheckable(part.algorithm, before);
    before += '0';
  }
  return number;
}

/** Characters that the text of a part can have, enough to know which kinds. */
function charactersOf(part: Exclude<Part, { type: 'check' }>): string {
  switch (part.type) {
    case 'literal':
      return part.text;
    case 'date':
      return '0';
    case 'number':
      return part.text.alphabet;
    case 'scope':
      return SCOPE_REST;
  }
}
