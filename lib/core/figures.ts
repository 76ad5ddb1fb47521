/** All names that no definition knows. */
export const OTHER = 'other';

/**
 * What the names of one definition have done together since the process began. Kept outside the names, so that a name
 * that sleeps takes nothing away.
 */
export class Figures {
  /** Blocks that arrived. */
  claims = 0;
  /** Ids handed out, as far as they were counted: see {@link SequenceCore.uncounted}. */
  ids = 0;
  /** Ids in the memory of names that sleep. */
  cachedAsleep = 0;

  constructor(readonly label: string) {}
}

/** The figures of one definition at this moment. */
export interface DefinitionFigures {
  label: string;
  claims: number;
  ids: number;
  cached: number;
  waiting: number;
  /** Seconds until the first of its names has handed out what it has, at its present rate. Undefined: none is in use. */
  cover: number | undefined;
}
