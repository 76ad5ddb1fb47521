import { readFileSync } from 'node:fs';
import { assertInteger, assertName } from '../../common/arguments.js';
import { usage } from '../exit.js';

/** A sequence and the value it is fenced to. */
export interface Row {
  name: string;
  to: number;
}

/**
 * Reads `name,to` lines. Everything is checked before anything is written: a file with one bad line changes nothing.
 * The first line may be the header `name,to`. Names need no quotes, and may have them.
 */
export function readFenceFile(path: string): Row[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw usage(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
  }
  const rows: Row[] = [];
  const names = new Set<string>();
  for (const [index, line] of text
    .replace(/^\u{feff}/u, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || (index === 0 && /^"?name"?\s*,\s*"?to"?$/.test(line.trim()))) continue;
    try {
      const row = parse(line);
      if (names.has(row.name)) throw usage(`sequence "${row.name}" stands in the file twice.`);
      names.add(row.name);
      rows.push(row);
    } catch (error) {
      throw usage(`${path}, line ${index + 1}: ${(error as Error).message} Nothing was changed.`);
    }
  }
  if (rows.length === 0) throw usage(`${path} names no sequence. Expected lines such as orders,1200.`);
  return rows;
}

function parse(line: string): Row {
  const fields = line.split(',').map((value) => value.trim().replace(/^"(.*)"$/, '$1'));
  const [name, to] = fields;
  if (fields.length !== 2 || to === undefined || !/^\d{1,16}$/.test(to)) {
    throw usage('expected a name and a value, for example orders,1200.');
  }
  assertName(name);
  assertInteger('the value', Number(to), 0, Number.MAX_SAFE_INTEGER);
  return { name, to: Number(to) };
}
