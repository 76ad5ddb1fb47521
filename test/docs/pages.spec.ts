import { describe, expect, it } from '@jest/globals';
import { slugify } from '@mdit-vue/shared';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { CODES } from '../../lib/common/error-codes.js';
import * as library from '../../lib/index.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';
import { type Fence, fencesOf, filled, PAGES, read, root } from '../support/pages.js';

interface Block extends Fence {
  page: string;
}

const blocks: Block[] = PAGES.flatMap((page) => fencesOf(read(page)).map((fence) => ({ page, ...fence })));

/** Where the tests of a page lie, and the files that its code imports. */
const FOLDERS: Record<string, string> = { README: 'readme', runbook: 'existing-data' };

/**
 * The program of all TypeScript blocks. A block is a module of its own, in the folder of its page's files. Those that
 * show a file are left out: the file itself is compiled with the tests, or with the recipes.
 */
const sources = new Map<string, string>();
for (const { page, line, language, file, before, code } of blocks) {
  if (language !== 'ts' || file !== undefined) continue;
  const name = basename(page, '.md');
  const folder = join(root, 'test', 'docs', FOLDERS[name] ?? name);
  sources.set(join(folder, `${page.replaceAll('/', ' ')} line ${line}.ts`), `${before}\n${code}\nexport {};`);
  // The reader's.
  const appModule = join(folder, 'app.module.ts');
  if (!existsSync(appModule)) sources.set(appModule, 'export class AppModule {}');
}

const program = compile();

function compile(): ts.Program {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile, directoryExists } = host;
  const folders = new Set([...sources.keys()].map((name) => dirname(name)));
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.directoryExists = (name) => folders.has(name) || directoryExists!(name);
  host.readFile = (name) => sources.get(name) ?? readFile(name);
  host.getSourceFile = (name, target, ...rest) =>
    sources.has(name)
      ? ts.createSourceFile(name, sources.get(name)!, target)
      : getSourceFile(name, target, ...rest);
  return ts.createProgram([...sources.keys(), join(root, 'lib', 'index.ts')], options, host);
}

function thrownBy(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('The code of the pages', () => {
  it.each([...sources.keys()].map((name) => [basename(name, '.ts'), name]))('compiles: %s', (_, name) => {
    const file = program.getSourceFile(name)!;
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });

  it('is TypeScript, or parses', () => {
    const others = blocks.filter(({ language }) => !['ts', 'sh', 'mermaid', 'prisma', ''].includes(language));
    for (const { page, line, language, code } of others) {
      const parse = {
        json: () => JSON.parse(code) as unknown,
        js: () => new Function(`return {${code}}`) as unknown,
      }[language];
      expect({ page, line, trouble: parse === undefined ? language : thrownBy(parse) }).toEqual({
        page,
        line,
        trouble: '',
      });
    }
    expect(others.length).toBeGreaterThan(1);
  });

  it('that is marked to be run is run by a test', () => {
    const marked = blocks
      .filter(({ run }) => run !== undefined)
      .map(({ page, run }) => `'${page}', '${run}'`);
    const specs = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.spec.ts') && !name.startsWith('recipes'))
      .map((name) => readFileSync(join(root, 'test', name), 'utf8'))
      .join('\n');
    expect(marked.length).toBeGreaterThan(2);
    for (const each of marked) expect(specs).toContain(each);
  });

  it.each(PAGES)('shows files and tables as they are: %s (else: npm run docs:fill)', (page) => {
    expect(filled(read(page))).toBe(read(page));
  });

  it('shows files that the tests or the recipes compile', () => {
    const files = blocks.flatMap(({ file }) => file ?? []);
    expect(files.length).toBeGreaterThan(15);
    for (const file of files) expect(file).toMatch(/^(test\/(docs|recipes)|sample-app)\/.*\.ts$/);
  });

  it('leaves no file of a page unshown', () => {
    const shown = new Set(blocks.flatMap(({ file }) => file ?? []));
    const hidden = readdirSync(join(root, 'test', 'docs'), { recursive: true, encoding: 'utf8' })
      .map((name) => `test/docs/${name}`)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !shown.has(name));
    expect(hidden.toSorted()).toEqual([
      'test/docs/existing-data/database.module.ts',
      'test/docs/testing/app.module.ts',
      'test/docs/testing/orders.service.ts',
    ]);
  });
});

describe('Links', () => {
  /** As GitHub makes them, and as the site does. A link to a heading has to work in both. */
  const onGitHub = (title: string) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');

  const anchorsOf = (markdown: string) => {
    const titles = [...withoutCode(markdown).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title!.replaceAll('`', ''),
    );
    return titles.filter((title) => onGitHub(title) === slugify(title)).map((title) => slugify(title));
  };

  it.each(PAGES)('of %s lead to files and headings that exist', (page) => {
    const text = read(page);
    const found = [...withoutCode(text).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)];
    for (const [link, path = '', heading] of found) {
      const target = path === '' ? page : posix.join(posix.dirname(page), path);
      expect({ link, exists: existsSync(join(root, target)) }).toEqual({ link, exists: true });
      if (heading !== undefined) expect(anchorsOf(read(target))).toContain(heading);
    }
  });

  it('of the home page and of the sidebar lead to pages', () => {
    const config = read('docs/.vitepress/config.ts') + read('docs/index.md');
    const links = [...config.matchAll(/link: '?\/([\w/-]+)/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(20);
    for (const link of links.filter((each) => !each.startsWith('api'))) {
      expect(PAGES).toContain(`docs/${link}.md`);
    }
  });

  it('reach every page from the sidebar or from another page', () => {
    const texts = ['docs/.vitepress/config.ts', ...PAGES].map((page) => read(page)).join('\n');
    for (const page of PAGES.filter((each) => each.startsWith('docs/') && each !== 'docs/index.md')) {
      expect(texts).toContain(page.replace(/^docs\//, '').replace(/\.md$/, ''));
    }
  });
});

/** Text of a page without blocks and inline code, which may hold what looks like a link or a heading. */
function withoutCode(markdown: string): string {
  return markdown
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));
}

/** First cells of the rows of the table under a heading, without backticks. */
function tableUnder(page: string, heading: string): string[][] {
  const section =
    read(page)
      .split(/^#+ /m)
      .find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
}

describe('The page "Errors"', () => {
  it('names every error code, and whether it is retryable', () => {
    const rows = tableUnder('docs/errors.md', 'By code').map(([, code, retryable]) => [code, retryable]);
    const expected = Object.entries(CODES).map(([code, { retryable }]) => [code, retryable ? 'yes' : 'no']);
    expect(rows.toSorted()).toEqual(expected.toSorted());
  });
});

describe('The classes of errors', () => {
  it('are all explained on the page "Errors"', () => {
    const classes = Object.keys(library).filter((name) => name.endsWith('Error'));
    expect(classes.length).toBeGreaterThan(2);
    for (const name of classes) expect(read('docs/errors.md')).toContain(`\`${name}\``);
  });

  it('that call for a repair are named where it is described', () => {
    expect(read('docs/runbook.md')).toContain('`SequenceIdentityError`');
  });
});

describe('CONTRIBUTING', () => {
  it('names the folders of lib', () => {
    const [, list] = /further down this list: ([^.]*)\./.exec(read('CONTRIBUTING.md'))!;
    const named = [...list!.matchAll(/`([a-z]+)`/g)].map(([, folder]) => folder);
    const folders = readdirSync(join(root, 'lib'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(named.toSorted()).toEqual(folders.toSorted());
  });
});

describe('The page "Options"', () => {
  it('names every option', () => {
    const known = thrownBy(() => resolveOptions({ unknown: 1 } as object))
      .split('known are: ')[1]!
      .split(', ');
    expect(
      tableUnder('docs/options.md', 'Options')
        .map(([, option]) => option)
        .toSorted(),
    ).toEqual(known.toSorted());
  });
});

describe('The messages of the page "Errors"', () => {
  const texts = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => textsOf(join(root, 'lib', name)));

  const section = read('docs/errors.md').split('## By message')[1]!;
  const messages = [...section.matchAll(/^\| `(.*?)`/gm)].map(([, message]) => message!);

  it.each(messages)('is one of the library: %s', (message) => {
    // sequenceError() puts the name in front.
    const parts = message
      .replace(/^Sequence \.\.\.: /, '')
      .split('...')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    const found = texts.some((text) => {
      let at = 0;
      return parts.every((part) => {
        const index = text.indexOf(part, at);
        at = index + part.length;
        return index !== -1;
      });
    });
    expect({ message, found }).toEqual({ message, found: true });
  });

  it('are more than a few', () => {
    expect(messages.length).toBeGreaterThan(30);
  });
});

/** The texts of a source file: literals and templates, joined where they are added up. What is filled in is left out. */
function textsOf(path: string): string[] {
  const texts: string[] = [];
  const textOf = (node: ts.Node): string | undefined => {
    if (ts.isStringLiteralLike(node)) return node.text;
    if (ts.isTemplateExpression(node)) {
      return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
    }
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
      return `${textOf(node.left) ?? '…'}${textOf(node.right) ?? '…'}`;
    }
    return undefined;
  };
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text !== undefined) texts.push(text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true));
  return texts;
}
