import { appendFileSync } from 'node:fs';
import { it } from 'vitest';
import { FileSequenceStore } from '../../../lib/store/files/file-sequence-store.js';
import { claimIds } from '../../support/claim-ids.js';

/** Started by trials.spec.ts, beside jest. */
it('claims from the folder that jest claims from', async () => {
  const store = new FileSequenceStore({ path: process.env['FILES_PATH']! });
  await claimIds(store, 30, (id) => appendFileSync(process.env['FILES_IDS']!, `${id}\n`));
  await store.close();
});
