import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ElasticsearchSequenceStore } from '../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { FileSequenceStore } from '../../lib/store/files/file-sequence-store.js';
import { MemoryCounters } from '../../lib/store/memory-sequence-store.js';
import { ResettableCounterStore } from '../../lib/testing/resettable-store.js';
import type { SequenceStore } from '../../lib/store/sequence-store.js';
import { realServers, removeIndices, temporaryAlias } from './elasticsearch-clients.js';

export interface StoreUnderTest {
  name: string;
  /** Counters of their own, which any number of stores share as any number of processes would. */
  create(): { open(): SequenceStore; remove(): Promise<void> };
  end(): Promise<void>;
}

/** Every store of this library, on every server there is. */
export function storesUnderTest(): StoreUnderTest[] {
  const none = () => Promise.resolve();
  return [
    {
      name: 'memory',
      create: () => {
        const counters = new MemoryCounters();
        return { open: () => new ResettableCounterStore(counters), remove: none };
      },
      end: none,
    },
    {
      name: 'files',
      create: () => {
        const path = mkdtempSync(join(tmpdir(), 'essequence-'));
        return {
          open: () => new FileSequenceStore({ path }),
          remove: async () => rmSync(path, { recursive: true, force: true }),
        };
      },
      end: none,
    },
    ...realServers().map(({ name, client }) => ({
      name,
      create: () => {
        const index = temporaryAlias();
        return {
          open: () => new ElasticsearchSequenceStore({ client, index }),
          remove: () => removeIndices(client, index),
        };
      },
      end: async () => void (await client.close()),
    })),
  ];
}
