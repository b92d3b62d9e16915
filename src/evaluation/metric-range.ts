/** Ranges of lm-eval's metrics by the name before the comma; inclusive. */
const ranges: readonly {
  readonly names: readonly string[];
  readonly min: number;
  readonly max: number;
}[] = [
  {
    names: ['acc', 'acc_norm', 'acc_bytes', 'acc_mutual_info', 'acc_all', 'exact_match'],
    min: 0,
    max: 1,
  },
  { names: ['f1', 'exact', 'em', 'bleu', 'chrf', 'rouge1', 'rouge2', 'rougeL'], min: 0, max: 100 },
  { names: ['brier_score'], min: 0, max: 2 },
  { names: ['mcc'], min: -1, max: 1 },
  { names: ['perplexity', 'word_perplexity', 'byte_perplexity'], min: 0, max: 1e100 },
  { names: ['bits_per_byte'], min: 0, max: 1e6 },
];
// Beyond this a metric that isn't known here is an overflow, not a score.
const unknown = { min: -1e100, max: 1e100 };

/** What a value of this metric (full key, e.g. `acc,none`) may be. */
export function metricRange(metric: string): { readonly min: number; readonly max: number } {
  const name = metric.split(',', 1)[0] ?? metric;
  return ranges.find(({ names }) => names.includes(name)) ?? unknown;
}
