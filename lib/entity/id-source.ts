import type { AbortListeners } from '../common/abort.js';
import type { Sequence } from '../core/sequence.js';
import type { SeriesRegistry } from '../series/series-registry.js';

/** Where ids come from. */
export interface IdSource {
  /** The sequence of a valid name. */
  sequence(name: string): Pick<Sequence, 'take'>;
  /** Where number series count. Undefined if the application has no number series. */
  readonly series?: SeriesRegistry | undefined;
  /** Told the names that a class spells out, before anything is drawn from them. */
  declare?(name: string): void;
  /** Of the application, because calls share signals. */
  readonly abortListeners: AbortListeners;
}
