import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetchArtifacts } from './maven.js';
import { cached } from './server-cache.js';

const run = promisify(execFile);

/** What Painless 7.10.2 needs beside what the server has in its own lib folder: a jar in both would be a conflict. */
const PAINLESS = [
  'org.codelibs.elasticsearch.module:lang-painless:7.10.2',
  'org.codelibs.elasticsearch.module:scripting-painless-spi:7.10.2',
  'org.antlr:antlr4-runtime:4.5.3',
  ...['asm', 'asm-analysis', 'asm-commons', 'asm-tree', 'asm-util'].map((name) => `org.ow2.asm:${name}:7.2`),
];

const PAINLESS_DESCRIPTOR = `description=Painless
version=7.10.2
name=lang-painless
classname=org.elasticsearch.painless.PainlessPlugin
java.version=1.8
elasticsearch.version=7.10.2
extended.plugins=
has.native.controller=false
`;

const PAINLESS_POLICY = `grant {
  permission java.lang.RuntimePermission "createClassLoader";
  permission java.lang.RuntimePermission "getClassLoader";
  permission java.lang.RuntimePermission "accessDeclaredMembers";
};
`;

/** Home of an unpacked Elasticsearch. */
export async function installElasticsearch(version: string, java: string): Promise<string> {
  const folder = await cached(`elasticsearch-${version}`, async (draft) => {
    await install(version, draft, java, []);
  });
  return join(folder, `elasticsearch-${version}`);
}

/** Home of an unpacked Elasticsearch 7.10.2 with Painless put in as one more module. */
export async function installElasticsearch7WithPainless(java: string): Promise<string> {
  const folder = await cached('elasticsearch-7.10.2-painless', async (draft) => {
    const module = join(draft, 'elasticsearch-7.10.2', 'modules', 'lang-painless');
    const jars = await install('7.10.2', draft, java, PAINLESS);
    await mkdir(module);
    for (const jar of jars) await rename(join(draft, jar), join(module, jar));
    await writeFile(join(module, 'plugin-descriptor.properties'), PAINLESS_DESCRIPTOR);
    await writeFile(join(module, 'plugin-security.policy'), PAINLESS_POLICY);
  });
  return join(folder, 'elasticsearch-7.10.2');
}

/** Unpacks the server and leaves the other artifacts in the folder; answers with their names. */
async function install(
  version: string,
  folder: string,
  java: string,
  others: readonly string[],
): Promise<string[]> {
  const server = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${version}:zip`;
  await fetchArtifacts([server, ...others], folder);
  const zip = join(folder, `elasticsearch-${version}.zip`);
  await run(join(java, 'bin', 'jar'), ['xf', zip], { cwd: folder });
  await rm(zip);
  // `jar` drops the modes a zip carries.
  const bin = join(folder, `elasticsearch-${version}`, 'bin');
  for (const name of await readdir(bin)) await chmod(join(bin, name), 0o755);
  return (await readdir(folder)).filter((name) => name.endsWith('.jar'));
}
