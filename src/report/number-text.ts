/** Numbers as people read them in tables. */

/** A score with four decimals, as in `0.9213`; larger ones (perplexities) with five digits. */
export function formatScore(value: number | undefined): string {
  if (value === undefined) return '–';
  return Math.abs(value) < 10 ? value.toFixed(4) : value.toPrecision(5);
}

/** A score with its standard error where there is one, as in `0.9213 ± 0.0095`. */
export function formatScoreWithError(value: number | undefined, stderr?: number): string {
  if (value === undefined || stderr === undefined) return formatScore(value);
  return `${formatScore(value)} ± ${formatScore(stderr)}`;
}

/** A difference with its sign, as in `+0.0312`, `−0.0070`. */
export function formatDelta(value: number | undefined): string {
  if (value === undefined) return '–';
  const text = formatScore(Math.abs(value));
  // A rounded-away difference has no sign.
  if (Number(text) === 0) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}

/** A difference with its standard error where there is one, as in `+0.0312 ± 0.0140`. */
export function formatDeltaWithError(value: number, stderr: number | undefined): string {
  return stderr === undefined
    ? formatDelta(value)
    : `${formatDelta(value)} ± ${formatScore(stderr)}`;
}

/** A p-value, as in `0.034`, `<0.001`. */
export function formatPValue(value: number): string {
  return value < 0.001 ? '<0.001' : value.toFixed(3);
}
