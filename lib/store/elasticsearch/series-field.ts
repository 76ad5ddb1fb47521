/** The field of a record. Neither searched nor sorted by, so a record may be longer than a term of the index. */
export const SERIES_FIELD = { type: 'keyword', index: false, doc_values: false };
