import type { Answer, ElasticsearchClient } from '../../store/elasticsearch/request.js';
import { field, isRecord } from '../../store/elasticsearch/values.js';
import { type Finding, notChecked, ok } from '../finding.js';
import type { Patient } from './patient.js';
import { look } from './look.js';

const PREFIX = 'cluster.routing.allocation.disk';

/** From the worst to the mildest. */
const LEVELS = [
  {
    name: 'flood_stage',
    status: 'error',
    why: 'The server blocks the index for writes, and no id can be claimed.',
  },
  {
    name: 'high',
    status: 'warning',
    why: 'The server moves shards away; at the next mark it blocks writes.',
  },
  {
    name: 'low',
    status: 'warning',
    why: 'The server puts no further copy there, so a lost replica is not replaced.',
  },
] as const;

/** The disks of the nodes that hold the index, against the marks the cluster has set. */
export async function checkDisk({ client, signal }: Patient, index: string): Promise<Finding[]> {
  const unreadable = notChecked(
    'DISK',
    'Disk space cannot be read.',
    'It needs the cluster privilege monitor, which an application does not need.',
  );
  const settings = await look(client, '/_cluster/settings', signal, {
    include_defaults: true,
    flat_settings: true,
  });
  const stats = await look(client, '/_nodes/stats/fs', signal, {
    filter_path: 'nodes.*.name,nodes.*.fs.total',
  });
  if (!settings.ok || !stats.ok) return [unreadable];
  const setting = (name: string) => settingOf(settings.body, `${PREFIX}.${name}`);
  if (setting('threshold_enabled') === 'false') {
    return [notChecked('DISK', `${PREFIX}.threshold_enabled is false: the server watches no disk.`)];
  }
  const holders = await nodesOf(client, index, signal);
  const findings: Finding[] = [];
  for (const [id, node] of Object.entries(isRecord(stats.body['nodes']) ? stats.body['nodes'] : {})) {
    if (holders !== undefined && !holders.has(id)) continue;
    const total = Number(field(node, 'fs', 'total', 'total_in_bytes'));
    const free = Number(field(node, 'fs', 'total', 'available_in_bytes'));
    const level = LEVELS.find(
      ({ name }) =>
        free < leastFree(setting(`watermark.${name}`), setting(`watermark.${name}.max_headroom`), total),
    );
    if (level === undefined) continue;
    findings.push({
      status: level.status,
      code: 'DISK',
      what: `Node ${String(field(node, 'name'))} has ${percent(free, total)} of its disk free, less than the ${level.name} watermark ${setting(`watermark.${level.name}`)} allows.`,
      why: level.why,
      remedy: 'Free disk space on it, or add a node.',
    });
  }
  return findings.length > 0 ? findings : [ok('DISK', 'The disks of the index are below their watermarks.')];
}

function settingOf(body: unknown, name: string): string | undefined {
  for (const level of ['transient', 'persistent', 'defaults']) {
    const value = field(body, level, name);
    if (typeof value === 'string') return value;
  }
  return undefined;
}

/** Undefined: not to be had, then all nodes are looked at. */
async function nodesOf(
  client: ElasticsearchClient,
  index: string,
  signal: AbortSignal,
): Promise<Set<string> | undefined> {
  const answer: Answer = await look(client, `/${encodeURIComponent(index)}/_stats/docs`, signal, {
    level: 'shards',
    filter_path: 'indices.*.shards.*.routing.node',
  });
  const shards = answer.ok ? field(answer.body, 'indices', index, 'shards') : undefined;
  if (!isRecord(shards)) return undefined;
  const copies = Object.values(shards).flat();
  return new Set(copies.map((copy) => String(field(copy, 'routing', 'node'))));
}

/** A watermark is a share that is used (`85%`, `0.85`), or bytes that are free (`10gb`); a share asks for no more than the headroom. */
export function leastFree(
  watermark: string | undefined,
  headroom: string | undefined,
  total: number,
): number {
  if (watermark === undefined) return 0;
  const share = /^([\d.]+)%$/.exec(watermark);
  const ratio = share ? Number(share[1]) / 100 : Number(watermark);
  if (!Number.isFinite(ratio)) return bytes(watermark) ?? 0;
  const least = total * (1 - ratio);
  const most = headroom === undefined ? undefined : bytes(headroom);
  return most === undefined ? least : Math.min(least, most);
}

const UNITS = ['b', 'kb', 'mb', 'gb', 'tb', 'pb'];

/** Undefined: not a size, or `-1`, which stands for none. */
function bytes(text: string): number | undefined {
  const found = /^([\d.]+)([kmgtp]?b)$/.exec(text.toLowerCase());
  return found ? Number(found[1]) * 1024 ** UNITS.indexOf(found[2]!) : undefined;
}

function percent(free: number, total: number): string {
  return `${((100 * free) / total).toFixed(1)} %`;
}
