import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSequenceStore } from 'nestjs-essequence'; // your own class here
import { describeSequenceStore } from 'nestjs-essequence/testing';

describeSequenceStore('FileSequenceStore', async () => {
  const path = await mkdtemp(join(tmpdir(), 'my-store-'));
  return {
    open: () => new FileSequenceStore({ path }), // as another process would open the same data
    close: () => rm(path, { recursive: true }),
  };
});
