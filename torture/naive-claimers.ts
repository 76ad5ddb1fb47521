import { ask } from './torture-cluster.js';

/**
 * Ways to claim blocks that look right. Each lacks one guard of this library and is used by a negative control, which
 * must find duplicates; nothing else may use them.
 */

export interface Seen {
  iid: number;
  epoch: string | undefined;
  seqNo: number;
  primaryTerm: number;
}

interface Answer {
  found?: boolean;
  result?: string;
  status?: number;
  get?: { _source: { iid: number } };
  _source?: { iid: number; epoch?: string };
  _seq_no?: number;
  _primary_term?: number;
}

const DOCUMENT = 'orders';

export async function read(url: string, index: string): Promise<Seen | undefined> {
  const answer = await ask<Answer>(url, 'GET', `/${index}/_doc/${DOCUMENT}`);
  if (answer?._source === undefined) return undefined;
  const { _source: source, _seq_no: seqNo = -1, _primary_term: primaryTerm = -1 } = answer;
  return { iid: source.iid, epoch: source.epoch, seqNo, primaryTerm };
}

/** Writes the whole document if it is still as it was seen. */
export async function put(
  url: string,
  index: string,
  seen: Pick<Seen, 'seqNo' | 'primaryTerm'> | undefined,
  document: { iid: number; epoch?: string | undefined },
): Promise<Seen | undefined> {
  const condition =
    seen === undefined ? 'op_type=create' : `if_seq_no=${seen.seqNo}&if_primary_term=${seen.primaryTerm}`;
  const answer = await ask<Answer>(url, 'PUT', `/${index}/_doc/${DOCUMENT}?${condition}`, document);
  if (answer?.result !== 'created' && answer?.result !== 'updated') return undefined;
  return {
    iid: document.iid,
    epoch: document.epoch,
    seqNo: answer._seq_no ?? -1,
    primaryTerm: answer._primary_term ?? -1,
  };
}

/** Lacks require_alias, and creates whatever is missing: a lost index starts again at 1. Its last id. */
export async function claimOrCreate(url: string, index: string, count: number): Promise<number> {
  for (;;) {
    const seen = await read(url, index);
    const claimed = await put(url, index, seen, { iid: (seen?.iid ?? 0) + count, epoch: seen?.epoch });
    if (claimed !== undefined) return claimed.iid;
  }
}

/** Lacks the guards on numbers: adds as whatever type the numbers happen to have. Its last id. */
export async function claimByPlainScript(url: string, index: string, count: number): Promise<number> {
  const script = { lang: 'painless', source: 'ctx._source.iid += params.count', params: { count } };
  const answer = await ask<Answer>(url, 'POST', `/${index}/_update/${DOCUMENT}?_source=true`, { script });
  if (answer?.get === undefined) throw new Error(`No claim: ${JSON.stringify(answer)}`);
  return answer.get._source.iid;
}

/** Interprets what it can not know: after no answer it looks whether the value is the one it would have written. */
export async function claimOrAdopt(
  url: string,
  index: string,
  count: number,
  send: (write: () => Promise<Seen | undefined>) => Promise<Seen | undefined>,
): Promise<number | undefined> {
  const seen = await read(url, index);
  if (seen === undefined) return undefined;
  const iid = seen.iid + count;
  const answer = await send(() => put(url, index, seen, { iid, epoch: seen.epoch }));
  if (answer !== undefined) return iid;
  return (await read(url, index))?.iid === iid ? iid : undefined;
}

/** Gives the unused tail back on a clean end, with every care but one: others were promised that it is used. */
export async function handBack(url: string, index: string, last: number, used: number): Promise<boolean> {
  const seen = await read(url, index);
  if (seen?.iid !== last) return false;
  return (await put(url, index, seen, { iid: used, epoch: seen.epoch })) !== undefined;
}

/** Raises the counter for imported rows; leaves it where it is above already. */
export async function ensureAtLeast(url: string, index: string, id: number): Promise<void> {
  const seen = await read(url, index);
  if (seen !== undefined && seen.iid < id) await put(url, index, seen, { iid: id, epoch: seen.epoch });
}

/** Claims through an alias and compares the epoch, not the index: a copy has the same epoch. Its last id. */
export async function claimByEpoch(
  url: string,
  alias: string,
  count: number,
  epoch: string,
): Promise<number | undefined> {
  const seen = await read(url, alias);
  if (seen?.epoch !== epoch) return undefined;
  return (await put(url, alias, seen, { iid: seen.iid + count, epoch }))?.iid;
}

/** A process that is copied with the ids it has cached. */
export class ClonedCache {
  constructor(
    private next: number,
    private readonly last: number,
  ) {}

  draw(): number | undefined {
    return this.next <= this.last ? this.next++ : undefined;
  }

  clone(): ClonedCache {
    return new ClonedCache(this.next, this.last);
  }
}
