import type { CheckAlgorithm } from './check-digits.js';
import { type DateKind, isDateKind } from './date-tokens.js';
import { NumberText } from './number-text.js';

/** The parts of a format, in the order of the text. */
export type Part =
  | { readonly type: 'literal'; readonly text: string }
  | { readonly type: 'date'; readonly kind: DateKind }
  | { readonly type: 'number'; readonly text: NumberText }
  | { readonly type: 'scope' }
  | { readonly type: 'check'; readonly algorithm: CheckAlgorithm };

const CHECKS: readonly CheckAlgorithm[] = ['luhn', 'damm', 'verhoeff', 'mod97'];

/** Reads a format. Throws a TypeError or RangeError that names the token. */
export function parseFormat(format: string, key: Uint8Array | undefined): Part[] {
  const parts: Part[] = [];
  let literal = '';
  const endLiteral = () => {
    if (literal !== '') parts.push({ type: 'literal', text: literal });
    literal = '';
  };
  for (let at = 0; at < format.length;) {
    const character = format[at]!;
    if (character !== '{' && character !== '}') {
      literal += character;
      at++;
    } else if (format[at + 1] === character) {
      literal += character;
      at += 2;
    } else {
      const end = character === '{' ? format.indexOf('}', at) : -1;
      if (end === -1) {
        throw new TypeError(
          `a single ${character} at ${at}; write ${character}${character} for the character itself`,
        );
      }
      endLiteral();
      parts.push(parseToken(format.slice(at + 1, end), key));
      at = end + 1;
    }
  }
  endLiteral();
  return parts;
}

function parseToken(token: string, key: Uint8Array | undefined): Part {
  const [name = '', ...details] = token.split(':');
  if (name === 'n') return { type: 'number', text: parseNumber(token, details, key) };
  if (name === 'check') {
    const algorithm = CHECKS.find((known) => known === details[0]);
    if (algorithm !== undefined && details.length === 1) return { type: 'check', algorithm };
    throw new TypeError(`{${token}}: expected {check:${CHECKS.join('}, {check:')}}`);
  }
  if (details.length === 0 && name === 'scope') return { type: 'scope' };
  if (details.length === 0 && isDateKind(name)) return { type: 'date', kind: name };
  throw new TypeError(
    `unknown token {${token}}; known are n, yyyy, yy, MM, dd, q, GGGG, WW, fy, fy2, fyEnd, fyEnd2, scope and check`,
  );
}

/** `{n}`, `{n:6}`, `{n:6!}`, `{n:6:36}`, `{n:8:crockford}`, `{n:8:scrambled}`. */
function parseNumber(token: string, details: string[], key: Uint8Array | undefined): NumberText {
  const [size, form, ...rest] = details;
  const [, width = '1', limit = ''] =
    size === undefined ? [] : (/^([1-9]\d?)(!?)$/.exec(size) ?? [undefined, '']);
  if (width === '' || rest.length > 0) {
    throw new TypeError(
      `{${token}}: expected {n}, or a width of 1 to 64 digits as in {n:6}, {n:6!}, {n:8:crockford}, {n:6:36} or {n:8:scrambled}`,
    );
  }
  return new NumberText({ token, width: Number(width), limited: limit === '!', form, key });
}
