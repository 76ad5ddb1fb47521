import { connect } from 'node:tls';
import { connectionFailure, isCertificateFailure } from '../connection-failure.js';
import { SequenceError } from '../../common/sequence-error.js';
import type { Answer } from '../../store/elasticsearch/request.js';
import { field } from '../../store/elasticsearch/values.js';
import { type Finding, ok } from '../finding.js';
import type { Patient } from './patient.js';
import { look } from './look.js';

const LOOPBACK = /^(localhost|127\..*|\[::1\])$/;

/** Whether the server can be asked at all. `root`: what it says of itself, where it says so. */
export async function checkReachable(
  patient: Patient,
): Promise<{ findings: Finding[]; goOn: boolean; root?: Answer }> {
  const { client, url, signal } = patient;
  const where = url?.origin ?? "the application's node";
  const began = performance.now();
  let root: Answer;
  try {
    root = await look(client, '/', signal);
  } catch (error) {
    if (!(error instanceof SequenceError)) throw error;
    return { findings: [await unreachable(patient, where, error)], goOn: false };
  }
  const took = Math.ceil(performance.now() - began);
  if (!root.ok && root.error.status === 401) {
    const finding: Finding = {
      status: 'error',
      code: 'CREDENTIALS',
      what: `The server at ${where} does not accept the credentials (401).`,
      why: 'Every claim would be refused.',
      remedy: 'Check the user and password, or the API key, and that it has not expired.',
    };
    return { findings: [finding], goOn: false };
  }
  return { findings: [ok('REACHABLE', `The server at ${where} answers in ${took} ms.`)], goOn: true, root };
}

async function unreachable({ url, ca }: Patient, where: string, error: SequenceError): Promise<Finding> {
  const failure = connectionFailure(error.cause);
  if (isCertificateFailure(failure)) {
    return {
      status: 'error',
      code: 'CERTIFICATE',
      what: `The certificate of ${where} is not trusted (${failure.reason})${await shownCertificate(url)}.`,
      why: 'Somebody else may be answering, and would get the password.',
      remedy:
        ca === undefined
          ? 'Set ESSEQUENCE_CA to the file of the authority that signed it; in the application set tls.ca of the client.'
          : 'ESSEQUENCE_CA names another authority than the one that signed it, or the host name is not in it.',
      unreachable: true,
    };
  }
  return {
    status: 'error',
    code: 'REACHABLE',
    what: `The server at ${where} does not answer (${failure.reason || error.message}).`,
    why: 'Cached ids are handed out until they are used up; then calls fail.',
    remedy: 'Check that it runs, its address, and what lies between.',
    unreachable: true,
  };
}

/** Looks at the certificate without sending anything else. */
async function shownCertificate(url: URL | undefined): Promise<string> {
  if (url?.protocol !== 'https:') return '';
  return new Promise((resolve) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const socket = connect({
      host,
      port: Number(url.port || 443),
      rejectUnauthorized: false,
      timeout: 2_000,
    });
    const end = (text: string) => {
      socket.destroy();
      resolve(text);
    };
    socket.once('secureConnect', () => {
      const { subject, issuer, fingerprint256 } = socket.getPeerCertificate();
      const name = (of: unknown) => String(field(of, 'CN') ?? field(of, 'O') ?? 'unnamed');
      end(`: subject ${name(subject)}, issuer ${name(issuer)}, SHA-256 ${fingerprint256}`);
    });
    socket.once('error', () => end(''));
    socket.once('timeout', () => end(''));
  });
}

export async function checkSecurity({ client, url, signal }: Patient): Promise<Finding[]> {
  const answer = await look(client, '/_security/_authenticate', signal);
  const who = answer.ok ? answer.body['username'] : await openSearchUser({ client, signal } as Patient);
  if (who === undefined) {
    return [
      {
        status: 'warning',
        code: 'SECURITY',
        what: 'The server asks nobody who they are.',
        why: 'Everybody who reaches it can delete or lower counters.',
        remedy: 'Switch security on, and give the application a role with the documented privileges.',
      },
    ];
  }
  const findings = [ok('SECURITY', `Security is on; this is user ${JSON.stringify(who)}.`)];
  if (url?.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    findings.push({
      status: 'warning',
      code: 'PLAIN_TEXT',
      what: 'The credentials travel unencrypted.',
      why: 'Everybody on the way can read them.',
      remedy: 'Use https.',
    });
  }
  return findings;
}

async function openSearchUser({ client, signal }: Patient): Promise<unknown> {
  const answer = await look(client, '/_plugins/_security/authinfo', signal);
  return answer.ok ? answer.body['user_name'] : undefined;
}
