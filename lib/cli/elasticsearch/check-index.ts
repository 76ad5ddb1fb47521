import { UnsafeIndexError } from '../../common/sequence-error.js';
import { findIndex } from '../../store/elasticsearch/counter-index.js';
import { HistoryReader } from '../../store/elasticsearch/history-reader.js';
import { refusal } from '../../store/elasticsearch/error-answer.js';
import { field, isRecord } from '../../store/elasticsearch/values.js';
import { type Finding, notChecked, ok } from '../finding.js';
import type { Patient } from './patient.js';
import { look } from './look.js';

export interface IndexUnderTest {
  name: string;
  settings: unknown;
}

/** The same check as at the start of an application. Undefined index: there is none, or several. */
export async function checkIndex({
  client,
  alias,
  signal,
}: Patient): Promise<{ findings: Finding[]; index: IndexUnderTest | undefined; missing?: boolean }> {
  const path = `/${encodeURIComponent(alias)}`;
  const answer = await look(client, path, signal, { flat_settings: true });
  if (!answer.ok) {
    const { status, type } = answer.error;
    if (status === 404 && type === 'index_not_found_exception')
      return { findings: [missing(alias)], index: undefined, missing: true };
    if (status !== 403) throw refusal('read the settings of the index', answer);
    const finding = notChecked(
      'ALIAS',
      'The settings of the index cannot be read, see the privileges below.',
      'Grant view_index_metadata.',
    );
    return { findings: [finding], index: undefined };
  }
  const found = Object.entries(answer.body);
  const [only] = found;
  const index =
    only && found.length === 1 ? { name: only[0], settings: field(only[1], 'settings') } : undefined;
  const findings: Finding[] = [];
  if (index !== undefined && index.name !== alias) {
    findings.push(ok('ALIAS', `The alias ${alias} stands for the index ${index.name}.`));
  }
  try {
    const { warnings = [] } = (await findIndex(client, alias, { signal })) ?? {};
    for (const what of warnings) findings.push({ ...unsafe(what), status: 'warning' });
    findings.push(ok('UNSAFE_INDEX', 'Settings and mapping keep what the promise depends on.'));
  } catch (error) {
    if (!(error instanceof UnsafeIndexError)) throw error;
    for (const what of error.findings) findings.push(unsafe(what));
  }
  return { findings, index };
}

function missing(alias: string): Finding {
  return {
    status: 'error',
    code: 'ALIAS',
    what: `There is no alias ${alias}.`,
    why: 'Where counters existed they are lost, and an application without create: "never" starts again at 1.',
    remedy:
      'New here: create it with create-index. Lost: restore the index, then fence every sequence. Or check --index.',
  };
}

/** The library's own words, which say why and what to do. */
function unsafe(what: string): Finding {
  const code = /^(the alias stands|it is an index|the alias )/.test(what) ? 'ALIAS' : 'UNSAFE_INDEX';
  return { status: 'error', code, what: `${what.charAt(0).toUpperCase()}${what.slice(1)}.` };
}

export function checkReadOnly({ name, settings }: IndexUnderTest): Finding {
  const blocks = ['read_only', 'read_only_allow_delete', 'write', 'metadata', 'read', 'search_only']
    .map((block) => `index.blocks.${block}`)
    .filter((block) => String(field(settings, block)) === 'true');
  if (blocks.length === 0) return ok('READ_ONLY', 'No block keeps claims from being written.');
  const flood = blocks.includes('index.blocks.read_only_allow_delete');
  return {
    status: 'error',
    code: 'READ_ONLY',
    what: `The index ${name} is blocked by ${blocks.join(' and ')}.`,
    why: 'No id can be claimed.',
    remedy: flood
      ? 'Free disk space: the server sets this block when a disk is nearly full, and removes it by itself.'
      : 'Set it to false.',
  };
}

export async function checkHistory(
  { client, signal }: Patient,
  { name }: IndexUnderTest,
): Promise<Finding[]> {
  const history = await new HistoryReader(client).read(name, { signal });
  if (history !== null) return [ok('HISTORY', 'The history of the index can be read: a restore is noticed.')];
  return [
    {
      status: 'warning',
      code: 'HISTORY',
      what: 'The history of the index cannot be read.',
      why: 'A restore from a snapshot can go unnoticed, and ids be handed out twice.',
      remedy:
        'Grant monitor on the index. On serverless it cannot be had: fence every sequence after a restore.',
    },
  ];
}

/** Started copies, from statistics that need no privilege on the cluster. */
export async function checkCopies({ client, signal }: Patient, { name }: IndexUnderTest): Promise<Finding[]> {
  const answer = await look(client, `/${encodeURIComponent(name)}/_stats/docs`, signal);
  if (!answer.ok)
    return [
      notChecked('COPIES', 'The copies of the index cannot be counted.', 'Grant monitor on the index.'),
    ];
  const shards = isRecord(answer.body['_shards']) ? answer.body['_shards'] : {};
  const [total, started] = [Number(shards['total']), Number(shards['successful'])];
  if (!Number.isFinite(total) || !Number.isFinite(started)) {
    return [notChecked('COPIES', 'The server does not say how many copies the index has.')];
  }
  if (started < total) {
    return [
      {
        status: 'warning',
        code: 'COPIES',
        what: `Of ${total} copies of the index ${started} ${started === 1 ? 'is' : 'are'} there (yellow).`,
        why: 'With each node that is lost one copy fewer remains; with the last one the counters are lost.',
        remedy: 'Add the nodes that are missing, or lower the number of replicas to what there is room for.',
      },
    ];
  }
  if (total === 1) {
    return [
      {
        status: 'warning',
        code: 'COPIES',
        what: 'The index has one copy and no replica.',
        why: 'If the disk of its node is lost, all counters are lost.',
        remedy: 'Run a second data node; index.auto_expand_replicas then makes a replica by itself.',
      },
    ];
  }
  return [ok('COPIES', `All ${total} copies of the index are there.`)];
}
