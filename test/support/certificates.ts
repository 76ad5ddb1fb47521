import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificates {
  /** PEM of the authority. */
  ca: string;
  /** Files of the server: its key, and its certificate for 127.0.0.1 and localhost. */
  key: string;
  certificate: string;
}

/** An authority and a server certificate that it signed, written into the folder by `openssl`. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) =>
    run('openssl', args, { cwd: folder }).catch((cause: unknown) => {
      throw new Error('Certificates for a test are made by `openssl`: install it', { cause });
    });
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=Essequence test authority',
  );
  await openssl(
    'req',
    ...key,
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
    '-subj',
    '/CN=essequence-test-server',
  );
  await writeFile(file('server.ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const signing = [
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    'server.ext',
  ];
  await openssl('x509', '-req', '-in', 'server.csr', ...signing, '-out', 'server.pem');
  return {
    ca: await readFile(file('ca.pem'), 'utf8'),
    key: file('server.key'),
    certificate: file('server.pem'),
  };
}
