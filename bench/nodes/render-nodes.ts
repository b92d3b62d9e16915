/** Tables and lines for people. */
import type { CellSummary } from './compare-cell.js';
import type { KillSummary } from './kill-run.js';
import type { KillCost } from './kills.js';
import type { GapReport } from './timeline.js';

export function renderCells(cells: readonly CellSummary[]): string {
  const head =
    '| slots | σ | busy | once full | wall s | times alone s | barrier, full | barrier, λ | Optuna CMA | Optuna TPE | best of five: ours, barrier, CMA, TPE |\n' +
    '| ---: | ---: | ---: | ---: | ---: | ---: | --- | --- | ---: | ---: | --- |';
  const ratio = (value: number | undefined): string => value?.toFixed(2) ?? '–';
  const score = (value: number | undefined): string => value?.toFixed(3) ?? '–';
  const rows = cells.map((cell) => {
    const { speedup, drawnSpeedup: drawn, best } = cell;
    const { mergesweep, barrier, optunaCma, optunaTpe } = best.ofFive;
    const scores = [mergesweep, barrier, optunaCma, optunaTpe];
    return [
      ...[cell.slots, cell.spread, `${(100 * cell.busyShare).toFixed(1)} %`],
      `${(100 * cell.steadyShare).toFixed(1)} %`,
      ...[cell.wallSeconds.toFixed(0), cell.idealSeconds.toFixed(0)],
      `${ratio(speedup.barrier)} (drawn ${ratio(drawn.barrier)})`,
      `drawn ${ratio(drawn.barrierPlain)}`,
      ...[ratio(speedup.optunaCma), ratio(speedup.optunaTpe)],
      scores.map(score).join(', '),
    ].join(' | ');
  });
  return [head, ...rows.map((row) => `| ${row} |`)].join('\n');
}

export function renderGaps({
  count,
  medianSeconds,
  p90Seconds,
  maxSeconds,
  idle,
}: GapReport): string {
  const ms = (seconds: number): string => (1000 * seconds).toFixed(0);
  const parts = Object.entries(idle).map(
    ([name, seconds]) => `${name} ${(seconds as number).toFixed(1)}`,
  );
  return (
    `  ${count} gaps: median ${ms(medianSeconds)} ms, p90 ${ms(p90Seconds)}, max ${ms(maxSeconds)}; ` +
    `slot-seconds empty for want of ${parts.join(', ')}`
  );
}

export function renderCost(summary: KillSummary, cost: KillCost): string {
  const { overhead, allowed, allowedWithStarts } = summary;
  const seconds = (value: number): string => value.toFixed(0);
  return (
    `  ${cost.deaths} deaths: ${overhead.toFixed(2)} × the wall clock in peace; allowed ${allowed.toFixed(2)}, ` +
    `with the nodes' starts ${allowedWithStarts.toFixed(2)} (slot-seconds: lost ${seconds(cost.lostWork)}, ` +
    `down ${seconds(cost.downtime)}, starts ${seconds(cost.restarts)}, detection ${seconds(cost.detection)})`
  );
}
