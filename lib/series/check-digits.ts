import { optionalPeer } from './optional-peer.js';

export type CheckAlgorithm = 'luhn' | 'damm' | 'verhoeff' | 'mod97';

type CheckDigits = Record<'luhn' | 'damm' | 'verhoeff' | 'mod97_10', { compute(text: string): string }>;

/** Digits of the check: two of ISO 7064 MOD 97-10, one of the others. */
export function checkLength(algorithm: CheckAlgorithm): number {
  return algorithm === 'mod97' ? 2 : 1;
}

/**
 * What computes the check of the text before it: over its digits, or for `mod97` over its letters, as upper case, and
 * digits. Everything else in the text does not count.
 */
export function checkOf(algorithm: CheckAlgorithm): (before: string) => string {
  const checks = optionalPeer<CheckDigits>('cdigit', `{check:${algorithm}}`);
  if (algorithm === 'mod97') {
    return (before) => checks.mod97_10.compute(before.toUpperCase().replace(/[^0-9A-Z]/g, ''));
  }
  return (before) => checks[algorithm].compute(before.replace(/[^0-9]/g, ''));
}

/** Refuses a letter or digit before a check that the check does not cover. `before`: what the text before can have. */
export function assertCheckable(algorithm: CheckAlgorithm, before: string): void {
  const uncovered = algorithm === 'mod97' ? /(?![0-9A-Za-z])[\p{L}\p{N}]/u : /(?![0-9])[\p{L}\p{N}]/u;
  const found = uncovered.exec(before);
  if (found === null) return;
  throw new TypeError(
    algorithm === 'mod97'
      ? `{check:mod97} covers the letters A to Z and digits, not the "${found[0]}" before it`
      : `{check:${algorithm}} covers digits alone, not the letter "${found[0]}" before it; {check:mod97} covers letters`,
  );
}
