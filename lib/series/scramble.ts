import { createHash } from 'node:crypto';
import { types } from 'node:util';
import { show } from '../common/arguments.js';
import { optionalPeer } from './optional-peer.js';

interface Ciphers {
  FF1(
    radix: number,
    key: Uint8Array,
  ): { encrypt(digits: number[]): number[]; decrypt(digits: number[]): number[] };
}

/**
 * FF1 of NIST SP 800-38G over decimal digits, without a tweak: for each number of digits a permutation of all texts
 * that long. So two numbers never get one text, and the text gives the number back.
 */
export class Scramble {
  readonly #key: Uint8Array;
  #cipher: ReturnType<Ciphers['FF1']> | undefined;

  /** `key`: 16, 24 or 32 bytes, copied. */
  constructor(key: Uint8Array) {
    assertKey(key);
    this.#key = Uint8Array.from(key);
  }

  /** Throws a TypeError that says what to install. */
  load(): ReturnType<Ciphers['FF1']> {
    if (this.#cipher === undefined) {
      const { FF1 } = optionalPeer<Ciphers>('@noble/ciphers/ff1.js', 'A format with scrambled numbers');
      this.#cipher = FF1(10, this.#key);
    }
    return this.#cipher;
  }

  encrypt(digits: string): string {
    return this.load().encrypt(Array.from(digits, Number)).join('');
  }

  decrypt(digits: string): string {
    return this.load().decrypt(Array.from(digits, Number)).join('');
  }
}

/** Throws a TypeError or RangeError. Says nothing of the bytes: the key is a secret. */
export function assertKey(key: unknown): asserts key is Uint8Array {
  if (!types.isUint8Array(key))
    throw new TypeError(`Expected key to be a Uint8Array, got ${show(typeof key)}`);
  if (![16, 24, 32].includes(key.length)) {
    throw new RangeError(`Expected key to have 16, 24 or 32 bytes, got ${key.length}`);
  }
}

/** Tells keys apart without telling anything of them, as long as they are random. */
export function fingerprintOf(key: Uint8Array): string {
  return createHash('sha256').update('nestjs-essequence series key\0').update(key).digest('hex').slice(0, 32);
}
