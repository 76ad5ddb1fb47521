import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));
const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2022,
  verbatimModuleSyntax: true,
};

/** The stores and the worker as plain JavaScript in a folder of its own: any Node runs it, and starts it fast. */
export function build(): string {
  const folder = mkdtempSync(join(tmpdir(), 'essequence-files-build-'));
  for (const part of [join('lib', 'common'), join('lib', 'store'), join('torture', 'files')]) {
    for (const file of readdirSync(join(root, part), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const source = readFileSync(join(root, part, file), 'utf8');
      const output = join(folder, part, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(output), { recursive: true });
      writeFileSync(output, ts.transpileModule(source, { compilerOptions: OPTIONS }).outputText);
    }
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return folder;
}
