/** `npm run docs:words`: the words of every page that people read, without blocks of code and without what is generated. */
import { PAGES, read } from './pages.js';

const generated = /^docs\/(torture\/|mutations|benchmarks)/;
let sum = 0;
for (const page of PAGES.filter((each) => !generated.test(each))) {
  const prose = read(page)
    .replaceAll(/<!--.*?-->/gs, '')
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/[|#*`_-]+/g, ' ');
  const words = prose.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
  sum += words;
  console.log(`${String(words).padStart(6)}  ${page}`);
}
console.log(`${String(sum).padStart(6)}  in all`);
