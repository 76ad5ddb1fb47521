import { EXIT, type ExitCode } from '../exit.js';
import { type Finding, findingLine } from '../finding.js';
import type { Output } from '../output.js';
import type { Target } from '../target.js';

export async function doctor(
  { counters }: Target,
  { strict, claim }: { strict: boolean; claim: boolean },
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const findings: Finding[] = [];
  for await (const finding of counters.doctor({ claim, signal })) {
    findings.push(finding);
    output.line(findingLine(finding));
  }
  const exit = exitOf(findings, strict);
  output.data({
    sound: exit === EXIT.sound,
    findings: findings.map(({ status, code, what, why, remedy, sequences }) => ({
      status,
      code,
      what,
      why: why ?? null,
      remedy: remedy ?? null,
      sequences: sequences ?? [],
    })),
  });
  return exit;
}

function exitOf(findings: readonly Finding[], strict: boolean): ExitCode {
  if (findings.some(({ unreachable }) => unreachable)) return EXIT.unreachable;
  const bad = strict ? /^(error|warning)$/ : /^error$/;
  return findings.some(({ status }) => bad.test(status)) ? EXIT.trouble : EXIT.sound;
}
