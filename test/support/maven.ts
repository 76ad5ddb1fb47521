import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Copies artifacts (`group:name:version` or `group:name:version:type`) into a folder, by way of `mvn`, so that the
 * mirror, the proxy and the local repository of the user's Maven settings are used.
 */
export async function fetchArtifacts(
  artifacts: readonly string[],
  folder: string,
  { transitive = false } = {},
): Promise<void> {
  const project = await mkdtemp(join(tmpdir(), 'essequence-maven-'));
  try {
    await writeFile(join(project, 'pom.xml'), pom(artifacts, transitive));
    await run('mvn', ['-B', '-q', 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`], {
      cwd: project,
      timeout: 15 * 60_000,
    });
  } catch (error) {
    const { code, stdout = '' } = error as NodeJS.ErrnoException & { stdout?: string };
    if (code === 'ENOENT') throw new Error('install Apache Maven 3.6 or later (`mvn`)', { cause: error });
    const reason = stdout.split('\n').find((line) => line.includes('ERROR')) ?? String(error);
    throw new Error(`Maven could not fetch ${artifacts.join(', ')}: ${reason}`, { cause: error });
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}

function pom(artifacts: readonly string[], transitive: boolean): string {
  // Left in the graph, dependencies are downloaded even where only the artifact itself is copied.
  const alone =
    '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version, type = 'jar'] = artifact.split(':');
    return (
      `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>` +
      `<type>${type}</type>${transitive ? '' : alone}</dependency>`
    );
  });
  return (
    '<project><modelVersion>4.0.0</modelVersion><groupId>essequence</groupId><artifactId>servers</artifactId>' +
    `<version>1</version><dependencies>${dependencies.join('')}</dependencies></project>\n`
  );
}
