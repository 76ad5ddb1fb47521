/** How the command line ends. Scripts rely on these numbers. */
export const EXIT = {
  /** All is well, or what was asked is done. */
  sound: 0,
  /** Trouble was found, something is missing, or the store or the user refused. */
  trouble: 1,
  /** The command was not understood. Nothing was sent. */
  usage: 2,
  /** The store gave no answer. */
  unreachable: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What the command line itself has to say, beside the errors of the library. The codes are stable. */
export type CliErrorCode =
  'USAGE' | 'NOT_CONFIRMED' | 'NO_COUNTER' | 'UNSUPPORTED' | 'UNREACHABLE' | 'PARTLY_FAILED';

export class CliError extends Error {
  constructor(
    readonly code: CliErrorCode,
    message: string,
    readonly exit: ExitCode,
  ) {
    super(message);
    this.name = 'CliError';
  }
}

/** Wrong usage: said before anything is sent. */
export function usage(message: string): CliError {
  return new CliError('USAGE', message, EXIT.usage);
}
