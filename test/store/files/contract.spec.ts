import { describe, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSequenceStore } from '../../../lib/index.js';
import { FileCounters } from '../../../lib/store/files/file-counters.js';
import { describeSequenceStore } from '../../../lib/testing/contract/describe-sequence-store.js';
import { ResettableCounterStore } from '../../../lib/testing/resettable-store.js';

const temporaryFolder = () => mkdtemp(join(tmpdir(), 'essequence-files-'));

describeSequenceStore('FileSequenceStore', async () => {
  const folder = await temporaryFolder();
  return {
    open: () => new FileSequenceStore({ path: join(folder, 'data') }),
    close: () => rm(folder, { recursive: true }),
  };
});

describeSequenceStore(
  'FileSequenceStore with a reset for tests',
  async () => {
    const folder = await temporaryFolder();
    return {
      open: () => new ResettableCounterStore(new FileCounters(join(folder, 'data'))),
      close: () => rm(folder, { recursive: true }),
    };
  },
  { describe, it: (title, run) => (title.includes('reset') ? it(title, run) : undefined) },
);
