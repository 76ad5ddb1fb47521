import { mayBeMappedUnfit, wildcard } from './dynamic-templates.js';
import { field, isRecord } from './values.js';

const FIELDS = ['name', 'iid', 'epoch', 'history', 'epochs'] as const;
/** Beside them the records of number series. A mapping that lacks it gets it with the first record. */
const ALL_FIELDS = [...FIELDS, 'series'] as const;
/** Types that take any text as it is. */
const TEXTS = ['keyword', 'text', 'wildcard', 'match_only_text'];

/** What a mapping has that a counter cannot live with, each with its remedy. */
export function unsafeMapping(mappings: Record<string, unknown>): string[] {
  const findings: string[] = [];
  const source = mappings['_source'];
  if (field(source, 'enabled') === false) {
    findings.push('_source is disabled: counters are read from it, reindex with _source enabled');
  }
  const mode = field(source, 'mode');
  if (mode !== undefined && mode !== 'stored') {
    findings.push(`_source has the mode ${JSON.stringify(mode)}: reindex with "stored"`);
  }
  const kept = keptBy(field(source, 'includes'), field(source, 'excludes'));
  const lost = ALL_FIELDS.filter((name) => !kept(name));
  if (lost.length > 0) {
    findings.push(
      `_source does not keep ${lost.join(', ')} (includes, excludes), by which a counter is recognised: change the template, then reindex`,
    );
  }
  if (field(mappings, '_routing', 'required') === true) {
    findings.push('_routing is required, and counters have none: change the template, then reindex');
  }
  const properties = mappings['properties'];
  const type = field(properties, 'iid', 'type');
  if (type !== 'long') {
    findings.push(
      type === undefined
        ? 'iid is not mapped: add it to the mapping as "long"'
        : `iid is mapped as ${JSON.stringify(type)}: reindex with iid as "long"`,
    );
  }
  const strange = ALL_FIELDS.filter((name) => name !== 'iid' && !takesText(field(properties, name)));
  if (strange.length > 0) findings.push(`${strange.join(', ')} cannot hold any text: reindex with "keyword"`);
  const open = FIELDS.filter(
    (name) => field(properties, name) === undefined && mayBeMappedUnfit(name, { mappings, takesText }),
  );
  if (open.length > 0) {
    findings.push(
      `dynamic_templates may map ${open.join(', ')} so that they cannot hold any text: add them to the mapping as "keyword"`,
    );
  }
  if (ALL_FIELDS.some((name) => field(properties, name, 'script') !== undefined)) {
    findings.push('a field of a counter is computed by a script: reindex without');
  }
  if (field(mappings, 'dynamic') === 'strict' && isRecord(properties)) {
    const missing = FIELDS.filter((name) => name !== 'iid' && properties[name] === undefined);
    if (missing.length > 0) {
      findings.push(`the mapping is strict and lacks ${missing.join(', ')}: add them as "keyword"`);
    }
  }
  return findings;
}

function takesText(mapping: unknown): boolean {
  return mapping === undefined || TEXTS.includes(String(field(mapping, 'type')));
}

/** As Elasticsearch reads them: names with `*`; a name of an object stands for all below it, which counters do not have. */
function keptBy(includes: unknown, excludes: unknown): (name: string) => boolean {
  const [included, excluded] = [includes, excludes].map((patterns) =>
    Array.isArray(patterns) ? patterns.map((pattern) => wildcard(String(pattern))) : [],
  ) as [RegExp[], RegExp[]];
  return (name) =>
    (included.length === 0 || included.some((pattern) => pattern.test(name))) &&
    !excluded.some((pattern) => pattern.test(name));
}
