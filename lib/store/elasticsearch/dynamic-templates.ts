import { field, isRecord } from './values.js';

/** What a field that is not mapped yet becomes with its first text. */
interface FirstText {
  mappings: Record<string, unknown>;
  takesText: (mapping: unknown) => boolean;
}

/**
 * Whether dynamic templates may map field `name` so that it takes no text. The first template that fits wins. Whether a
 * regular expression of a template fits is not known here: it may.
 */
export function mayBeMappedUnfit(name: string, { mappings, takesText }: FirstText): boolean {
  // Only these values map new fields; a runtime field is computed and refuses nothing.
  if (!/^(undefined|true)$/.test(String(mappings['dynamic']))) return false;
  const templates = mappings['dynamic_templates'];
  for (const named of Array.isArray(templates) ? (templates as unknown[]) : []) {
    const [template] = isRecord(named) ? Object.values(named) : [];
    const fit = fits(name, template);
    if (fit === 'no') continue;
    if (isUnfit(template, takesText)) return true;
    if (fit === 'yes') return false;
  }
  return false;
}

function isUnfit(template: unknown, takesText: (mapping: unknown) => boolean): boolean {
  const mapping = field(template, 'mapping');
  const type = field(mapping, 'type');
  // Without a type, or with this one, a text becomes what it would be without a template.
  const isDefault = type === undefined || type === '{dynamic_type}';
  return mapping !== undefined && !isDefault && !takesText(mapping);
}

function fits(name: string, template: unknown): 'yes' | 'no' | 'maybe' {
  const get = (key: string) => listOf(field(template, key));
  const isText = (types: string[]) => types.some((type) => type === '*' || type === 'string');
  const [types, others] = [get('match_mapping_type'), get('unmatch_mapping_type')];
  if ((types.length > 0 && !isText(types)) || isText(others)) return 'no';
  const any = (key: string) => get(key).some((pattern) => wildcard(pattern).test(name));
  // Counters have no objects, so the path of a field is its name.
  const [wanted, path] = [get('match'), get('path_match')];
  if ((path.length > 0 && !any('path_match')) || any('path_unmatch')) return 'no';
  if (field(template, 'match_pattern') === 'regex') {
    return wanted.length + get('unmatch').length > 0 ? 'maybe' : 'yes';
  }
  return (wanted.length > 0 && !any('match')) || any('unmatch') ? 'no' : 'yes';
}

function listOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? (value as unknown[]) : [value]).map(String);
}

/** A pattern of Elasticsearch: `*` stands for any text. */
export function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
