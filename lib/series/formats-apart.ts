import type { CalendarDay } from './calendar-day.js';
import { type Collision, collisionOf } from './collision.js';
import type { Periods } from './period.js';
import type { SeriesFormat } from './series-format.js';

/** Refuses formats of one series that could give one text to two numbers, each by itself and any two together. */
export function assertFormatsApart(name: string, formats: readonly SeriesFormat[], periods: Periods): void {
  formats.forEach((one, index) => {
    for (const other of formats.slice(index)) {
      const collision = collisionOf(one, other, periods);
      if (collision !== undefined) {
        throw new TypeError(`Series "${name}": ${describeCollision(one, other, collision, periods)}`);
      }
    }
  });
}

/** What could happen, with an example. */
export function describeCollision(
  one: SeriesFormat,
  other: SeriesFormat,
  collision: Collision,
  periods: Periods,
): string {
  const formats =
    one === other
      ? `the texts of the format ${JSON.stringify(one.format)} could repeat`
      : `the formats ${JSON.stringify(one.format)} and ${JSON.stringify(other.format)} could give one text to two numbers`;
  if (collision.why !== 'date') {
    const { text, readings, why } = collision;
    const [first, second] = readings.map((reading) => JSON.stringify(reading));
    const remedy =
      one === other
        ? '; put a character between {scope} and {n} that is neither a digit nor a digit of {n}'
        : '';
    const what =
      first === second ? `in two ways (the ${why} ${first})` : `with the ${why} ${first} or ${second}`;
    return `${formats}: ${JSON.stringify(text)} can be read ${what}${remedy}`;
  }
  const [first, second] = collision.days;
  const n = exampleOf(one, other);
  const [text, same] = [textOf(one, n, first), textOf(other, n, second)];
  const example = text !== undefined && text === same ? ` ${JSON.stringify(text)}` : '';
  return (
    `${formats}: number ${n} of ${first.text} (period ${periods.keyOf(first)}) and number ${n} of ${second.text} ` +
    `(period ${periods.keyOf(second)}) would have the same text${example}; the date tokens have to tell the periods apart`
  );
}

/** Undefined: a package is missing, as it may be for formats that others have used. */
function textOf(format: SeriesFormat, n: number, day: CalendarDay): string | undefined {
  try {
    return format.load().write(n, day, 'a');
  } catch {
    return undefined;
  }
}

/** A number that both formats write with the same number of digits. */
function exampleOf(one: SeriesFormat, other: SeriesFormat): number {
  if (one.number.width === other.number.width) return 1;
  const n = one.number.alphabet.length ** (Math.max(one.number.width, other.number.width) - 1);
  return n <= Math.min(one.last, other.last) ? n : 1;
}
