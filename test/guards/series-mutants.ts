import type { Mutant } from './mutant.js';

const collision = { spec: 'test/series/collision.spec.ts' };
const texts = { spec: 'test/series/format.spec.ts' };
const calendar = { spec: 'test/series/calendar.spec.ts' };
const handle = { spec: 'test/series/series.spec.ts' };
const records = { spec: 'test/series/series-records.spec.ts' };

/** Guards of number series. */
const nest = { spec: 'test/nest/number-series.spec.ts', tests: 'over memory' };

const entities = { spec: 'test/entity/series-id.spec.ts' };

export const SERIES_MUTANTS: readonly Mutant[] = [
  {
    guard: 'a format whose number may stand at two places of a text is refused',
    file: 'series/collision.ts',
    find: 'if (end.numbersApart || !sameReading)',
    replace: 'if (!sameReading)',
    ...collision,
  },
  {
    guard: 'two formats that write the same digits differently are refused',
    file: 'series/collision.ts',
    find: 'if (end.numbersApart || !sameReading)',
    replace: 'if (end.numbersApart)',
    ...collision,
  },
  {
    guard: 'two formats whose scopes may stand at different places are refused',
    file: 'series/collision.ts',
    find: "if (end.scopesApart) return readingsOf('scope', end);",
    replace: '',
    ...collision,
  },
  {
    guard: 'tokens that do not tell the period are refused',
    file: 'series/collision.ts',
    find: "return found && { why: 'date', ...found };",
    replace: 'return undefined;',
    ...collision,
  },
  {
    guard: 'all fourteen calendars are looked at',
    file: 'series/date-collision.ts',
    find: 'themselves ? [2000, 2029]',
    replace: 'themselves ? [2026, 2027]',
    ...collision,
  },
  {
    guard: 'dates that meet literal text are compared with it',
    file: 'series/date-collision.ts',
    find: 'if (text[offset] !== character) return undefined;',
    replace: '',
    ...collision,
  },
  {
    guard: 'a text is read only if it is the one that would be written',
    file: 'series/series-format.ts',
    find: 'if (this.write(n, day, scope) !== text) return undefined;',
    replace: '',
    ...texts,
  },
  {
    guard: 'a number beyond max is not read',
    file: 'series/series-format.ts',
    find: 'if (n === undefined || n > this.last) return undefined;',
    replace: 'if (n === undefined) return undefined;',
    ...texts,
  },
  {
    guard: 'a key is copied',
    file: 'series/scramble.ts',
    find: 'Uint8Array.from(key)',
    replace: 'key',
    spec: 'test/series/definition.spec.ts',
  },
  {
    guard: 'a day on which clocks change is not kept',
    file: 'series/local-days.ts',
    find: 'if (this.#wallClock(from) !== start || this.#wallClock(until - 1) !== start + DAY - 1) return;',
    replace: '',
    ...calendar,
  },
  {
    guard: 'a day that does not exist is refused',
    file: 'series/calendar-day.ts',
    find: 'if (found.text === text) return found;',
    replace: 'return found;',
    ...calendar,
  },
  {
    guard: 'a day that the format has no text for is refused before any request',
    file: 'series/place.ts',
    find: 'series.write(series.start, day, scope);',
    replace: '',
    ...handle,
  },
  {
    guard: 'a number beyond the last one is never handed out',
    file: 'series/place.ts',
    find: 'if (n <= max) return;',
    replace: 'return;',
    ...handle,
  },
  {
    guard: 'two definitions of one series may not disagree',
    file: 'series/series-registry.ts',
    find: 'else if (!known.equals(series)) {',
    replace: 'else if (known === undefined) {',
    ...handle,
  },
  {
    guard: 'another restart is SERIES_CHANGED',
    file: 'series/series-record.ts',
    find: 'if (periods.text !== before.text)',
    replace: 'if (periods.unit === undefined)',
    ...records,
  },
  {
    guard: 'another key is SERIES_CHANGED',
    file: 'series/series-record.ts',
    find: 'own.key !== recorded.key',
    replace: 'own.key === undefined',
    ...records,
  },
  {
    guard: 'a format with larger numbers than before is compared again',
    file: 'series/series-record.ts',
    find: 'if (known !== -1 && formats[known]!.last >= last) continue;',
    replace: 'if (known !== -1) continue;',
    ...records,
  },
  {
    guard: 'a call waits for the record of its series',
    file: 'series/series.ts',
    find: 'await this.#registry.recorded(this.#series, call);\n    return numbers.next(call);',
    replace: 'return numbers.next(call);',
    ...records,
  },
  {
    guard: 'a record is asked for again after a failure',
    file: 'series/series-records.ts',
    find: '.finally(() => all.delete(name))',
    replace: '',
    ...records,
  },
  {
    guard: 'a fence to the highest id in use has no jump beside it',
    file: 'core/sequence.ts',
    find: 'if (above !== undefined || options.jump !== undefined) {',
    replace: 'if (false as boolean) {',
    spec: 'test/core/fence.spec.ts',
  },
  {
    guard: 'a reset forgets which records hold',
    file: 'series/series-records.ts',
    find: '    this.#known = new Set();\n',
    replace: '',
    ...nest,
  },
  {
    guard: 'records are written again once a reset is over',
    file: 'series/series-records.ts',
    find: 'this.#ready = removal.catch(() => {});',
    replace: 'void removal.catch(() => {});',
    ...nest,
  },
  {
    guard: 'entities without a date are numbered as of one moment',
    file: 'entity/numbered-entities.ts',
    find: '(this.#present ??= registry.present())',
    replace: 'registry.present()',
    ...entities,
  },
  {
    guard: 'an entity whose date is missing is not numbered as of today',
    file: 'entity/numbered-entities.ts',
    find: '  assertSeriesDate(at);\n  return at;',
    replace: '  return at as SeriesDate;',
    ...entities,
  },
  {
    guard: 'the numbers of entities wait for the record of their series',
    file: 'entity/numbered-entities.ts',
    find: 'await registry.recorded(series, options);',
    replace: '',
    ...entities,
  },
];
