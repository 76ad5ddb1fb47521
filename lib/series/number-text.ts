import { show } from '../common/arguments.js';
import { Scramble } from './scramble.js';

/** Upper case, as everything canonical. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Douglas Crockford's Base 32: no I, L, O and U. */
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The fewest digits of scrambled numbers: FF1 is weak on small domains (NIST SP 800-38G, revision 1: a million). */
const FEWEST_SCRAMBLED = 6;
/** 2^53 - 1 has this many decimal digits. */
const MOST_SCRAMBLED = 16;

export interface NumberTextOptions {
  /** As it stands between the braces, for messages. */
  token: string;
  /** The least number of digits. */
  width: number;
  /** Whether there are never more digits than `width`. */
  limited: boolean;
  /** `crockford`, a radix, `scrambled`; undefined: decimal. */
  form: string | undefined;
  key: Uint8Array | undefined;
}

/**
 * How a number is written. Each number has exactly one text, and each text at most one number: at least `width` digits,
 * more only where the number needs them.
 */
export class NumberText {
  readonly width: number;
  readonly limited: boolean;
  /** The digits, in the order of their values. */
  readonly alphabet: string;
  /** The largest number that can be written. */
  readonly largest: number;
  readonly #radix: number;
  readonly #scramble: Scramble | undefined;

  /** Throws a TypeError or RangeError if numbers cannot be written so. */
  constructor({ token, width, limited, form, key }: NumberTextOptions) {
    if (width > 64) throw new RangeError(`{${token}}: expected a width of 1 to 64 digits`);
    this.width = width;
    this.limited = limited;
    this.alphabet = alphabetOf(token, form);
    this.#radix = this.alphabet.length;
    this.largest = limited
      ? Math.min(this.#radix ** width - 1, Number.MAX_SAFE_INTEGER)
      : Number.MAX_SAFE_INTEGER;
    if (form !== 'scrambled') return;
    if (width < FEWEST_SCRAMBLED || width > MOST_SCRAMBLED) {
      throw new RangeError(
        `{${token}}: scrambled numbers have ${FEWEST_SCRAMBLED} to ${MOST_SCRAMBLED} digits; fewer could be guessed`,
      );
    }
    if (key === undefined) {
      throw new TypeError(`{${token}} needs the option key: 16, 24 or 32 random bytes that are kept secret`);
    }
    this.#scramble = new Scramble(key);
  }

  /** Loads what writing and reading need. Throws a TypeError that says what to install. */
  load(): void {
    this.#scramble?.load();
  }

  get scrambled(): boolean {
    return this.#scramble !== undefined;
  }

  /** How many digits `n` is written with. */
  lengthOf(n: number): number {
    return Math.max(this.width, n.toString(this.#radix).length);
  }

  /** The text of `n`, an integer from 1 to {@link largest}. */
  write(n: number): string {
    if (this.#radix === 10) {
      const text = String(n).padStart(this.width, '0');
      return this.#scramble === undefined ? text : this.#scramble.encrypt(text);
    }
    let text = n.toString(this.#radix);
    text = this.alphabet === CROCKFORD ? text.replace(/./g, inCrockford) : text.toUpperCase();
    return text.padStart(this.width, '0');
  }

  /**
   * The number that these digits stand for; undefined: none. Not only what {@link write} gives has one: with needless
   * zeros before it, the text is that of another one, or of none.
   */
  read(text: string): number | undefined {
    const plain = this.#scramble === undefined ? text : this.#scramble.decrypt(text);
    let n = 0;
    for (const digit of plain) {
      const value = this.alphabet.indexOf(digit);
      if (value === -1) return undefined;
      n = n * this.#radix + value;
      // Beyond it sums are rounded, and two texts would be one number.
      if (n > Number.MAX_SAFE_INTEGER) return undefined;
    }
    return n === 0 ? undefined : n;
  }

  /**
   * The texts that a number up to `last` can be, as alternatives of one set of characters per position: all digits
   * where there are `width`, a first digit that is not 0 where there are more. May allow more than there is, never less.
   */
  shapes(last: number): string[][] {
    const length = this.lengthOf(last);
    const shapes: string[][] = [];
    for (let count = this.width; count <= length; count++) {
      const shape = Array.from({ length: count }, () => this.alphabet);
      if (count > this.width && !this.scrambled) shape[0] = this.alphabet.slice(1);
      shapes.push(shape);
    }
    return shapes;
  }

  /** Whether a text that is a number to both is the same number to both (where scrambled: with the same key). */
  reads(other: NumberText): boolean {
    return this.alphabet === other.alphabet && this.scrambled === other.scrambled;
  }
}

function alphabetOf(token: string, form: string | undefined): string {
  if (form === undefined || form === 'scrambled') return DIGITS.slice(0, 10);
  if (form === 'crockford') return CROCKFORD;
  if (/^([2-9]|[12]\d|3[0-6])$/.test(form)) return DIGITS.slice(0, Number(form));
  throw new TypeError(
    `{${token}}: expected the form of the number to be a radix from 2 to 36, crockford or scrambled, got ${show(form)}`,
  );
}

function inCrockford(digit: string): string {
  return CROCKFORD[Number.parseInt(digit, 32)]!;
}
