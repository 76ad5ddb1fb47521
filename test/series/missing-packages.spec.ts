import { expect, it, jest } from '@jest/globals';

const missing = jest.fn((module: string, feature: string): never => {
  throw new TypeError(`${feature} needs the package ${module}`);
});
jest.unstable_mockModule('../../lib/series/optional-peer.js', () => ({ optionalPeer: missing }));

const { numberSeries } = await import('../../lib/series/number-series.js');
const { joined, readRecord, writeRecord } = await import('../../lib/series/series-record.js');

const key = new Uint8Array(16);

it.each([
  ['@noble/ciphers/ff1.js', { format: '{n:8:scrambled}', key }],
  ['cdigit', { format: '{n:8}{check:luhn}' }],
  ['cdigit', { format: '{n}', formerFormats: ['{n:8}-{check:mod97}'] }],
])('A series whose texts need %s cannot be defined without it', (name, definition) => {
  expect(() => numberSeries({ name: 'x', ...definition })).toThrow(`needs the package ${name}`);
});

it.each(['#{yyyy}{n:8}{check:luhn}', '#{yyyy}{n:8:scrambled}'])(
  'A series that had the format %s goes on without its package, and is kept apart from its texts',
  (format) => {
    const base = { restart: 'year', scoped: false, key: undefined, timeZone: 'UTC' } as const;
    const before = { ...base, formats: [{ format, last: 99_999_999 }] };
    const recorded = readRecord('x', writeRecord(before));
    const series = (other: string) =>
      numberSeries({ name: 'x', format: other, restart: 'year', timeZone: 'UTC' }).record;
    expect(joined('x', recorded, series('INV-{yyyy}-{n:6}')).formats).toHaveLength(2);
    expect(() => joined('x', recorded, series('#{yy}{n:10}'))).toThrow(
      expect.objectContaining({ code: 'SERIES_CHANGED' }),
    );
  },
);

it('An example of two dates that collide is left out where its text cannot be written', () => {
  const base = { restart: 'year', scoped: false, key: undefined, timeZone: 'UTC' } as const;
  const of = (format: string) => ({ ...base, formats: [{ format, last: 99_999_999 }] });
  const recorded = readRecord('x', writeRecord(of('{fyEnd}-{n:8}{check:luhn}')));
  expect(() => joined('x', recorded, of('{yyyy}-{n:8}{check:luhn}'))).not.toThrow();
  const fiscal = { restart: { every: 'year', startMonth: 4 } } as const;
  const ends = readRecord('x', writeRecord({ ...of('{fyEnd}-{n:8}{check:luhn}'), ...fiscal }));
  expect(() => joined('x', ends, { ...of('{fy}-{n:8}{check:luhn}'), ...fiscal })).toThrow(
    expect.objectContaining({
      code: 'SERIES_CHANGED',
      message: expect.stringContaining('would have the same text; the date tokens'),
    }),
  );
});
