import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SequenceError } from '../../common/sequence-error.js';
import { emptyError, fileError, lostRace } from '../../store/files/errors.js';
import { Folder, isMissing } from '../../store/files/folder.js';
import { counterOf, fileOf, type Generation, parseGeneration } from '../../store/files/generation.js';
import { look } from '../../store/files/protocol.js';
import { RootFolder } from '../../store/files/root-folder.js';
import { ShardDisk } from '../../store/files/shard-disk.js';
import { CliError, EXIT } from '../exit.js';
import type { Finding } from '../finding.js';
import type { CounterAdministration, CounterReport } from '../target.js';
import { examineFolder } from './folder-doctor.js';

/** Looks that were overtaken by a process that claims. Each is another moment; nobody is that fast for long. */
const LOOKS = 100;

/** As it stands in questions. */
export const folderPlace = (path: string): string => `folder ${JSON.stringify(path)}`;

/** The counters of one folder of a file store, read as the store reads them. Nothing is made where nothing is. */
export class FolderCounters implements CounterAdministration {
  constructor(private readonly path: string) {}

  async list(prefix: string): Promise<CounterReport[]> {
    const found: CounterReport[] = [];
    for (const shard of await this.shards()) {
      for (const report of await this.read(shard)) {
        if (report.name.startsWith(prefix)) found.push(report);
      }
    }
    return found.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  async show(name: string): Promise<CounterReport | undefined> {
    const [found] = (await this.list(name)).filter((report) => report.name === name);
    return found;
  }

  async assertUsable(): Promise<void> {
    await this.shards();
  }

  doctor({ claim }: { claim: boolean }): AsyncIterable<Finding> {
    return examineFolder(this.path, this, claim);
  }

  /** The folders of counters that are there. */
  async shards(): Promise<string[]> {
    try {
      return (await readdir(this.path)).filter((entry) => /^[0-3][0-9a-f]$/.test(entry)).toSorted();
    } catch (error) {
      if (!isMissing(error)) throw fileError(this.path, error);
      throw new CliError(
        'NO_COUNTER',
        `There is no ${folderPlace(this.path)}. Check --files. Where there were never counters, make the folder.`,
        EXIT.trouble,
      );
    }
  }

  /** The present state of one of them. */
  async read(shard: string): Promise<CounterReport[]> {
    const path = join(this.path, shard);
    const root = new RootFolder(this.path);
    try {
      for (let looks = 0; looks < LOOKS; looks++) {
        const folder = await Folder.open(path);
        try {
          const seen = await new ShardDisk(path, root, folder).carryOut(look());
          if (seen.found === 'nothing') return [];
          if (seen.found === 'empty') throw emptyError(undefined, path, false);
          if (seen.found === 'lost') continue;
          const file = JSON.stringify(join(path, fileOf(seen.generation)));
          const details = { folder: path, generation: String(seen.generation) };
          return reports(parseGeneration(seen.text, file), folder?.identity, details);
        } finally {
          await folder?.close();
        }
      }
    } catch (error) {
      throw fileError(path, error);
    }
    throw lostRace();
  }
}

function reports(
  generation: Generation,
  folder: string | undefined,
  details: Record<string, string>,
): CounterReport[] {
  return Object.keys(generation.counters).map((name): CounterReport => {
    try {
      const { last, epoch, epochs, fenced } = counterOf(generation, name)!;
      const report: CounterReport = {
        name,
        last,
        epoch,
        details: { ...details, 'former epochs': String(epochs.length) },
      };
      if (fenced !== undefined && fenced.folder !== folder) {
        const text = 'its folder was restored or copied after its last fence';
        report.trouble = { code: 'COUNTER_IDENTITY', text };
      }
      return report;
    } catch (error) {
      if (!(error instanceof SequenceError)) throw error;
      const trouble = { code: 'COUNTER_CORRUPT', text: 'what is stored is not a counter' };
      return { name, last: null, epoch: null, trouble, details };
    }
  });
}
