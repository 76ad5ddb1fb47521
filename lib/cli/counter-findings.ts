import { type Finding, type FindingCode, ok } from './finding.js';
import type { CounterReport } from './target.js';

/** How many names a line shows. */
const SHOWN = 10;

/** What to say of the counters with one kind of trouble. */
export interface TroubleText {
  status: 'error' | 'warning';
  /** As it goes on after `2 of 10 counters`. */
  what: string;
  why: string;
  remedy: string;
}

/** One finding for each kind of trouble. `fine`: what to say where there is no trouble. */
export function counterFindings(
  counters: readonly CounterReport[],
  troubles: Partial<Record<FindingCode, TroubleText>>,
  fine: string,
): Finding[] {
  const findings = Object.entries(troubles).flatMap(([code, { status, what, why, remedy }]): Finding[] => {
    const found = counters.filter(({ trouble }) => trouble?.code === code);
    if (found.length === 0) return [];
    const sequences = found.map(({ name }) => name);
    return [
      {
        status,
        code: code as FindingCode,
        what: `${found.length} of ${counters.length} counters ${what}: ${shown(found)}.`,
        why,
        remedy,
        sequences,
      },
    ];
  });
  return findings.length > 0
    ? findings
    : [ok('COUNTER_IDENTITY', `Counters looked at: ${counters.length}. They all ${fine}.`)];
}

function shown(found: readonly CounterReport[]): string {
  const names = found.slice(0, SHOWN).map(({ name }) => name);
  return found.length > SHOWN ? `${names.join(', ')} and ${found.length - SHOWN} more` : names.join(', ');
}
