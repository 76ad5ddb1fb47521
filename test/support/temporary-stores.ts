import { existsSync } from 'node:fs';
import type { ResettableSequenceStore } from '../../lib/testing/resettable-store.js';
import type { SequenceStore } from '../../lib/store/sequence-store.js';
import { temporaryElasticsearchStore, temporaryFileStore, temporaryMemoryStore } from '../../lib/testing.js';
import { call, realServers } from './elasticsearch-clients.js';

export interface TemporaryStoreKind {
  name: string;
  create(): {
    store: SequenceStore & ResettableSequenceStore;
    /** Files and indices of the store that there are. */
    remains(): Promise<string[]>;
  };
  end(): Promise<void>;
}

/** The stores that the testing entry makes ready for tests, on every server there is. */
export function temporaryStoreKinds(): TemporaryStoreKind[] {
  return [
    {
      name: 'memory',
      create: () => ({ store: temporaryMemoryStore(), remains: async () => [] }),
      end: async () => {},
    },
    {
      name: 'files',
      create: () => {
        const store = temporaryFileStore();
        return { store, remains: async () => (existsSync(store.path) ? [store.path] : []) };
      },
      end: async () => {},
    },
    ...realServers().map(({ name, client }) => ({
      name,
      create: () => {
        const store = temporaryElasticsearchStore(client);
        return {
          store,
          remains: async () =>
            Object.keys(await call(client, 'GET', `/${store.index}*/_alias?expand_wildcards=all`)),
        };
      },
      end: async () => void (await client.close()),
    })),
  ];
}
