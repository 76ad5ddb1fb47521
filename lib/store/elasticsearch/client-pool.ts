import { field } from './values.js';

/** The connections that a client chooses from. Undefined: it keeps them where nobody looks. */
export function poolOf(client: unknown): readonly unknown[] | undefined {
  const connections =
    field(client, 'transport', 'connectionPool', 'connections') ??
    field(client, 'connectionPool', 'connections');
  return Array.isArray(connections) ? (connections as unknown[]) : undefined;
}
