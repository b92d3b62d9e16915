/** Cost and end of a sweep in words, for `status` and for the live block of `run`. */
import { formatUsd } from '../budget/caps.js';
import { foresee, type Outlook, type OutlookQuestion } from '../budget/outlook.js';
import type { Staleness } from '../budget/staleness.js';
import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import { bindingText } from '../spec/pinned-spec.js';
import type { SweepRow, TrialRow } from '../store/rows.js';
import { formatDuration } from './duration-text.js';

/** The outlook of a sweep as the ledger holds it. */
export function outlookOf(
  sweep: SweepRow,
  trials: readonly TrialRow[],
  rest: Pick<OutlookQuestion, 'atMs' | 'openGpuSeconds'>,
): Outlook {
  const parsed = parseSweepSpec(bindingText(sweep), sweep.specPath);
  return foresee({ ...rest, sweep, trials, ...(parsed.ok && { file: parsed.spec.file }) });
}

/** `$24.30 of $80, about $41 at the end; 8.1 GPU-hours` */
export function formatCost({ cost }: Outlook): string {
  const { gpuHours, capGpuHours, projectedGpuHours, usd, capUsd, projectedUsd } = cost;
  const hours =
    `${formatHours(gpuHours)}${capGpuHours === undefined ? '' : ` of ${formatHours(capGpuHours)}`} GPU-hours` +
    (projectedGpuHours === undefined || projectedGpuHours <= gpuHours
      ? ''
      : `, about ${formatHours(projectedGpuHours)} at the end`);
  if (usd === undefined) return hours;
  const money =
    `${formatUsd(usd)}${capUsd === undefined ? '' : ` of ${formatUsd(capUsd)}`}` +
    (projectedUsd === undefined || projectedUsd <= usd
      ? ''
      : `, about ${formatUsd(projectedUsd)} at the end`);
  return `${money}; ${hours}`;
}

/** `2h45m ± 9m00s`; one that is not measured yet says so. Undefined where there is none. */
export function formatEta({ eta }: Outlook): string | undefined {
  if (eta === undefined) return undefined;
  const text = `${formatDuration(eta.seconds)} ± ${formatDuration(eta.plusMinus)}`;
  return eta.source === 'measured' ? text : `${text} (from the ${eta.source})`;
}

/** `each candidate missed 3.2 results on average (at most 7); 12 % of them for prefetching` */
export function formatStaleness({ mean, max, prefetched, prefetchShare }: Staleness): string {
  const share =
    prefetched === 0 ? '' : `; ${Math.round(100 * prefetchShare)} % of them for prefetching`;
  return `each candidate was proposed ${mean.toFixed(1)} results early (at most ${max})${share}`;
}

/** `status` shows them in its column of names. */
export function outlookLines(
  outlook: Outlook,
  staleness: Staleness | undefined,
): { readonly name: string; readonly text: string }[] {
  const eta = formatEta(outlook);
  const hasCost = outlook.cost.gpuHours > 0 || outlook.cost.projectedGpuHours !== undefined;
  return [
    ...(hasCost ? [{ name: 'cost', text: formatCost(outlook) }] : []),
    ...(eta === undefined ? [] : [{ name: 'ETA', text: eta }]),
    ...(staleness === undefined || staleness.max === 0
      ? []
      : [{ name: 'no barrier', text: formatStaleness(staleness) }]),
  ];
}

/** Two digits that matter, as `0.0042`, `0.31`, `8.1`, `120`. */
function formatHours(hours: number): string {
  if (hours >= 100) return hours.toFixed(0);
  return String(Number(hours.toPrecision(hours >= 10 ? 3 : 2)));
}
