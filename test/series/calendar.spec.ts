import { describe, expect, it } from '@jest/globals';
import { calendarDay, dayNumber } from '../../lib/series/calendar-day.js';
import { LocalDays } from '../../lib/series/local-days.js';
import { numberSeries } from '../../lib/series/number-series.js';
import { days } from './days.js';

/** What the format of a series makes of an instant: its day, and the ISO week. */
function dayOf(instant: string, timeZone: string): string {
  const series = numberSeries({ name: 'x', format: '{yyyy}-{MM}-{dd} {GGGG}-W{WW} {n}', timeZone });
  return series.format(1, { at: new Date(instant) }).split(' ')[0]!;
}

describe('The calendar day of an instant', () => {
  // tz database: each line has the last instants of one day and the first of the next in local time.
  it.each([
    ['an ordinary midnight', 'Europe/Vienna', '2026-12-31T22:59:59.999Z', '2026-12-31'],
    ['an ordinary midnight', 'Europe/Vienna', '2026-12-31T23:00:00.000Z', '2027-01-01'],
    ['a zone behind UTC', 'America/Los_Angeles', '2027-01-01T07:59:59.999Z', '2026-12-31'],
    ['a zone behind UTC', 'America/Los_Angeles', '2027-01-01T08:00:00.000Z', '2027-01-01'],
    ['an offset of quarter hours', 'Asia/Kathmandu', '2026-03-01T18:14:59.999Z', '2026-03-01'],
    ['an offset of quarter hours', 'Asia/Kathmandu', '2026-03-01T18:15:00.000Z', '2026-03-02'],
    // Samoa went over the date line: 29 December 2011 was followed by the 31st.
    ['the day that Apia skipped', 'Pacific/Apia', '2011-12-30T09:59:59.999Z', '2011-12-29'],
    ['the day that Apia skipped', 'Pacific/Apia', '2011-12-30T10:00:00.000Z', '2011-12-31'],
    // Lebanon: 00:00 becomes 01:00.
    ['a midnight that Beirut skips', 'Asia/Beirut', '2024-03-30T21:59:59.999Z', '2024-03-30'],
    ['a midnight that Beirut skips', 'Asia/Beirut', '2024-03-30T22:00:00.000Z', '2024-03-31'],
    // Egypt: 00:00 becomes 01:00.
    ['a midnight that Cairo skips', 'Africa/Cairo', '2023-04-27T21:59:59.999Z', '2023-04-27'],
    ['a midnight that Cairo skips', 'Africa/Cairo', '2023-04-27T22:00:00.000Z', '2023-04-28'],
    // Brazil, until 2019: 00:00 became 01:00, and 00:00 became 23:00 again.
    ['a midnight that Sao Paulo skips', 'America/Sao_Paulo', '2018-11-04T02:59:59.999Z', '2018-11-03'],
    ['a midnight that Sao Paulo skips', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z', '2018-11-04'],
    [
      'an hour before midnight that Sao Paulo repeats',
      'America/Sao_Paulo',
      '2019-02-17T01:30:00.000Z',
      '2019-02-16',
    ],
    [
      'an hour before midnight that Sao Paulo repeats',
      'America/Sao_Paulo',
      '2019-02-17T02:30:00.000Z',
      '2019-02-16',
    ],
    [
      'an hour before midnight that Sao Paulo repeats',
      'America/Sao_Paulo',
      '2019-02-17T03:00:00.000Z',
      '2019-02-17',
    ],
    // Newfoundland, until 2011: a minute past midnight the clock went back to 23:01.
    ['a day that begins twice in St. John’s', 'America/St_Johns', '2010-11-07T02:29:59.000Z', '2010-11-06'],
    ['a day that begins twice in St. John’s', 'America/St_Johns', '2010-11-07T02:30:30.000Z', '2010-11-07'],
    ['a day that begins twice in St. John’s', 'America/St_Johns', '2010-11-07T02:31:00.000Z', '2010-11-06'],
    ['a day that begins twice in St. John’s', 'America/St_Johns', '2010-11-07T03:30:00.000Z', '2010-11-07'],
    // Vienna: 03:00 becomes 02:00.
    ['a repeated hour', 'Europe/Vienna', '2026-10-25T00:30:00.000Z', '2026-10-25'],
    ['a repeated hour', 'Europe/Vienna', '2026-10-25T01:30:00.000Z', '2026-10-25'],
    ['29 February', 'Pacific/Auckland', '2028-02-28T11:00:00.000Z', '2028-02-29'],
    ['29 February', 'Pacific/Auckland', '2028-02-29T10:59:59.999Z', '2028-02-29'],
    ['1 March', 'Pacific/Auckland', '2028-02-29T11:00:00.000Z', '2028-03-01'],
    ['an instant before 1970, within a second', 'UTC', '1969-12-31T23:59:59.999Z', '1969-12-31'],
    ['an offset with seconds', 'Africa/Monrovia', '1971-06-01T00:44:29.999Z', '1971-05-31'],
    ['an offset with seconds', 'Africa/Monrovia', '1971-06-01T00:44:30.000Z', '1971-06-01'],
  ])('%s: in %s %s is %s', (_, timeZone, instant, day) => {
    expect(dayOf(instant, timeZone)).toBe(day);
  });

  it.each([
    'Pacific/Apia',
    'Asia/Beirut',
    'Africa/Cairo',
    'America/Sao_Paulo',
    'America/St_Johns',
    'Europe/Vienna',
  ])('is the same in %s whatever was asked before', (timeZone) => {
    const asked = new LocalDays(timeZone);
    const told = new Intl.DateTimeFormat('sv-SE', { timeZone });
    // Every quarter hour of the days of change, forwards, backwards and to and fro.
    for (const begin of [
      '2010-11-06',
      '2011-12-29',
      '2018-11-03',
      '2019-02-16',
      '2023-04-27',
      '2024-03-30',
    ]) {
      const instants = Array.from(
        { length: 300 },
        (_, index) => Date.parse(begin) + index * 900_000 + 30_000,
      );
      for (const instant of [
        ...instants,
        ...instants.toReversed(),
        ...instants.flatMap((one, i) => [one, instants.at(-i)!]),
      ]) {
        const [day, expected] = [asked.at(instant).text, told.format(instant)];
        if (day !== expected) expect([instant, day]).toEqual([instant, expected]);
      }
    }
  });

  it('is read from Dates of another realm, and of fake timers', () => {
    const series = numberSeries({ name: 'x', format: '{yyyy}-{n}', restart: 'year', timeZone: 'UTC' });
    class FakeDate extends Date {}
    expect(series.format(1, { at: new FakeDate('2026-01-01') })).toBe('2026-1');
  });

  it('is not read where nothing needs it, but must be one', () => {
    const series = numberSeries({ name: 'x', format: '{n}' });
    expect(series.format(1, { at: '2026-01-01' })).toBe('1');
    expect(series.format(1, { at: new Date() })).toBe('1');
    expect(() => series.format(1, { at: 'today' })).toThrow(TypeError);
    expect(() => series.format(1, { at: new Date(Number.NaN) })).toThrow(TypeError);
  });
});

describe('A date', () => {
  const series = numberSeries({ name: 'x', format: '{yyyy}{MM}{dd}-{n}', restart: 'day', timeZone: 'UTC' });

  it.each([
    '2026-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-01',
    '2026-01-00',
    '2026-1-1',
    '20260101',
    '2026-01-01T00:00:00Z',
    ' 2026-01-01',
    '2026-01-01\n',
    '',
    'today',
    0,
    1_767_225_600_000,
    null,
    {},
    [2026, 1, 1],
    true,
    new Date(Number.NaN),
    () => new Date(),
  ])('that is %j is a TypeError', (at) => {
    expect(() => series.format(1, { at: at as string })).toThrow(TypeError);
  });

  it.each(['0001-01-01', '0026-01-01', '1899-12-31', '2300-01-01', '9999-12-31'])(
    '%s is out of range',
    (at) => {
      expect(() => series.format(1, { at })).toThrow(RangeError);
      expect(() => series.format(1, { at: new Date(at) })).toThrow(RangeError);
    },
  );

  it.each([-8.64e15, -62_200_000_000_000, 8.64e15])('of the instant %d is out of range', (instant) => {
    expect(() => series.format(1, { at: new Date(instant) })).toThrow(RangeError);
  });

  it.each(['1900-01-01', '2000-02-29', '2299-12-31'])('%s is in range', (at) => {
    expect(series.format(1, { at })).toBe(`${at.replaceAll('-', '')}-1`);
    expect(series.format(1, { at: new Date(`${at}T23:59:59.999Z`) })).toBe(`${at.replaceAll('-', '')}-1`);
  });
});

describe('The fields of a day', () => {
  it('are those of a calendar that is counted on, for every day from 1900 to 2299', () => {
    let number = dayNumber(1900, 1, 1);
    for (const { year, month, day, quarter, weekYear, week } of days()) {
      const fields = calendarDay(number++);
      // One comparison per day: expect would take minutes.
      const same =
        fields.year === year &&
        fields.month === month &&
        fields.day === day &&
        fields.quarter === quarter &&
        fields.weekYear === weekYear &&
        fields.week === week;
      if (!same) expect(fields).toMatchObject({ year, month, day, quarter, weekYear, week });
    }
    expect(number).toBe(dayNumber(2300, 1, 1));
  });

  // ISO 8601 week dates of published calendars.
  it.each([
    ['2020-12-31', '2020-W53'],
    ['2021-01-03', '2020-W53'],
    ['2021-01-04', '2021-W01'],
    ['2024-12-29', '2024-W52'],
    ['2024-12-30', '2025-W01'],
    ['2026-12-31', '2026-W53'],
    ['2027-01-03', '2026-W53'],
    ['2027-01-04', '2027-W01'],
    ['2028-12-31', '2028-W52'],
  ])('put %s into week %s', (at, week) => {
    const series = numberSeries({ name: 'x', format: '{GGGG}-W{WW}-{n}', restart: 'week', timeZone: 'UTC' });
    const text = series.format(1, { at });
    expect(text).toBe(`${week}-1`);
    expect(series.parse(text)).toEqual({ n: 1, period: week });
  });
});
