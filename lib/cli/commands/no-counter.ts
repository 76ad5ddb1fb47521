import { CliError, EXIT } from '../exit.js';

export function noCounter(name: string, place: string): CliError {
  return new CliError('NO_COUNTER', `There is no sequence "${name}" in ${place}.`, EXIT.trouble);
}
