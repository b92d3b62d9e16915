/** What the live block shows, computed from a snapshot. Pure. */
import type { TrialProgress } from '../../../activities/contracts.js';
import type { SweepSnapshot } from '../../client/watch-sweep.js';
import type { Outlook } from '../../budget/outlook.js';
import { journalLines } from '../../report/journal-lines.js';
import { outlookOf } from '../../report/outlook-lines.js';
import { isParent } from '../../report/sweep-facts.js';
import { selectBest, selectBestParent } from '../../scoring/select-best.js';
import type { TrialRow } from '../../store/rows.js';

export interface ProgressView {
  readonly sweep: string;
  /** The sweep's, or `held`. */
  readonly state: string;
  /** Search trials that have ended, however. */
  readonly ended: number;
  readonly maxTrials: number;
  readonly baselines: { readonly ended: number; readonly known: number };
  readonly confirms: { readonly ended: number; readonly known: number };
  readonly failed: readonly TrialRow[];
  /** What was done last to the sweep besides its search. */
  readonly latest?: string;
  readonly best?: TrialRow;
  /** What a merge has to beat. */
  readonly bestParent?: TrialRow;
  readonly running: readonly { readonly trial: TrialRow; readonly progress?: TrialProgress }[];
  /** Of the nodes that are ready; absent while it is not known. */
  readonly slots?: { readonly total: number; readonly free: number };
  readonly elapsedSeconds: number;
  /** What it costs, and when it ends. */
  readonly outlook: Outlook;
}

export function viewProgress(snapshot: SweepSnapshot, startedAtMs: number): ProgressView {
  const { trials, sweep, progress } = snapshot;
  const search = trials.filter((row) => row.kind === 'search');
  const ended = search.filter(hasEnded);
  const best = selectBest(trials);
  const parents = trials.filter(isParent).flatMap(({ label }) => label ?? []);
  const bestParent = selectBestParent(trials, parents);
  const latest = journalLines(snapshot.journal).at(-1);
  return {
    sweep: sweep.name,
    state: sweep.isHeld && sweep.state === 'running' ? 'held' : sweep.state,
    ended: ended.length,
    maxTrials: sweep.maxTrials,
    baselines: countKind(trials, 'baseline'),
    confirms: countKind(trials, 'confirm'),
    failed: trials.filter((row) => row.state === 'failed'),
    ...(latest === undefined ? {} : { latest }),
    ...(best === undefined ? {} : { best }),
    ...(bestParent === undefined ? {} : { bestParent }),
    running: trials
      .filter((row) => row.state === 'proposed')
      .map((trial) => {
        const current = progress.get(trial.trial);
        return current === undefined ? { trial } : { trial, progress: current };
      }),
    ...(snapshot.slots === undefined ? {} : { slots: snapshot.slots }),
    elapsedSeconds: Math.max(0, (snapshot.atMs - startedAtMs) / 1000),
    outlook: viewOutlook(snapshot),
  };
}

export const hasEnded = (row: TrialRow): boolean => row.state !== 'proposed';

function countKind(
  trials: readonly TrialRow[],
  kind: TrialRow['kind'],
): { readonly ended: number; readonly known: number } {
  const rows = trials.filter((row) => row.kind === kind);
  return { ended: rows.filter(hasEnded).length, known: rows.length };
}

/** What trials in flight hold is in it, as their nodes say. */
export function viewOutlook({ sweep, trials, progress, atMs }: SweepSnapshot): Outlook {
  const held = [...progress.values()].reduce((sum, { gpuSeconds = 0 }) => sum + gpuSeconds, 0);
  return outlookOf(sweep, trials, { atMs, openGpuSeconds: held });
}
