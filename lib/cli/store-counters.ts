import type { SequenceStore } from '../store/sequence-store.js';
import { CliError, EXIT } from './exit.js';
import { type Finding, notChecked } from './finding.js';
import type { CounterAdministration, CounterReport } from './target.js';

/** A store of the user's own, of which the command line knows no more than the contract. */
export class StoreCounters implements CounterAdministration {
  constructor(private readonly store: SequenceStore) {}

  async list(): Promise<CounterReport[]> {
    throw new CliError('UNSUPPORTED', 'This store cannot list its sequences.', EXIT.trouble);
  }

  async show(name: string, signal: AbortSignal): Promise<CounterReport | undefined> {
    const state = await this.store.inspect({ name, signal });
    return state && { name, last: state.last, epoch: state.epoch ?? null };
  }

  async assertUsable(signal: AbortSignal): Promise<void> {
    await this.store.open?.(signal);
  }

  async *doctor({ signal }: { signal: AbortSignal }): AsyncGenerator<Finding> {
    await this.assertUsable(signal);
    yield notChecked('REACHABLE', 'The store opens; nothing further is known of a store of your own.');
  }
}
