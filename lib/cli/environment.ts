import { readFileSync } from 'node:fs';
import { usage } from './exit.js';

/** Who the command line says it is. Taken from the environment alone: arguments stand in everybody's process list. */
export interface Credentials {
  /** The header `authorization`. Undefined: anonymous. */
  authorization: string | undefined;
  /** Certificates to trust beside the system's, as PEM. */
  ca: string | undefined;
}

/** An empty variable counts as not set. No message shows a value. */
export function credentialsFrom(environment: NodeJS.ProcessEnv): Credentials {
  const given = (name: string) => environment[`ESSEQUENCE_${name}`] || undefined;
  const [username, password, apiKey] = [given('USERNAME'), given('PASSWORD'), given('API_KEY')];
  if (apiKey !== undefined && (username !== undefined || password !== undefined)) {
    throw usage('Set either ESSEQUENCE_API_KEY, or ESSEQUENCE_USERNAME and ESSEQUENCE_PASSWORD, not both.');
  }
  if ((username === undefined) !== (password === undefined)) {
    throw usage('ESSEQUENCE_USERNAME and ESSEQUENCE_PASSWORD belong together, and one of them is not set.');
  }
  let authorization: string | undefined;
  if (apiKey !== undefined) authorization = `ApiKey ${apiKey}`;
  if (username !== undefined) {
    authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
  // A header with a line end would be refused by Node with a message that shows it.
  if (authorization !== undefined && /[^\u0020-\u007e]/.test(authorization)) {
    throw usage('ESSEQUENCE_API_KEY holds characters that cannot be part of a key, a line end for example.');
  }
  return { authorization, ca: certificates(given('CA')) };
}

function certificates(given: string | undefined): string | undefined {
  if (given === undefined || given.startsWith('-----BEGIN')) return given;
  let text: string;
  try {
    text = readFileSync(given, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw usage(`The file that ESSEQUENCE_CA names cannot be read (${code}).`);
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw usage('The file that ESSEQUENCE_CA names holds no certificate in PEM form.');
}

/** The server's address. Credentials in it would show in process lists and messages. */
export function nodeUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw usage('Expected --node to be a URL such as https://localhost:9200.');
  }
  if (url.username !== '' || url.password !== '') {
    throw usage(
      'Expected --node without credentials: set ESSEQUENCE_USERNAME and ESSEQUENCE_PASSWORD, or ESSEQUENCE_API_KEY.',
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw usage(`Expected --node to begin with http:// or https://, got ${url.protocol}//`);
  }
  return url;
}
