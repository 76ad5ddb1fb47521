import { HistoryReader } from '../../store/elasticsearch/history-reader.js';
import { type Finding, ok } from '../finding.js';
import type { CounterReport } from '../target.js';
import { listCounters } from './counter-list.js';
import type { Patient } from './patient.js';

/** How many names a line shows. */
const SHOWN = 10;

const TROUBLE = {
  COUNTER_CORRUPT: {
    status: 'error',
    what: 'hold something that is not an id',
    why: 'Every claim from them fails.',
    remedy: 'Set iid to an integer above all ids in use.',
  },
  COUNTER_IDENTITY: {
    status: 'error',
    what: 'were restored or copied',
    why: 'Ids above their values may be in use; processes refuse to claim from them.',
    remedy: 'Fence them: nestjs-essequence fence <name> --above <highest id in use>, or --file for many.',
  },
  COUNTER_UNSTAMPED: {
    status: 'warning',
    what: 'have no history stamp',
    why: 'A process that starts after a restore cannot notice it.',
    remedy: 'Fence them once; this also stamps them.',
  },
} as const;

/** The identity of every counter. */
export async function checkCounters({ client, alias, signal }: Patient, index: string): Promise<Finding[]> {
  const history = await new HistoryReader(client).read(index, { signal });
  const counters = await listCounters(client, alias, history, '', signal);
  const findings = Object.entries(TROUBLE).flatMap(([code, { status, what, why, remedy }]): Finding[] => {
    const found = counters.filter(({ trouble }) => trouble?.code === code);
    if (found.length === 0) return [];
    const sequences = found.map(({ name }) => name);
    return [
      {
        status,
        code: code as keyof typeof TROUBLE,
        what: `${found.length} of ${counters.length} counters ${what}: ${shown(found)}.`,
        why,
        remedy,
        sequences,
      },
    ];
  });
  if (findings.length > 0) return findings;
  const said = history === null ? 'hold ids' : 'hold ids and belong to this index';
  return [ok('COUNTER_IDENTITY', `All ${counters.length} counters ${said}.`)];
}

function shown(found: CounterReport[]): string {
  const names = found.slice(0, SHOWN).map(({ name }) => name);
  return found.length > SHOWN ? `${names.join(', ')} and ${found.length - SHOWN} more` : names.join(', ');
}
