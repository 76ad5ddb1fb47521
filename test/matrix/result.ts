import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** What the matrix found, each row when it last passed. It is kept in the repository: the page "Versions" is written from it. */
export interface MatrixResult {
  rows: ResultRow[];
}

export interface ResultRow {
  name: string;
  modules: string;
  node: string;
  /** Name and version of each package that the application asked for. */
  installed: Record<string, string>;
  /** The applications that printed what they should. */
  apps: string[];
}

const file = new URL('result.json', import.meta.url);

export function readResult(): MatrixResult {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as MatrixResult) : { rows: [] };
}

export function writeResult(result: MatrixResult): void {
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
}
