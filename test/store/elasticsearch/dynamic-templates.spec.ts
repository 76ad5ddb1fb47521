import { describe, expect, it } from '@jest/globals';
import { mayBeMappedUnfit } from '../../../lib/store/elasticsearch/dynamic-templates.js';

const takesText = (mapping: unknown) => (mapping as { type?: string }).type === 'keyword';
const date = { type: 'date' };
const keyword = { type: 'keyword' };

function unfit(templates: object[], more: Record<string, unknown> = {}): boolean {
  const dynamic_templates = templates.map((template, place) => ({ [`t${place}`]: template }));
  return mayBeMappedUnfit('epoch', { mappings: { dynamic_templates, ...more }, takesText });
}

describe('Dynamic templates', () => {
  it.each<[what: string, templates: object[]]>([
    ['the name', [{ match: 'epoch', mapping: date }]],
    ['a part of the name', [{ match: 'e*', mapping: date }]],
    ['one of several names', [{ match: ['x', 'epo*'], mapping: date }]],
    ['the path', [{ path_match: '*och', mapping: date }]],
    ['every text', [{ match_mapping_type: 'string', mapping: date }]],
    ['every value', [{ match_mapping_type: '*', mapping: date }]],
    ['one of several kinds of values', [{ match_mapping_type: ['long', 'string'], mapping: date }]],
    ['a regular expression', [{ match_pattern: 'regex', match: '^e.*', mapping: date }]],
    [
      'the name, before one that takes text',
      [
        { match: 'epoch', mapping: date },
        { match: '*', mapping: keyword },
      ],
    ],
    [
      'the name, after a regular expression that may fit',
      [
        { match_pattern: 'regex', match: '^x', mapping: keyword },
        { match: 'epoch', mapping: date },
      ],
    ],
  ])('that map %s are noticed', (_, templates) => {
    expect(unfit(templates)).toBe(true);
  });

  it.each<[what: string, templates: object[], more?: Record<string, unknown>]>([
    ['there are none', []],
    ['they map texts as keywords', [{ match_mapping_type: 'string', mapping: keyword }]],
    ['they are for numbers', [{ match_mapping_type: 'long', mapping: { type: 'integer' } }]],
    ['they are for all but texts', [{ unmatch_mapping_type: 'string', mapping: date }]],
    ['they are for other names', [{ match: '*_at', mapping: date }]],
    ['they leave the name out', [{ match: '*', unmatch: 'ep*', mapping: date }]],
    ['they are for other paths', [{ path_match: 'order.*', mapping: date }]],
    ['they leave the path out', [{ match: '*', path_unmatch: 'epoch', mapping: date }]],
    ['they set no type', [{ match: '*', mapping: { index: false } }]],
    ['they keep the type', [{ match: '*', mapping: { type: '{dynamic_type}' } }]],
    ['they make runtime fields', [{ match: '*', runtime: date }]],
    [
      'one before takes text',
      [
        { match: '*', mapping: keyword },
        { match: 'epoch', mapping: date },
      ],
    ],
    ['nothing is mapped dynamically', [{ match: '*', mapping: date }], { dynamic: 'false' }],
  ])('do not matter where %s', (_, templates, ...[more]) => {
    expect(unfit(templates, more)).toBe(false);
  });
});
