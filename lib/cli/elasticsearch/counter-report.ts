import { show } from '../../common/arguments.js';
import { isValue } from '../../store/elasticsearch/identity.js';
import { isRecord } from '../../store/elasticsearch/values.js';
import type { CounterReport } from '../target.js';

/** What a stored document says of its counter. `history`: the shard's own; null: it cannot be read. */
export function counterReport(name: string, source: unknown, history: string | null): CounterReport {
  const { iid, epoch, epochs, history: stamp } = isRecord(source) ? source : ({} as Record<string, unknown>);
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  const report: CounterReport = { name, last: isValue(iid) ? iid : null, epoch: text(epoch) };
  const trouble = troubleOf({ iid, epoch, epochs, stamp: text(stamp) }, history);
  if (trouble !== undefined) report.trouble = trouble;
  return report;
}

function troubleOf(
  { iid, epoch, epochs, stamp }: { iid: unknown; epoch: unknown; epochs: unknown; stamp: string | null },
  history: string | null,
): CounterReport['trouble'] {
  if (!isValue(iid)) {
    return { code: 'COUNTER_CORRUPT', text: `its iid is ${show(iid)} and not an integer from 0 to 2^53 - 1` };
  }
  if (Array.isArray(epochs) && typeof epoch === 'string' && epochs.includes(epoch)) {
    return { code: 'COUNTER_IDENTITY', text: 'a delayed write from before a fence undid the fence' };
  }
  if (history !== null && stamp !== null && stamp !== history) {
    return { code: 'COUNTER_IDENTITY', text: 'it was restored or copied from another index' };
  }
  if (stamp === null) {
    return { code: 'COUNTER_UNSTAMPED', text: 'it has no history stamp, so a restore can go unnoticed' };
  }
  return undefined;
}
