/** What `doctor` found. `not checked`: it could not be read, which is not trouble. */
export type FindingStatus = 'ok' | 'warning' | 'error' | 'not checked';

/** Every fact that `doctor` can state, for scripts. The documentation lists them; they do not change. */
export const FINDING_CODES = {
  REACHABLE: 'whether the server answers',
  CERTIFICATE: "whether the server's certificate is trusted",
  CREDENTIALS: 'whether the server accepts the credentials',
  PLAIN_TEXT: 'whether credentials travel unencrypted',
  VERSION: 'the version of the server',
  SECURITY: 'whether the server asks who somebody is',
  PRIVILEGE_MISSING: 'the privileges an application needs',
  PRIVILEGE_UNNEEDED: 'privileges an application does not need',
  ALIAS: 'whether the alias stands for one index',
  UNSAFE_INDEX: 'settings and mapping that the promise depends on',
  READ_ONLY: 'blocks on the index',
  HISTORY: 'whether a restore would be noticed',
  COPIES: 'whether the loss of one node loses the counters',
  DISK: 'disk space where the counters are',
  CLAIM_TIME: 'how long a claim takes',
  FOLDER: 'whether the folder of a file store can keep the promise',
  COUNTER_CORRUPT: 'counters whose value is not an id',
  COUNTER_IDENTITY: 'counters that were restored or copied',
  COUNTER_UNSTAMPED: 'counters without a history stamp',
} as const;

export type FindingCode = keyof typeof FINDING_CODES;

export interface Finding {
  status: FindingStatus;
  code: FindingCode;
  /** What is so. */
  what: string;
  /** Why it matters. */
  why?: string | undefined;
  /** What to do. */
  remedy?: string | undefined;
  /** The sequences concerned. */
  sequences?: string[] | undefined;
  /** Nothing further could be looked at. */
  unreachable?: boolean | undefined;
}

/** One line. */
export function findingLine({ status, code, what, why, remedy }: Finding): string {
  const text = [what, why, remedy].filter((part) => part !== undefined).join(' ');
  return `${status.padEnd(11)}  ${code.padEnd(18)}  ${text}`;
}

export const ok = (code: FindingCode, what: string): Finding => ({ status: 'ok', code, what });

export const notChecked = (code: FindingCode, what: string, remedy?: string): Finding => ({
  status: 'not checked',
  code,
  what,
  remedy,
});
