/** `npm run docs:fill`: writes into the pages what has its source elsewhere. A test says when that is needed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filled, PAGES, read, root } from './pages.js';

for (const page of PAGES) {
  const before = read(page);
  const after = filled(before);
  if (after === before) continue;
  writeFileSync(join(root, page), after);
  console.log(`Filled ${page}`);
}
