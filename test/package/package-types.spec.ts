import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));

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

/** Where TypeScript finds the types of `entry` (`./testing`) in an application that installed the package. */
function typesOf(entry: string, moduleResolution: ts.ModuleResolutionKind): string | undefined {
  const installed = '/app/node_modules/nestjs-essequence/';
  const built = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `dist/${name.replace(/ts$/, 'd.ts')}`);
  const files = new Set(['package.json', ...built].map((name) => installed + name));
  const { resolvedModule } = ts.resolveModuleName(
    join('nestjs-essequence', entry),
    '/app/src/main.ts',
    { moduleResolution },
    {
      fileExists: (path) => files.has(path),
      readFile: () => readFileSync(join(root, 'package.json'), 'utf8'),
      directoryExists: (path) => `${installed}dist`.startsWith(path),
    },
  );
  return resolvedModule?.resolvedFileName.replace(installed, '');
}

describe('The types of the package', () => {
  it.each(['Node10', 'Node16', 'NodeNext', 'Bundler'] as const)(
    'are found under moduleResolution %s',
    (resolution) => {
      const found = (entry: string) => typesOf(entry, ts.ModuleResolutionKind[resolution]);
      expect(['.', './cli', './opentelemetry', './terminus', './testing', './typeorm'].map(found)).toEqual(
        ['index', 'cli', 'opentelemetry', 'terminus', 'testing', 'typeorm'].map(
          (name) => `dist/${name}.d.ts`,
        ),
      );
    },
  );

  it('take undefined for every option of an error under exactOptionalPropertyTypes', () => {
    const source = `
      import { SequenceError } from './lib/common/sequence-error.js';
      new SequenceError('TIMEOUT', '', { sequence: undefined, cause: undefined, ambiguous: undefined, dropsCache: undefined });`;
    const options = { module: ts.ModuleKind.NodeNext, strict: true, exactOptionalPropertyTypes: true };
    expect(errorsIn(source, { ...options, types: [] })).toEqual([]);
  });

  it.each([
    ["@SequenceId('orders') text!: string;", 'The property text does not take what @SequenceId gives it.'],
    [
      "@SequenceId('orders', { transform: (id) => `${id}` }) number!: number;",
      'The property number does not take what @SequenceId gives it.',
    ],
    ["@SequenceId('orders') [key]!: string;", 'The property with a symbol for its name does not take'],
    ["@SequenceId('orders') static shared: number;", '@SequenceId belongs on a property of the instances'],
  ])('name the transform where a property does not fit: %s', (property, message) => {
    const source = `
      import { SequenceId } from './lib/entity/sequence-id.decorator.js';
      declare const key: unique symbol;
      export class Order { ${property} }`;
    const options = { module: ts.ModuleKind.NodeNext, strict: true, experimentalDecorators: true };
    const found = errorsIn(source, { ...options, target: ts.ScriptTarget.ES2023, types: ['node'] });
    expect(found).toEqual([expect.stringContaining(message)]);
    if (!property.includes('static')) {
      expect(found[0]).toContain('declare the property as a number, or give a transform that makes its type');
    }
  });
});
