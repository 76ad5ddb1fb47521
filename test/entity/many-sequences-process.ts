/**
 * Fills entities from 12 sequences at once, on one signal that all calls share, in a process of its own: jest keeps the
 * warnings of Node to itself. Prints each warning, then what is left on the signal.
 */
import 'reflect-metadata';
import { getEventListeners } from 'node:events';
import { MemorySequenceStore, SequenceId, SequenceService } from 'nestjs-essequence';
import { SeriesRegistry } from '../../lib/series/series-registry.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';

process.on('warning', ({ name, message }) => console.log(`${name}: ${message}`));

class Many {
  [key: string]: number;
}
for (let each = 0; each < 12; each++) SequenceId(`many-${each}`)(Many.prototype, `id${each}`);

const store = new MemorySequenceStore();
const sequences = new SequenceService(new SeriesRegistry(store, resolveOptions({ store })));
const { signal } = new AbortController();
const calls = Array.from({ length: 12 }, () => sequences.assign(new Many(), { signal }));
console.log(`${getEventListeners(signal, 'abort').length} during`);
const ids = (await Promise.all(calls)).map((many) => many['id11']);
console.log(`${getEventListeners(signal, 'abort').length} after, ids ${ids.join(' ')}`);
