import { type DateCollision, dateCollision } from './date-collision.js';
import type { Periods } from './period.js';
import type { SeriesFormat } from './series-format.js';
import { type TextPosition, textPositions } from './text-positions.js';

/** A text that two different numbers could have. */
export type Collision =
  | ({ readonly why: 'date' } & DateCollision)
  | {
      readonly why: 'number' | 'scope';
      readonly text: string;
      /** What of the text either format takes for the number, or the scope. */
      readonly readings: readonly [string, string];
    };

/** One character of a common text, seen by both formats. */
type Pair = readonly [TextPosition, TextPosition];

interface Step {
  readonly pair: Pair;
  readonly character: string;
  readonly numbersApart: boolean;
  readonly scopesApart: boolean;
  readonly before: Step | undefined;
}

/**
 * Decides whether two formats of one series, or one and itself, could give one text to two different numbers: other `n`,
 * another period, or another scope where both texts have it. Undefined is a proof that they cannot.
 *
 * The invariant: let a text T be written by `one` for (n1, day1, scope1) and by `other` for (n2, day2, scope2). T is a
 * path through the positions of both, so the search below walks over it, and one of these holds.
 * 1. Some character of T belongs to the number in one format and not in the other. The search ends with `numbersApart`:
 *    refused.
 * 2. The number stands at the same place in both. Written in different ways, it may be another number: refused. Written
 *    in the same way, n1 = n2, because reading is a function of these characters.
 * 3. Both have a scope, and some character belongs to the scope in one and not in the other: refused. Else the scopes
 *    stand at the same place and are equal.
 * 4. What is left are the days. Number and scopes at the same place leave one way to lay the other parts, which have
 *    fixed lengths, upon each other, but for how long number and scope are: the parts before, between and after them
 *    meet the same partners in every such text. So any path that the search finds shows which character of which date
 *    token of `one` meets which of `other`, and `dateCollision` looks at all pairs of days for two of different periods
 *    that agree there.
 *
 * Formats are refused that only look as if they collided where 1 to 3 hold for paths that are no texts (only with check
 * digits that are wrong, or days that do not exist), and where numbers at different places would still be equal.
 */
export function collisionOf(one: SeriesFormat, other: SeriesFormat, periods: Periods): Collision | undefined {
  const bothScoped = one.hasScope && other.hasScope;
  const sameReading = one.number.reads(other.number);
  let aligned: Step | undefined;
  for (const end of commonTexts(one, other, bothScoped)) {
    if (end.numbersApart || !sameReading) return readingsOf('number', end);
    if (end.scopesApart) return readingsOf('scope', end);
    aligned ??= end;
  }
  if (aligned === undefined || periods.unit === 'never') return undefined;
  const found = dateCollision(
    one,
    other,
    stepsTo(aligned).map(({ pair }) => pair),
    periods,
  );
  return found && { why: 'date', ...found };
}

/** The ends of the shortest common texts: one for each pair of last positions, and for what stands apart. */
function* commonTexts(one: SeriesFormat, other: SeriesFormat, bothScoped: boolean): Generator<Step> {
  const [firstOfOne, firstOfOther] = [textPositions(one), textPositions(other)];
  const seen = new Map<TextPosition, Map<TextPosition, Set<number>>>();
  const common = commonCharacter();
  let steps: (Step | undefined)[] = [undefined];
  while (steps.length > 0) {
    const following: Step[] = [];
    for (const before of steps) {
      for (const left of before?.pair[0].next ?? firstOfOne) {
        for (const right of before?.pair[1].next ?? firstOfOther) {
          const character = common(left.characters, right.characters);
          if (character === undefined) continue;
          const numbersApart =
            before?.numbersApart === true || (left.part.type === 'number') !== (right.part.type === 'number');
          const scopesApart =
            bothScoped &&
            (before?.scopesApart === true || (left.part.type === 'scope') !== (right.part.type === 'scope'));
          const flags = (numbersApart ? 1 : 0) + (scopesApart ? 2 : 0);
          if (!isNew(seen, left, right, flags)) continue;
          const step = { pair: [left, right] as const, character, numbersApart, scopesApart, before };
          following.push(step);
          if (left.end && right.end) yield step;
        }
      }
    }
    steps = following;
  }
}

function isNew(
  seen: Map<TextPosition, Map<TextPosition, Set<number>>>,
  left: TextPosition,
  right: TextPosition,
  flags: number,
): boolean {
  const ofLeft = seen.get(left) ?? new Map<TextPosition, Set<number>>();
  seen.set(left, ofLeft);
  const known = ofLeft.get(right) ?? new Set<number>();
  ofLeft.set(right, known);
  if (known.has(flags)) return false;
  known.add(flags);
  return true;
}

/** A character of both sets. The sets are few, so each pair of them is compared once. */
function commonCharacter(): (left: string, right: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (left, right) => {
    if (left === right) return preferred(left);
    const key = `${left} ${right}`;
    if (!known.has(key)) {
      const both = Array.from(left).filter((character) => right.includes(character));
      known.set(key, both.length === 0 ? undefined : preferred(both.join('')));
    }
    return known.get(key);
  };
}

/** For examples that look like numbers. */
function preferred(characters: string): string {
  return characters.includes('1') ? '1' : characters[0]!;
}

function readingsOf(why: 'number' | 'scope', end: Step): Collision {
  const steps = stepsTo(end);
  const reading = (side: 0 | 1) =>
    steps.map(({ pair, character }) => (pair[side].part.type === why ? character : '')).join('');
  return { why, text: steps.map(({ character }) => character).join(''), readings: [reading(0), reading(1)] };
}

function stepsTo(end: Step): Step[] {
  const steps: Step[] = [];
  for (let step: Step | undefined = end; step !== undefined; step = step.before) steps.unshift(step);
  return steps;
}
