/** The live block as lines of text. Pure: no terminal, no clock. */
import { createColors } from 'picocolors';
import { formatDuration } from '../../report/duration-text.js';
import { formatCost, formatEta } from '../../report/outlook-lines.js';
import { formatDelta, formatScore } from '../../report/number-text.js';
import type { ProgressView } from './progress-view.js';

export interface RenderStyle {
  readonly columns: number;
  readonly color: boolean;
}

const barCells = 16;

/** A few lines, none wider than the terminal. */
export function renderProgress(view: ProgressView, { columns, color }: RenderStyle): string[] {
  const colors = createColors(color);
  const share = view.maxTrials === 0 ? 1 : view.ended / view.maxTrials;
  const end = formatEta(view.outlook);
  const eta = end === undefined ? '' : `  ETA ${end}`;
  const head = [
    view.sweep,
    view.state,
    `${view.ended}/${view.maxTrials} trials`,
    `${renderBar(share)} ${Math.floor(share * 100)}%`,
    formatDuration(view.elapsedSeconds) + eta,
  ].join('  ');
  const lines = [
    head,
    renderBest(view),
    ...renderCost(view),
    ...renderRunning(view, columns),
    ...renderCounts(view),
  ];
  const fitted = lines.map((line) => cut(line, columns));
  // Cut first, colour then: escape codes have no width.
  return fitted.map((line, index) => {
    if (index === 0) return colors.bold(line);
    return line.startsWith(' failed') ? colors.yellow(line) : line;
  });
}

function renderBest({ best, bestParent }: ProgressView): string {
  const parent =
    bestParent === undefined
      ? ''
      : `${bestParent.label ?? bestParent.trial} ${formatScore(bestParent.fitness)}`;
  if (best === undefined) return parent === '' ? ' best  –' : ` best  –   best parent ${parent}`;
  const lead =
    bestParent === undefined
      ? ''
      : `   vs best parent ${formatDelta((best.fitness ?? 0) - (bestParent.fitness ?? 0))} (${parent})`;
  return ` best  #${best.trial}  ${formatScore(best.fitness)}${lead}`;
}

/** Where there is a price or a cap: without, only `status` says it. */
function renderCost({ outlook }: ProgressView): string[] {
  const { usd, capGpuHours } = outlook.cost;
  return usd === undefined && capGpuHours === undefined ? [] : [` cost  ${formatCost(outlook)}`];
}

/** As many trials a line as fit; those that no node has taken up yet are only counted. Then the pool's free slots. */
function renderRunning({ running, slots }: ProgressView, columns: number): string[] {
  const nodes = new Set(running.flatMap(({ progress }) => progress?.node ?? []));
  const hasNodes = nodes.size > 1;
  const cells = running.flatMap(({ trial, progress }) => {
    if (progress === undefined) return [];
    const label = trial.label === undefined ? '' : ` ${trial.label}`;
    const { stage, percent, node, slot } = progress;
    const where = [hasNodes ? node : undefined, slot].filter((name) => name !== undefined);
    const at = where.length === 0 ? '' : ` @${where.join('/')}`;
    return [` #${trial.trial}${label} ${stage} ${Math.floor(percent)}%${at}`];
  });
  const waiting = running.length - cells.length;
  if (waiting > 0) cells.push(` ${waiting} waiting`);
  if (slots !== undefined) cells.push(` ${slots.free} of ${slots.total} slots free`);
  const lines: string[] = [];
  for (const cell of cells) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + cell.length + 2 <= columns)
      lines[lines.length - 1] = `${last}  ${cell}`;
    else lines.push(cell);
  }
  return lines;
}

function renderCounts({ baselines, confirms, failed, latest }: ProgressView): string[] {
  const parts: string[] = [];
  if (baselines.ended < baselines.known)
    parts.push(`baselines ${baselines.ended}/${baselines.known}`);
  if (confirms.known > 0) parts.push(`confirm ${confirms.ended}/${confirms.known}`);
  const lines = parts.length === 0 ? [] : [` ${parts.join(' · ')}`];
  if (failed.length > 0) {
    const shown = failed
      .slice(-3)
      .map((row) => `#${row.trial} ${row.failure?.class ?? 'unknown'}`)
      .join(', ');
    lines.push(` failed ${failed.length} (${shown})`);
  }
  if (latest !== undefined) lines.push(` ${latest}`);
  return lines;
}

function renderBar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * barCells);
  return `▕${'█'.repeat(full)}${' '.repeat(barCells - full)}▏`;
}

const cut = (line: string, columns: number): string =>
  line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
