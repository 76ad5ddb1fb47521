import { describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../', import.meta.url));

/** What TypeScript says to `source`, a file beside `lib`. */
function errorsIn(source: string, options: ts.CompilerOptions): string[] {
  const name = `${root}consumer.ts`;
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => path === name || fileExists(path);
  host.readFile = (path) => (path === name ? source : readFile(path));
  const program = ts.createProgram([name], options, host);
  return program
    .getSemanticDiagnostics(program.getSourceFile(name))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('The types of the package', () => {
  it('take undefined for every option of an error under exactOptionalPropertyTypes', () => {
    const source = `
      import { SequenceError } from './lib/sequence-errors.js';
      new SequenceError('TIMEOUT', '', { sequence: undefined, cause: undefined, ambiguous: undefined, dropsCache: undefined });`;
    const options = { module: ts.ModuleKind.NodeNext, strict: true, exactOptionalPropertyTypes: true };
    expect(errorsIn(source, { ...options, types: [] })).toEqual([]);
  });
});
