/** What the recorded programs say, in the order of the trace: what they were told is done. */
export type Mark =
  /** A transaction returned, or the ledger was opened: all rows are as this digest says. */
  | { readonly kind: 'rows'; readonly digest: string }
  /** The activity returned: what it wrote is under its name. */
  | { readonly kind: 'files' }
  /** A node returned a result of its work. */
  | { readonly kind: 'result'; readonly inputsHash: string; readonly result: string };

export const formatMark = (mark: Mark): string => JSON.stringify(mark);
export const parseMark = (text: string): Mark => JSON.parse(text) as Mark;
