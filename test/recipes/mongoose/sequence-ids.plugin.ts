import type { HydratedDocument, Schema } from 'mongoose';
import type { Sequence } from 'nestjs-essequence';

/** Gives new documents an integer `_id`: those of `save()` and `create()` one by one, those of `insertMany()` at once. */
export function sequenceIds(schema: Schema, { ids }: { ids: Sequence }): void {
  schema.pre('save', async function (this: HydratedDocument<{ _id: number }>) {
    if (this.isNew) this._id ??= await ids.next();
  });

  schema.pre('insertMany', async function (documents: { _id?: number }[]) {
    const empty = documents.filter(({ _id }) => _id === undefined);
    if (empty.length === 0) return;
    const drawn = await ids.take(empty.length);
    for (const [row, document] of empty.entries()) document._id = drawn[row]!;
  });
}
