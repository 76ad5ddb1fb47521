/** Every instrument, with its unit as OpenTelemetry writes it. The Grafana dashboard is compared with these. */
export const METRICS = {
  claims: { name: 'essequence.claims', unit: '{claim}', description: 'Blocks of ids that arrived' },
  claimDuration: {
    name: 'essequence.claim.duration',
    unit: 's',
    description: 'Time from a claim to its accepted answer, lost races included',
  },
  ids: { name: 'essequence.ids', unit: '{id}', description: 'Ids handed out' },
  waiting: { name: 'essequence.waiting', unit: '{caller}', description: 'Callers who wait for ids' },
  waitTime: {
    name: 'essequence.wait_time',
    unit: 's',
    description: 'How long the first of the waiting callers waited when a block arrived',
  },
  cached: { name: 'essequence.cached', unit: '{id}', description: 'Ids in memory' },
  cover: {
    name: 'essequence.cover',
    unit: 's',
    description: 'How long the cached ids of the scarcest sequence last at its present rate',
  },
  retries: {
    name: 'essequence.retries',
    unit: '{retry}',
    description: 'Attempts that failed and were repeated',
  },
  errors: { name: 'essequence.errors', unit: '{error}', description: 'Attempts that failed, by code' },
  stalls: { name: 'essequence.stalls', unit: '{stall}', description: 'Blocks that callers had to wait for' },
} as const;

/** The one label of all: the definition, never a tenant. */
export const DEFINITION = 'essequence.definition';
/** Beside it for errors: the code of the SequenceError. */
export const ERROR_TYPE = 'error.type';
