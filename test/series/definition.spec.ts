import { describe, expect, it } from '@jest/globals';
import { numberSeries } from '../../lib/series/number-series.js';
import { counterName } from '../../lib/series/scope.js';
import type { NumberSeriesDefinition } from '../../lib/series/series-definition.js';

type Loose = Partial<Record<keyof NumberSeriesDefinition, unknown>>;

function define(definition: Loose) {
  return numberSeries({ name: 'invoices', format: '{n}', ...definition } as NumberSeriesDefinition<false> & {
    scoped: false;
  });
}

describe('A definition', () => {
  it.each<[string, Loose, typeof TypeError | typeof RangeError, RegExp]>([
    ['an unknown key', { resets: 'year' } as Loose, TypeError, /Unknown key "resets"/],
    ['no name', { name: undefined }, TypeError, /sequence name/],
    ['a name with ~', { name: 'a~b' }, TypeError, /sequence name/],
    ['a format that is no text', { format: 5 }, TypeError, /format/],
    ['a format without {n}', { format: 'INV' }, TypeError, /exactly once, got it 0 times/],
    ['a format with two', { format: '{n}{n}' }, TypeError, /exactly once, got it 2 times/],
    ['an unknown token', { format: '{n}{YYYY}' }, TypeError, /unknown token \{YYYY\}; known are n, yyyy/],
    ['a token with spaces', { format: '{ n }' }, TypeError, /unknown token/],
    ['a date token with a width', { format: '{n}{yyyy:2}' }, TypeError, /unknown token/],
    ['an open brace', { format: '{n' }, TypeError, /a single \{ at 0; write \{\{/],
    ['a closing brace', { format: 'a}{n}' }, TypeError, /a single \} at 1; write \}\}/],
    ['a width of 0', { format: '{n:0}' }, TypeError, /width of 1 to 64/],
    ['a width of 65', { format: '{n:65}' }, RangeError, /width of 1 to 64/],
    ['a width that is none', { format: '{n:six}' }, TypeError, /width of 1 to 64/],
    ['an empty width', { format: '{n:}' }, TypeError, /width of 1 to 64/],
    ['three details', { format: '{n:6:36:1}' }, TypeError, /width of 1 to 64/],
    ['a radix of 1', { format: '{n:6:1}' }, TypeError, /radix from 2 to 36/],
    ['a radix of 37', { format: '{n:6:37}' }, TypeError, /radix from 2 to 36/],
    ['an empty form', { format: '{n:6:}' }, TypeError, /radix from 2 to 36/],
    ['an unknown check', { format: '{n}{check:crc}' }, TypeError, /\{check:luhn\}/],
    ['a check without', { format: '{n}{check}' }, TypeError, /\{check:luhn\}/],
    ['a check over nothing', { format: '-{check:luhn}{n}' }, TypeError, /covers what stands before/],
    ['a check of digits over letters', { format: 'INV{n}{check:damm}' }, TypeError, /not the letter "I"/],
    ['a check of digits over a radix', { format: '{n:4:16}{check:luhn}' }, TypeError, /not the letter "A"/],
    [
      'a check of digits over a scope',
      { format: '{scope}-{n}{check:luhn}', scoped: true },
      TypeError,
      /letter/,
    ],
    ['mod97 over other letters', { format: 'Ä{n}{check:mod97}' }, TypeError, /not the "Ä"/],
    ['a scope of a series without', { format: '{scope}-{n}' }, TypeError, /scoped: true/],
    ['two scopes', { format: '{scope}-{n}-{scope}', scoped: true }, TypeError, /at most once/],
    ['scoped that is no boolean', { scoped: 'yes' }, TypeError, /true or false/],
    ['an unknown restart', { restart: 'yearly' }, TypeError, /'quarter'/],
    ['null for restart', { restart: null }, TypeError, /'quarter'/],
    ['a fiscal month', { restart: { every: 'month', startMonth: 4 } }, TypeError, /'year'/],
    ['a fiscal year without its month', { restart: { every: 'year' } }, TypeError, /startMonth/],
    ['a fiscal year from month 13', { restart: { every: 'year', startMonth: 13 } }, RangeError, /1 to 12/],
    ['a misspelt fiscal year', { restart: { every: 'year', start: 4 } }, TypeError, /Unknown key "start"/],
    ['a fiscal token without one', { format: '{fy}-{n}', timeZone: 'UTC' }, TypeError, /fiscal year begins/],
    ['no zone for a date', { format: '{yyyy}-{n}' }, TypeError, /timeZone has to say/],
    ['no zone for a restart', { format: '{n}', restart: 'year' }, TypeError, /timeZone has to say/],
    ['an unknown zone', { timeZone: 'Europe/Wien' }, TypeError, /IANA time zone.*"Europe\/Wien"/],
    ['an offset for a zone', { timeZone: '+01:00' }, TypeError, /IANA time zone/],
    ['an empty zone', { timeZone: '' }, TypeError, /IANA time zone/],
    ['a start of 0', { start: 0 }, RangeError, /start/],
    ['a max below start', { start: 10, max: 9 }, RangeError, /max/],
    ['a max that the format cannot write', { format: '{n:3!}', max: 1_000 }, RangeError, /ends at 999/],
    ['a start that the format cannot write', { format: '{n:3!}', start: 1_000 }, RangeError, /ends at 999/],
    ['warnAt 0', { warnAt: 0 }, RangeError, /warnAt/],
    ['warnAt 80', { warnAt: 80 }, RangeError, /warnAt/],
    ['warnAt that is no number', { warnAt: '80%' }, TypeError, /warnAt/],
    ['a block size that is none', { blockSize: 'ondemand' }, TypeError, /blockSize/],
    ['former formats that are no array', { formerFormats: 'A{n}' }, TypeError, /array/],
    [
      'a former format that is none',
      { formerFormats: ['A{m}'] },
      TypeError,
      /format "A\{m\}".*unknown token/,
    ],
    ['maxLength 0', { maxLength: 0 }, RangeError, /maxLength/],
    [
      'a text that can be too long',
      { format: 'INV-{n:6}', maxLength: 16 },
      RangeError,
      /can have 20 characters/,
    ],
    ['a charset that is none', { charset: '[A-Z]' }, TypeError, /RegExp/],
    ['a literal outside the charset', { format: 'inv-{n}', charset: /[A-Z0-9-]/ }, RangeError, /"i"/],
    ['digits outside the charset', { format: '{n:4:16}', charset: /[0-9A-E]/ }, RangeError, /"F"/],
    [
      'dates outside the charset',
      { format: 'A{q}-{n:1:2}', timeZone: 'UTC', charset: /[A0-3-]/ },
      RangeError,
      /"4"/,
    ],
    ['no key for scrambled numbers', { format: '{n:8:scrambled}' }, TypeError, /option key/],
    [
      'a key of 20 bytes',
      { format: '{n:8:scrambled}', key: new Uint8Array(20) },
      RangeError,
      /16, 24 or 32 bytes/,
    ],
    [
      'a key that is a text',
      { format: '{n:8:scrambled}', key: 'secretsecretsecr' },
      TypeError,
      /Uint8Array, got "string"/,
    ],
    ['a key without use', { key: new Uint8Array(16) }, TypeError, /no use/],
    ['5 scrambled digits', { format: '{n:5:scrambled}', key: new Uint8Array(16) }, RangeError, /6 to 16/],
    ['17 scrambled digits', { format: '{n:17:scrambled}', key: new Uint8Array(16) }, RangeError, /6 to 16/],
  ])('with %s is refused', (_, definition, problem, message) => {
    let thrown: unknown;
    try {
      define(definition);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(problem);
    expect((thrown as Error).message).toMatch(message);
    expect((thrown as Error).message).not.toContain('secretsecret');
  });

  it('has the defaults of the documentation', () => {
    expect({ ...define({}) }).toEqual({
      name: 'invoices',
      scoped: false,
      formats: ['{n}'],
      restart: 'never',
      timeZone: undefined,
      start: 1,
      max: Number.MAX_SAFE_INTEGER,
      warnAt: 0.8,
      blockSize: 'onDemand',
    });
  });

  it('ends where max or the format ends', () => {
    expect(define({ format: '{n:6!}' }).max).toBe(999_999);
    expect(define({ format: '{n:6!}', max: 500_000 }).max).toBe(500_000);
    expect(define({ format: '{n:6}', max: 500_000 }).max).toBe(500_000);
  });

  it('fits maxLength and charset with a max', () => {
    expect(() =>
      define({
        format: 'INV-{yyyy}-{n:6}',
        restart: 'year',
        timeZone: 'UTC',
        max: 999_999,
        maxLength: 15,
        charset: /[A-Z0-9/-]/y,
      }),
    ).not.toThrow();
  });

  it('is frozen, and apart from what it was made of', () => {
    const given = {
      blockSize: { min: 1, max: 5 },
      restart: { every: 'year', startMonth: 4 },
      formerFormats: ['A{fy}{n:4!}'],
    };
    const series = define({ ...given, format: '{fy}-{n}', timeZone: 'UTC' });
    given.blockSize.max = 7;
    given.restart.startMonth = 1;
    given.formerFormats.push('B{n}');
    expect(series.blockSize).toEqual({ min: 1, max: 5 });
    expect(series.restart).toEqual({ every: 'year', startMonth: 4 });
    expect(series.formats).toEqual(['{fy}-{n}', 'A{fy}{n:4!}']);
    for (const value of [series, series.formats, series.blockSize, series.restart]) {
      expect(Object.isFrozen(value)).toBe(true);
    }
  });

  it('shows its key nowhere', async () => {
    const { inspect } = await import('node:util');
    const series = define({ format: '{n:8:scrambled}', key: new Uint8Array(16).fill(171) });
    const shown = inspect(series, { depth: 9, showHidden: true }) + JSON.stringify(series);
    expect(shown).not.toMatch(/171|abab/i);
  });

  it('keeps its key when the caller wipes its own', () => {
    const key = new Uint8Array(16).fill(7);
    const series = define({ format: '{n:8:scrambled}', key });
    const text = series.format(42);
    key.fill(0);
    expect(series.format(42)).toBe(text);
  });
});

describe('Two definitions are equal', () => {
  const full: Loose = {
    format: '{yyyy}-{n:6:scrambled}',
    restart: 'year',
    timeZone: 'UTC',
    key: new Uint8Array(16),
    charset: /[0-9-]/,
  };

  it('if all they say is', () => {
    const copy = { ...full, key: new Uint8Array(16), charset: /[0-9-]/, start: 1, scoped: undefined };
    expect(define(full).equals(define(copy))).toBe(true);
    expect(define(full).equals(define({ ...full, restart: { every: 'year', startMonth: 1 } }))).toBe(true);
  });

  it.each<Loose>([
    { name: 'other' },
    { format: '{yyyy}-{n:7:scrambled}' },
    { restart: 'never' },
    { restart: { every: 'year', startMonth: 2 }, format: '{fy}-{n:6:scrambled}' },
    { timeZone: 'Europe/Vienna' },
    { key: new Uint8Array(16).fill(1) },
    { charset: /[0-9A-]/ },
    { maxLength: 50 },
    { max: 10 },
    { start: 2 },
    { warnAt: 0.9 },
    { blockSize: 10 },
    { formerFormats: ['A{yyyy}-{n}'] },
    { scoped: true },
  ])('but not if one says %j', (difference) => {
    expect(define(full).equals(define({ ...full, ...difference }))).toBe(false);
  });
});

describe('The name of a counter', () => {
  it('has three parts always', () => {
    expect(counterName('invoices', 'acme', '2026')).toBe('invoices~acme~2026');
    expect(counterName('invoices', undefined, '2026')).toBe('invoices~~2026');
    expect(counterName('orders', undefined, '')).toBe('orders~~');
  });

  it('has at most 210 characters', () => {
    expect(counterName('n'.repeat(128), 's'.repeat(64), '2026-03-01').length).toBeLessThanOrEqual(210);
  });
});
