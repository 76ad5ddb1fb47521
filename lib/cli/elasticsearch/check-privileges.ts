import { field } from '../../store/elasticsearch/values.js';
import { type Finding, notChecked, ok } from '../finding.js';
import type { Patient } from './patient.js';
import { ask, look } from './look.js';

/** On the alias and its index, each with what fails without it. An API key's `role_descriptors` in the documentation name the same. */
export const NEEDED = {
  read: 'counters cannot be read, and servers without scripts cannot claim',
  index: 'no id can be claimed',
  view_index_metadata: 'the settings of the index cannot be verified, and no process starts to claim',
  monitor: 'the history of the index cannot be read, so a restore can go unnoticed',
} as const;

/** Only the one who creates the index needs these. */
const TO_CREATE = ['create_index', 'manage'] as const;

const UNNEEDED = ['delete', 'delete_index', 'manage', 'all'] as const;
const UNNEEDED_ON_CLUSTER = ['manage', 'all'] as const;

export async function checkPrivileges(
  { client, alias, signal }: Patient,
  index: string | undefined,
  /** Whether the index is still to be created. */
  creates: boolean,
): Promise<Finding[]> {
  const names = [alias, index ?? `${alias}-00000000`];
  const privileges = [...Object.keys(NEEDED), ...TO_CREATE, ...UNNEEDED];
  const body = { cluster: UNNEEDED_ON_CLUSTER, index: [{ names, privileges: [...new Set(privileges)] }] };
  const answer = await ask(client, '/_security/user/_has_privileges', body, signal);
  if (!answer.ok) return openSearchPrivileges({ client, signal } as Patient);
  const has = (privilege: string) =>
    names.every((name) => field(answer.body, 'index', name, privilege) === true);
  const onCluster = (privilege: string) => field(answer.body, 'cluster', privilege) === true;
  return [...missing(alias, names, has, creates), ...unneeded(has, onCluster, creates)];
}

function missing(
  alias: string,
  names: string[],
  has: (privilege: string) => boolean,
  creates: boolean,
): Finding[] {
  const findings = Object.entries(NEEDED)
    .filter(([privilege]) => !has(privilege))
    .map(([privilege, why]): Finding => ({
      status: 'error',
      code: 'PRIVILEGE_MISSING',
      what: `The privilege ${privilege} on ${names.join(' and ')} is missing.`,
      why: `${why.charAt(0).toUpperCase()}${why.slice(1)}.`,
      remedy: `Grant it on ${alias}*, which names the alias and its index.`,
    }));
  if (findings.length === 0) {
    findings.push(
      ok('PRIVILEGE_MISSING', `The privileges to claim are there: ${Object.keys(NEEDED).join(', ')}.`),
    );
  }
  const toCreate = TO_CREATE.filter((privilege) => !has(privilege));
  if (creates && toCreate.length > 0) {
    findings.push({
      status: 'warning',
      code: 'PRIVILEGE_MISSING',
      what: `To create the index ${toCreate.join(' and ')} ${toCreate.length === 1 ? 'is' : 'are'} missing.`,
      why: 'The application cannot create it at its first start.',
      remedy:
        'Create it once with create-index under an account that has them; the application needs neither.',
    });
  }
  return findings;
}

function unneeded(
  has: (privilege: string) => boolean,
  onCluster: (privilege: string) => boolean,
  creates: boolean,
): Finding[] {
  const wide = [
    ...UNNEEDED_ON_CLUSTER.filter(onCluster).map((privilege) => `${privilege} on the cluster`),
    ...UNNEEDED.filter((privilege) => has(privilege) && !(creates && privilege === 'manage')).map(
      (privilege) => `${privilege} on the index`,
    ),
  ];
  if (wide.length === 0)
    return [ok('PRIVILEGE_UNNEEDED', 'There is no privilege to delete counters or the index.')];
  return [
    {
      status: 'warning',
      code: 'PRIVILEGE_UNNEEDED',
      what: `This account may do more than an application needs: ${wide.join(', ')}.`,
      why: 'A mistake or a stolen password can delete the counters.',
      remedy:
        'Give the application a role with the documented privileges. For an operator this may be as it should be.',
    },
  ];
}

/** OpenSearch has no way to ask for one's privileges; the names of the roles are all it tells. */
async function openSearchPrivileges({ client, signal }: Patient): Promise<Finding[]> {
  const answer = await look(client, '/_plugins/_security/authinfo', signal);
  const unknown = (what: string) => [
    notChecked('PRIVILEGE_MISSING', what),
    notChecked('PRIVILEGE_UNNEEDED', what),
  ];
  if (!answer.ok) return unknown('Without security there are no privileges.');
  const roles = answer.body['roles'];
  if (Array.isArray(roles) && roles.includes('all_access')) {
    return [
      ok('PRIVILEGE_MISSING', 'The role all_access includes the privileges to claim.'),
      {
        status: 'warning',
        code: 'PRIVILEGE_UNNEEDED',
        what: 'This account has the role all_access.',
        why: 'A mistake or a stolen password can delete the counters.',
        remedy:
          'Give the application a role with the documented privileges. For an operator this may be as it should be.',
      },
    ];
  }
  return unknown('OpenSearch does not tell an account its privileges.');
}
