import { readFileSync } from 'node:fs';
import { extract, parse } from 'jest-docblock';

/** The variables that hold the URLs of the servers. Those that are set are used; others are started. */
export const SERVER_VARIABLES = {
  'elasticsearch-9': 'ELASTICSEARCH_9_URL',
  'elasticsearch-7': 'ELASTICSEARCH_7_URL',
  opensearch: 'OPENSEARCH_URL',
} as const;

export type ServerName = keyof typeof SERVER_VARIABLES;

export const SERVER_NAMES = Object.keys(SERVER_VARIABLES) as ServerName[];

/** The servers that a spec asks for in its first comment: `@servers elasticsearch-9 opensearch`. */
export function declaredServers(spec: string): ServerName[] {
  const declared = [parse(extract(readFileSync(spec, 'utf8')))['servers'] ?? []].flat();
  const names = declared.flatMap((line) => line.split(/\s+/)).filter((name) => name !== '');
  for (const name of names) {
    if (!SERVER_NAMES.includes(name as ServerName)) {
      throw new Error(`${spec} asks for "@servers ${name}". There are: ${SERVER_NAMES.join(', ')}.`);
    }
  }
  return names as ServerName[];
}

/**
 * The URL of a server, undefined where it does not run. A spec that did not ask for it would find it in a run of all
 * specs and miss it in a run of its own, so asking is mandatory.
 */
export function serverUrl(name: ServerName): string | undefined {
  const spec = expect.getState().testPath;
  if (spec !== undefined && !declaredServers(spec).includes(name)) {
    throw new Error(`${spec} uses a server: begin it with the comment /** @servers ${name} */.`);
  }
  return process.env[SERVER_VARIABLES[name]] || undefined;
}

/** The servers that the present spec asks for and that run. */
export function runningServers(): Map<ServerName, string> {
  const spec = expect.getState().testPath;
  const declared = spec === undefined ? SERVER_NAMES : declaredServers(spec);
  if (declared.length === 0) {
    throw new Error(
      `${spec} uses servers: begin it with the comment /** @servers ${SERVER_NAMES.join(' ')} */.`,
    );
  }
  return new Map(
    declared.flatMap((name) => {
      const url = serverUrl(name);
      return url === undefined ? [] : [[name, url] as const];
    }),
  );
}
