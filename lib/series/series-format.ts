import type { CalendarDay } from './calendar-day.js';
import { type CheckAlgorithm, checkLength, checkOf } from './check-digits.js';
import { DATE_SHAPES, type DateKind, dateText } from './date-tokens.js';
import { dayWith } from './day-with.js';
import { patternOf } from './format-pattern.js';
import { assertParts, type FormatContext } from './format-rules.js';
import { parseFormat, type Part } from './format-syntax.js';
import type { NumberText } from './number-text.js';
import type { Periods } from './period.js';
import { LONGEST_SCOPE } from './scope.js';

/** What a text says. */
export interface Reading {
  readonly n: number;
  readonly period: string;
  readonly scope: string | undefined;
}

/** One format of a series: writes texts, and reads exactly those that it writes. */
export class SeriesFormat {
  readonly parts: readonly Part[];
  readonly number: NumberText;
  /** The largest number that this format writes. */
  readonly last: number;
  readonly hasScope: boolean;
  readonly dateKinds: readonly DateKind[];
  /** Characters of the longest text without its scope. */
  readonly longest: number;
  readonly #periods: Periods;
  readonly #pattern: RegExp;
  /** What the numbers of a day have in common: the parts before, between and after those that differ. */
  readonly #common: Part[][] = [[]];
  readonly #checks = new Map<CheckAlgorithm, (before: string) => string>();
  readonly #differing: ((n: number, scope: string, before: string) => string)[] = [];
  /** The texts of `#common` on `#day`. */
  #texts: readonly string[] | undefined;
  #day: CalendarDay | undefined;

  /** Throws a TypeError or RangeError that says what is wrong with the format. */
  constructor(
    readonly format: string,
    context: FormatContext,
  ) {
    this.parts = parseFormat(format, context.key);
    this.number = assertParts(this.parts, context);
    this.last = Math.min(this.number.largest, context.max ?? this.number.largest);
    this.hasScope = this.parts.some(({ type }) => type === 'scope');
    this.dateKinds = this.parts.flatMap((part) => (part.type === 'date' ? [part.kind] : []));
    this.longest = this.parts.reduce((sum, part) => sum + lengthOf(part, this.last), 0);
    this.#periods = context.periods;
    this.#pattern = patternOf(this.parts, this.last);
    for (const part of this.parts) this.#compile(part);
  }

  /**
   * Loads the optional packages that writing and reading need. What formats have in common is found out without them: a
   * process may have left a former format behind, and its package with it. Throws a TypeError that says what to install.
   */
  load(): this {
    this.number.load();
    for (const part of this.parts) if (part.type === 'check') this.#check(part.algorithm);
    return this;
  }

  /** Whether a text needs a day. */
  get readsDate(): boolean {
    return this.dateKinds.length > 0;
  }

  /**
   * `n` is an integer from 1 to {@link last}; `day` is needed if {@link readsDate}, `scope` if {@link hasScope}. Throws a
   * RangeError where two digits would not tell the year.
   */
  write(n: number, day: CalendarDay | undefined, scope = ''): string {
    const texts = this.#texts !== undefined && day === this.#day ? this.#texts : this.#textsOf(day);
    let text = texts[0]!;
    for (let index = 0; index < this.#differing.length; index++) {
      text += this.#differing[index]!(n, scope, text) + texts[index + 1]!;
    }
    return text;
  }

  /** Undefined: this format writes no such text. */
  read(text: string): Reading | undefined {
    if (text.length > this.longest + LONGEST_SCOPE) return undefined;
    const groups = this.#pattern.exec(text)?.groups;
    if (groups === undefined) return undefined;
    const n = this.number.read(groups['n']!);
    if (n === undefined || n > this.last) return undefined;
    const scope = groups['scope'];
    const day = this.readsDate ? this.#dayOf(groups) : undefined;
    if (this.readsDate && day === undefined) return undefined;
    // The pattern lets through other check digits, and numbers that are written with fewer digits when scrambled.
    if (this.write(n, day, scope) !== text) return undefined;
    return { n, period: day === undefined ? '' : this.#periods.keyOf(day), scope };
  }

  #dayOf(groups: Record<string, string | undefined>): CalendarDay | undefined {
    const texts = new Map<DateKind, string>();
    for (const kind of this.dateKinds) texts.set(kind, groups[kind]!);
    return dayWith(texts, this.#periods);
  }

  #check(algorithm: CheckAlgorithm): (before: string) => string {
    const known = this.#checks.get(algorithm);
    if (known !== undefined) return known;
    const check = checkOf(algorithm);
    this.#checks.set(algorithm, check);
    return check;
  }

  #compile(part: Part): void {
    switch (part.type) {
      case 'literal':
      case 'date':
        this.#common.at(-1)!.push(part);
        return;
      case 'number':
        this.#differing.push((n) => part.text.write(n));
        break;
      case 'scope':
        this.#differing.push((_n, scope) => scope);
        break;
      case 'check':
        this.#differing.push((_n, _scope, before) => this.#check(part.algorithm)(before));
    }
    this.#common.push([]);
  }

  #textsOf(day: CalendarDay | undefined): readonly string[] {
    const texts = this.#common.map((parts) =>
      parts
        .map((part) => {
          if (part.type === 'literal') return part.text;
          return part.type === 'date' ? dateText(part.kind, day!, this.#periods) : '';
        })
        .join(''),
    );
    this.#texts = texts;
    this.#day = day;
    return texts;
  }
}

/** Characters that a part has at most; none of a scope. */
function lengthOf(part: Part, last: number): number {
  switch (part.type) {
    case 'literal':
      return part.text.length;
    case 'date':
      return DATE_SHAPES[part.kind][0]!.length;
    case 'number':
      return part.text.lengthOf(last);
    case 'check':
      return checkLength(part.algorithm);
    case 'scope':
      return 0;
  }
}
