import type { PoolPlan } from './worker-pool.js';

/** The Python package's default, a large fixed block, this library's default, processes that do not agree, and claims on demand. */
export const MIXED_SEQUENCES: PoolPlan['sequences'] = {
  orders: { blockSizes: [10, 10], turn: 30 },
  shipments: { blockSizes: [1_000, 1_000], turn: 1_000 },
  invoices: { blockSizes: [{}, {}], turn: 5_000 },
  receipts: { blockSizes: ['onDemand', 'onDemand'], turn: 3 },
  payments: { blockSizes: [25, { min: 100, max: 50_000 }], turn: 300 },
};

/** A counter per tenant: some claim on demand, and some sizes differ between processes. */
export function manySequences(names: number): PoolPlan['sequences'] {
  const kinds: PoolPlan['sequences'][string][] = [
    { blockSizes: [{}, {}], turn: 30 },
    { blockSizes: [10, 10], turn: 10 },
    { blockSizes: [{}, 25], turn: 30 },
    { blockSizes: ['onDemand', 'onDemand'], turn: 3 },
  ];
  return Object.fromEntries(
    Array.from({ length: names }, (_, index) => [`receipts:tenant-${index}`, kinds[index % kinds.length]!]),
  );
}
