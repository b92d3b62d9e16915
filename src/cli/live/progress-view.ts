/** What the live block shows, computed from a snapshot. Pure. */
import type { TrialProgress } from '../../../activities/contracts.js';
import type { SweepSnapshot } from '../../client/watch-sweep.js';
import { journalLines } from '../../report/journal-lines.js';
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
  readonly elapsedSeconds: number;
  /** From the pace so far; absent before two search trials have ended. */
  readonly etaSeconds?: number;
}

export function viewProgress(snapshot: SweepSnapshot, startedAtMs: number): ProgressView {
  const { trials, sweep, progress } = snapshot;
  const search = trials.filter((row) => row.kind === 'search');
  const ended = search.filter(hasEnded);
  const best = selectBest(trials);
  const parents = trials.filter(isParent).flatMap(({ label }) => label ?? []);
  const bestParent = selectBestParent(trials, parents);
  const latest = journalLines(snapshot.journal).at(-1);
  const etaSeconds = estimateSeconds(ended, sweep.maxTrials);
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
    elapsedSeconds: Math.max(0, (snapshot.atMs - startedAtMs) / 1000),
    ...(etaSeconds === undefined ? {} : { etaSeconds }),
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

/** The median time between ends, so that a night's pause in between does not count. */
function estimateSeconds(ended: readonly TrialRow[], maxTrials: number): number | undefined {
  const ends = ended.flatMap((row) => (row.endedAt === undefined ? [] : [Date.parse(row.endedAt)]));
  ends.sort((a, b) => a - b);
  const recent = ends.slice(-21);
  const gaps = recent.slice(1).map((end, index) => end - (recent[index] ?? end));
  gaps.sort((a, b) => a - b);
  const median = gaps[Math.floor(gaps.length / 2)];
  if (median === undefined) return undefined;
  return (Math.max(0, maxTrials - ended.length) * median) / 1000;
}
