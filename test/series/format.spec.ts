import { describe, expect, it } from '@jest/globals';
import { numberSeries } from '../../lib/series/number-series.js';

const timeZone = 'Europe/Vienna';
const fiscal = { every: 'year', startMonth: 4 } as const;
/** Of the sample vectors for FF1 in NIST SP 800-38G. */
const key = Uint8Array.from(Buffer.from('2B7E151628AED2A6ABF7158809CF4F3C', 'hex'));

describe('format', () => {
  it.each([
    ['{n}', 42, '42'],
    ['{n:6}', 42, '000042'],
    ['{n:2}', 1_234, '1234'],
    ['{n:6!}', 999_999, '999999'],
    ['{n:6:36}', 46_655, '000ZZZ'],
    ['{n:1:2}', 5, '101'],
    ['{n:4:crockford}', 31, '000Z'],
    ['{n:4:crockford}', 32 * 32 + 18, '010J'],
    ['{n}', Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['{{{n}}}', 7, '{7}'],
    ['A {{b}} {n:3}', 7, 'A {b} 007'],
    ['№{n}', 7, '№7'],
  ])('%s writes %d as %s', (format, n, text) => {
    const series = numberSeries({ name: 'orders', format });
    expect(series.format(n)).toBe(text);
    expect(series.parse(text)).toEqual({ n, period: '' });
  });

  it.each([
    ['{yyyy}-{n}', 'year', '2026-03-01', '2026-5', '2026'],
    ['{yy}-{n}', 'year', '2026-03-01', '26-5', '2026'],
    ['{yyyy}/{q}-{n}', 'quarter', '2026-06-30', '2026/2-5', '2026-Q2'],
    ['{yyyy}{MM}-{n}', 'month', '2026-03-01', '202603-5', '2026-03'],
    ['{yyyy}{MM}{dd}-{n}', 'day', '2028-02-29', '20280229-5', '2028-02-29'],
    ['{GGGG}W{WW}-{n}', 'week', '2027-01-03', '2026W53-5', '2026-W53'],
    ['{GGGG}W{WW}-{n}', 'week', '2024-12-30', '2025W01-5', '2025-W01'],
    ['{fy}-{fyEnd2}/{n}', fiscal, '2027-03-31', '2026-27/5', '2026'],
    ['{fy2}{fyEnd}/{n}', fiscal, '2027-04-01', '272028/5', '2027'],
    ['{fyEnd}/{n}', { every: 'year', startMonth: 1 }, '2027-04-01', '2027/5', '2027'],
    ['{yyyy}{MM}/{n}', fiscal, '2027-03-31', '202703/5', '2026'],
    ['{yyyy}-{n}-{yyyy}', 'year', '2026-03-01', '2026-5-2026', '2026'],
    ['{GGGG}{WW}{MM}-{n}', 'month', '2024-12-30', '20250112-5', '2024-12'],
    ['{yyyy}{WW}{dd}-{n}', 'day', '2027-01-02', '20275302-5', '2027-01-02'],
    ['{dd}.{MM}.-{n}', 'never', '2028-02-29', '29.02.-5', ''],
    ['{GGGG}-{n}', 'never', '2024-12-30', '2025-5', ''],
  ] as const)(
    '%s with restart %j writes number 5 of %s as %s, of the period %s',
    (format, restart, at, text, period) => {
      const series = numberSeries({ name: 'invoices', format, restart, timeZone });
      expect(series.format(5, { at })).toBe(text);
      expect(series.parse(text)).toEqual({ n: 5, period });
    },
  );

  it('writes the scope where the format has it', () => {
    const series = numberSeries({ name: 'invoices', format: '{scope}-{n:3}', scoped: true });
    expect(series.format(5, { scope: 'acme-2' })).toBe('acme-2-005');
    expect(series.parse('acme-2-005')).toEqual({ n: 5, period: '', scope: 'acme-2' });
  });

  it('leaves the scope out where the format has none', () => {
    const series = numberSeries({ name: 'invoices', format: '{n:3}', scoped: true });
    expect(series.format(5, { scope: 'acme' })).toBe('005');
    expect(series.parse('005')).toEqual({ n: 5, period: '' });
  });

  // Published examples: 7992739871-3 (Luhn), 572-4 (Damm), 236-3 (Verhoeff), 794-44 (ISO 7064 MOD 97-10).
  it.each([
    ['{n}{check:luhn}', 7_992_739_871, '79927398713'],
    ['{n}-{check:damm}', 572, '572-4'],
    ['{n}{check:verhoeff}', 236, '2363'],
    ['{n}/{check:mod97}', 794, '794/44'],
  ])('%s writes %d as %s', (format, n, text) => {
    const series = numberSeries({ name: 'orders', format });
    expect(series.format(n)).toBe(text);
    expect(series.parse(text)).toEqual({ n, period: '' });
    const last = Number(text.at(-1));
    expect(series.parse(`${text.slice(0, -1)}${(last + 1) % 10}`)).toBeUndefined();
  });

  it('covers letters, as upper case, by mod97, and nothing else', () => {
    const one = numberSeries({ name: 'orders', format: 'ab-{n}{check:mod97}' }).format(42);
    const other = numberSeries({ name: 'orders', format: 'AB{n}/{check:mod97}' }).format(42);
    expect(one.slice(-2)).toBe(other.slice(-2));
  });

  it('scrambles by FF1: the sample vector of NIST', () => {
    const series = numberSeries({ name: 'orders', format: '{n:10:scrambled}', key });
    expect(series.format(123_456_789)).toBe('2433477484');
    expect(series.parse('2433477484')).toEqual({ n: 123_456_789, period: '' });
  });

  it('scrambles larger numbers in as many digits as they have', () => {
    const series = numberSeries({ name: 'orders', format: '{n:6:scrambled}', key });
    const texts = [999_999, 1_000_000, 9_999_999, 10_000_000].map((n) => series.format(n));
    expect(texts.map(({ length }) => length)).toEqual([6, 7, 7, 8]);
    // Texts of 7 digits that would be a number of at most 6 are nobody's.
    const own = Array.from({ length: 500 }, (_, index) => series.parse(String(1_000_000 + index * 17_989)));
    const found = own.filter((number) => number !== undefined);
    expect(found.every(({ n }) => n >= 1_000_000)).toBe(true);
    expect(found.length).toBeLessThan(500);
  });

  it.each([
    ['0', () => numberSeries({ name: 'x', format: '{n}' }).format(0), RangeError],
    ['a fraction', () => numberSeries({ name: 'x', format: '{n}' }).format(1.5), RangeError],
    ['a number beyond max', () => numberSeries({ name: 'x', format: '{n}', max: 9 }).format(10), RangeError],
    ['a number beyond !', () => numberSeries({ name: 'x', format: '{n:2!:36}' }).format(36 * 36), RangeError],
    ['no date', () => numberSeries({ name: 'x', format: '{n}{yyyy}', timeZone }).format(1), TypeError],
    [
      'an unknown option',
      () => numberSeries({ name: 'x', format: '{n}' }).format(1, { on: '2026-01-01' } as object),
      TypeError,
    ],
    [
      'a scope of a series without',
      () => numberSeries({ name: 'x', format: '{n}' }).format(1, { scope: 'a' } as object),
      TypeError,
    ],
    [
      'no scope of a series with',
      () => numberSeries({ name: 'x', format: '{n}', scoped: true }).format(1, {} as { scope: string }),
      TypeError,
    ],
    [
      'a scope that could be two parts of a counter name',
      () => numberSeries({ name: 'x', format: '{n}', scoped: true }).format(1, { scope: 'a~b' }),
      TypeError,
    ],
    [
      'a scope of 65 characters',
      () => numberSeries({ name: 'x', format: '{n}', scoped: true }).format(1, { scope: 'a'.repeat(65) }),
      TypeError,
    ],
    [
      'an empty scope',
      () => numberSeries({ name: 'x', format: '{n}', scoped: true }).format(1, { scope: '' }),
      TypeError,
    ],
  ])('refuses %s', (_, action, problem) => {
    expect(action).toThrow(problem);
  });

  it('refuses a year that two digits do not tell', () => {
    const series = numberSeries({ name: 'x', format: '{yy}-{n}', timeZone });
    expect(() => series.format(1, { at: '1999-12-31' })).toThrow(RangeError);
    expect(() => series.format(1, { at: '2100-01-01' })).toThrow(/four digits/);
    expect(series.format(1, { at: '2099-12-31' })).toBe('99-1');
  });

  it('refuses a scope that makes the text too long, or brings in another character', () => {
    const series = numberSeries({
      name: 'x',
      format: '{scope}-{n:4!}',
      scoped: true,
      maxLength: 10,
      charset: /[A-Z0-9-]/g,
    });
    expect(series.format(1, { scope: 'ACMEX' })).toBe('ACMEX-0001');
    expect(() => series.format(1, { scope: 'ACMEXY' })).toThrow(/can have 11 characters/);
    expect(() => series.format(1, { scope: 'acme' })).toThrow(/charset/);
  });
});

describe('parse', () => {
  const invoices = numberSeries({
    name: 'invoices',
    format: 'INV-{yyyy}-{n:6}',
    restart: 'year',
    timeZone,
    max: 2_000_000,
    formerFormats: ['R{yy}/{n:4}', 'INV-{yyyy}-{n:4}'],
  });

  it.each([
    ['INV-2026-000042', { n: 42, period: '2026' }],
    ['INV-2026-1000042', { n: 1_000_042, period: '2026' }],
    ['R26/0042', { n: 42, period: '2026' }],
    ['INV-2026-0042', { n: 42, period: '2026' }],
  ])('reads %s', (text, number) => {
    expect(invoices.parse(text)).toEqual(number);
  });

  it.each([
    ['a digit too few', 'INV-2026-042'],
    ['a needless 0', 'INV-2026-0000042'],
    ['number 0', 'INV-2026-000000'],
    ['a number beyond max', 'INV-2026-2000001'],
    ['lower case', 'inv-2026-000042'],
    ['a space before', ' INV-2026-000042'],
    ['a line feed behind', 'INV-2026-000042\n'],
    ['a year that is not accepted', 'INV-1899-000042'],
    ['other digits', 'INV-٢٠٢٦-000042'],
    ['nothing', ''],
    ['a long text', `INV-2026-${'0'.repeat(100_000)}`],
  ])('does not read %s', (_, text) => {
    expect(invoices.parse(text)).toBeUndefined();
  });

  it.each([
    ['{yyyy}{MM}{dd}-{n}', 'day', '20260230-1'],
    ['{yyyy}{MM}-{n}', 'month', '202613-1'],
    ['{GGGG}{WW}-{n}', 'week', '202553-1'],
    ['{yyyy}{q}{MM}-{n}', 'month', '2026104-1'],
    ['{yyyy}-{n}-{yyyy}', 'year', '2026-1-2027'],
    ['{n:6:36}', 'never', '00000a'],
    ['{n:4:crockford}', 'never', '000I'],
    ['{n:60:36}', 'never', `${'0'.repeat(49)}ZZZZZZZZZZZ`],
  ] as const)('%s does not read what no number has', (format, restart, text) => {
    expect(numberSeries({ name: 'x', format, restart, timeZone }).parse(text)).toBeUndefined();
  });

  it('refuses what is not a text', () => {
    expect(() => invoices.parse(42 as unknown as string)).toThrow(TypeError);
  });
});
