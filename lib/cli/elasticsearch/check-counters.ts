import { HistoryReader } from '../../store/elasticsearch/history-reader.js';
import { counterFindings } from '../counter-findings.js';
import type { Finding } from '../finding.js';
import { listCounters } from './counter-list.js';
import type { Patient } from './patient.js';

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
  return counterFindings(
    counters,
    TROUBLE,
    history === null ? 'hold ids' : 'hold ids and belong to this index',
  );
}
