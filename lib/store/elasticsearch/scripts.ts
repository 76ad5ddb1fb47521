/**
 * The text is constant, all values are parameters, so it is compiled once. It widens to long before it adds: a plain
 * `+=` wraps at 2^31 with HTTP 200 (7.10.2), and `Math.max` is double-only in Painless. `pinned` beside `epoch` keeps
 * "not pinned yet" apart from "pinned to a counter without epoch". Whatever is not sound leaves the document untouched.
 */
export const CLAIM_SCRIPT = `
def value = ctx._source.iid;
boolean sound = (value instanceof Integer || value instanceof Long)
  && (params.count instanceof Integer || params.count instanceof Long)
  && (!params.pinned || ctx._source.epoch == params.epoch);
if (sound) {
  long count = ((Number) params.count).longValue();
  long last = ((Number) value).longValue();
  long floor = ((Number) params.floor).longValue();
  sound = last >= 0L;
  if (last < floor) { last = floor; }
  sound = sound && count >= 1L && last <= ((Number) params.max).longValue() - count;
  if (sound) { ctx._source.iid = last + count; }
}
if (!sound) { ctx.op = 'none'; }`;

/** As {@link CLAIM_SCRIPT}; a counter that is there already is left untouched. */
export const RAISE_SCRIPT = `
def value = ctx._source.iid;
boolean sound = (value instanceof Integer || value instanceof Long)
  && (params.to instanceof Integer || params.to instanceof Long)
  && (!params.pinned || ctx._source.epoch == params.epoch);
if (sound) {
  long to = ((Number) params.to).longValue();
  long last = ((Number) value).longValue();
  sound = last >= 0L && to <= ((Number) params.max).longValue();
  if (sound && last < to) { ctx._source.iid = to; }
}
if (!sound) { ctx.op = 'none'; }`;
