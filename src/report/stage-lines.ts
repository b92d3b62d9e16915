/** What each trial in flight does now, a line each. */
import { formatDuration } from './duration-text.js';
import type { RunningTrial } from './live-sweep.js';
import { toPrintableLine } from './printable.js';
import { renderList } from './table.js';

/** So many are shown; `--json` has them all. */
const shown = 16;
const widestActivity = 60;

const columns = ['left', 'left', 'right', 'left', 'right', 'left'] as const;

/** @param nameOf as tables name a trial: `#7`, `spec-rev` */
export function stageLines(
  running: readonly RunningTrial[],
  nameOf: (trial: string) => string,
): string[] {
  const taken = running.filter(({ node }) => node !== undefined);
  const waiting = running.length - taken.length;
  const rows = taken.slice(0, shown).map((trial) => toCells(trial, nameOf));
  return [
    ...renderList(columns, rows),
    ...(taken.length > shown ? [`and ${taken.length - shown} more`] : []),
    ...(waiting > 0 ? [`${waiting} ${waiting === 1 ? 'waits' : 'wait'} for a node`] : []),
  ];
}

function toCells(trial: RunningTrial, nameOf: (trial: string) => string): string[] {
  const { stage, percent, node = '', slot, seconds, activity = '' } = trial;
  return [
    nameOf(trial.trial),
    stage,
    // Waiting has no percentage.
    stage === 'queued' ? '' : `${Math.floor(percent)} %`,
    toPrintableLine(slot === undefined ? node : `${node} ${slot}`),
    formatDuration(seconds),
    toPrintableLine(activity).slice(0, widestActivity),
  ];
}
