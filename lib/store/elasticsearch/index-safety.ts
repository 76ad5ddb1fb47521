import { type Safety, safetyOfSettings } from './settings-safety.js';
import { unsafeMapping } from './unsafe-mapping.js';
import { field } from './values.js';

/**
 * Whether an index can keep the promise, as a pure function of what `GET /<alias>` says with `include_defaults`: index
 * templates, server defaults and operators change all of it. What is refused here passed the start before and took a
 * guard away, or failed every draw.
 */

/** What `GET /<alias>` says of one index. `defaults` are the values of all settings that nobody set. */
export interface IndexDescription {
  aliases: Record<string, unknown>;
  mappings: Record<string, unknown>;
  settings: Record<string, unknown>;
  defaults?: unknown;
}

export function safetyOf(alias: string, index: string, description: IndexDescription): Safety {
  const { aliases, mappings, settings, defaults } = description;
  const { findings, warnings } = safetyOfSettings(settings, defaults);
  return {
    findings: [...unsafeAlias(alias, index, aliases), ...findings, ...unsafeMapping(mappings)],
    warnings,
  };
}

function unsafeAlias(alias: string, index: string, aliases: Record<string, unknown>): string[] {
  if (index === alias) {
    return [
      'it is an index, not an alias, so a lost index would be created anew unnoticed: rename it and give it the alias',
    ];
  }
  const entry = aliases[alias];
  const findings: string[] = [];
  if (field(entry, 'index_routing') !== undefined || field(entry, 'search_routing') !== undefined) {
    findings.push(
      'the alias has a routing, so a counter may be looked for in another shard than the one that holds it: add the alias again without routing',
    );
  }
  if (field(entry, 'filter') !== undefined) {
    findings.push('the alias has a filter, which may hide counters: add the alias again without filter');
  }
  if (field(entry, 'is_write_index') === false) {
    findings.push('the alias takes no writes (is_write_index is false): set it to true');
  }
  return findings;
}
