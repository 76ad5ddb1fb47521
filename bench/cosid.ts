import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findJava } from '../test/support/java.js';
import { fetchArtifacts } from '../test/support/maven.js';

const run = promisify(execFile);

/** The loop of `drain`, over CosId's engine. Two rounds of warm-up: the JVM compiles the loop while it runs. */
const MAIN = `import me.ahoo.cosid.segment.IdSegmentDistributor;
import me.ahoo.cosid.segment.SegmentChainId;

public class Main {
  static long drain(SegmentChainId counter, int count) {
    long consumed = 0;
    for (int drawn = 0; drawn < count; drawn++) consumed ^= counter.generate();
    return consumed;
  }

  static double rate(SegmentChainId counter, long milliseconds) {
    long ids = 0;
    long begun = System.nanoTime();
    long end = begun + milliseconds * 1_000_000;
    long consumed = 0;
    while (System.nanoTime() < end) {
      consumed ^= drain(counter, 1_000_000);
      ids += 1_000_000;
    }
    if (consumed == 42) System.err.println();
    return ids * 1e9 / (System.nanoTime() - begun);
  }

  public static void main(String[] args) {
    SegmentChainId counter = new SegmentChainId(new IdSegmentDistributor.Atomic(Long.parseLong(args[1])));
    long milliseconds = Long.parseLong(args[0]);
    rate(counter, 500);
    rate(counter, 500);
    System.out.println("rate=" + rate(counter, milliseconds));
    System.exit(0);
  }
}
`;

/** The fastest published engine with a shared store, measured in a JVM of its own. */
export class CosId {
  private constructor(
    private readonly java: string,
    private readonly folder: string,
  ) {}

  static async prepare(): Promise<CosId> {
    const home = await findJava({ min: 17 });
    const folder = await mkdtemp(join(tmpdir(), 'essequence-cosid-'));
    await fetchArtifacts(['me.ahoo.cosid:cosid-core:2.13.3'], join(folder, 'jars'), { transitive: true });
    await writeFile(join(folder, 'Main.java'), MAIN);
    const classPath = join(folder, 'jars', '*');
    await run(join(home, 'bin', 'javac'), ['-cp', classPath, '-d', folder, join(folder, 'Main.java')]);
    return new CosId(join(home, 'bin', 'java'), folder);
  }

  /** Ids per second. Claims of 1,000,000 from memory, as generous as those of the sequence beside it. */
  async rate(milliseconds: number, step = 1_000_000): Promise<number> {
    const classPath = `${this.folder}:${join(this.folder, 'jars', '*')}`;
    const { stdout } = await run(this.java, ['-cp', classPath, 'Main', String(milliseconds), String(step)]);
    return Number(/rate=(\S+)/.exec(stdout)?.[1]);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
