import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { DEFAULT_BLOCK_SIZE, NUMBERS } from '../../lib/core/core-options.js';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const source = ts.createSourceFile(
  'options.ts',
  readFileSync(file('lib/nest/sequence-module.options.ts'), 'utf8'),
  ts.ScriptTarget.Latest,
  true,
);
const page = readFileSync(file('docs/options.md'), 'utf8');

/** The options that `SequenceModuleOptions` declares itself, each with its comment and its `@default`. */
const documented = new Map(
  source.statements
    .filter((node) => ts.isInterfaceDeclaration(node))
    .filter(({ name }) => name.text === 'SequenceModuleOptions')
    .flatMap(({ members }) => [...members])
    .map((member) => {
      const [text] = ts.getJSDocCommentsAndTags(member).map((each) => each.getText());
      const tags = ts.getJSDocTags(member).filter(({ tagName }) => tagName.text === 'default');
      const standard = tags.map(({ comment }) => ts.getTextOfJSDocComment(comment));
      return [(member.name as ts.Identifier).text, { text: text ?? '', standard }] as const;
    }),
);

const grouped = (value: number) => value.toLocaleString('en-US');

/** `2^53 - 1` and the like, as people write them. */
const shown = (value: number) =>
  value === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : value === 2 ** 31 - 1 ? '2^31 - 1' : grouped(value);

describe('The documentation of the options', () => {
  it('gives each option one @default', () => {
    expect([...documented.keys()]).toEqual(expect.arrayContaining(Object.keys(NUMBERS)));
    for (const [name, { standard }] of documented) {
      expect({ name, defaults: standard.length }).toEqual({ name, defaults: 1 });
      expect(standard[0]).not.toBe('');
    }
  });

  it.each(Object.entries(NUMBERS))('says default and range of %s as the code has them', (name, number) => {
    const { text, standard } = documented.get(name)!;
    expect(Number.parseInt(standard[0]!, 10)).toBe(number.default);
    expect(text.replaceAll(/\n \s*\* /g, ' ')).toContain(`${shown(number.min)} to ${shown(number.max)}`);
  });

  it('says the default of blockSize as the code has it', () => {
    const { min, max } = DEFAULT_BLOCK_SIZE;
    expect(documented.get('blockSize')!.standard).toEqual([`{ min: ${min}, max: ${max} }`]);
  });

  it.each(Object.entries(NUMBERS))(
    'says the default of %s on its page as the code has it',
    (name, number) => {
      const [, cell] = new RegExp(`^\\| \`${name}\` +\\| ([^|]*?) +\\|`, 'm').exec(page)!;
      expect(cell).toBe(number.default === Number.MAX_SAFE_INTEGER ? 'no limit' : grouped(number.default));
    },
  );
});
