/** What happened between two snapshots: the lines of a `run` that is piped. Pure. */
import type { TrialId } from '../../../activities/contracts.js';
import type { SweepSnapshot } from '../../client/watch-sweep.js';
import type { Outlook } from '../../budget/outlook.js';
import { formatCost, formatEta } from '../../report/outlook-lines.js';
import { selectBest } from '../../scoring/select-best.js';
import { describeEntry } from '../../report/journal-lines.js';
import type { JournalEntry, TrialRow } from '../../store/rows.js';
import { hasEnded, viewOutlook } from './progress-view.js';

/** One event; the field names are stable: `run --json` prints them. */
export type RunEvent = { readonly version: 1; readonly at: string; readonly sweep: string } & (
  | {
      readonly event: 'sweep';
      readonly state: string;
      readonly ended: number;
      readonly maxTrials: number;
      readonly reason?: string;
    }
  | {
      readonly event: 'stage';
      readonly trial: TrialId;
      readonly kind: TrialRow['kind'];
      readonly label?: string;
      readonly stage: string;
      readonly node: string;
    }
  | {
      readonly event: 'trial';
      readonly trial: TrialId;
      readonly kind: TrialRow['kind'];
      readonly label?: string;
      readonly state: string;
      readonly score?: number;
      /** By `task.metric`, the metric with lm-eval's full key. */
      readonly scores?: Readonly<Record<string, number>>;
      readonly mergeSeconds?: number;
      readonly evaluateSeconds?: number;
      /** Card-seconds of all its attempts. */
      readonly gpuSeconds?: number;
      readonly isNewBest?: boolean;
      readonly failure?: string;
      readonly reason?: string;
      readonly logPath?: string;
    }
  /** Where the sweep is heading, after every tenth trial. */
  | ({ readonly event: 'outlook'; readonly text: string } & Outlook)
  /** Something was done to the sweep besides its search. */
  | {
      readonly event: 'journal';
      readonly kind: JournalEntry['kind'];
      readonly message: string;
    }
);

/** In the order in which they are to be told; `before` is undefined at the first snapshot. */
export function listEvents(before: SweepSnapshot | undefined, after: SweepSnapshot): RunEvent[] {
  const events: RunEvent[] = [];
  const head = {
    version: 1 as const,
    at: new Date(after.atMs).toISOString(),
    sweep: after.sweep.name,
  };
  const isFirst = before === undefined;
  if (isFirst && after.sweep.state === 'running') events.push({ ...head, ...sweepEvent(after) });

  // It only grows; what had been done before this `run` began is for `status` to show.
  const known = (before ?? after).journal.length;
  for (const entry of after.journal.slice(known)) {
    const message = describeEntry(entry);
    events.push({ ...head, event: 'journal', kind: entry.kind, message });
  }

  const stages = new Map(
    [...(before?.progress ?? [])].map(([trial, progress]) => [trial, progress.stage]),
  );
  for (const [trial, progress] of after.progress) {
    const row = after.trials.find((known) => known.trial === trial);
    // Waiting for a slot is no news: it comes before every stage.
    if (row === undefined || progress.stage === 'queued') continue;
    if (stages.get(trial) === progress.stage) continue;
    const { stage, node } = progress;
    events.push({ ...head, event: 'stage', ...nameOf(row), stage, node });
  }

  // What had ended before this `run` began is the table's to show.
  const endedBefore = new Set((before ?? after).trials.filter(hasEnded).map((row) => row.trial));
  const ended = after.trials.filter((row) => hasEnded(row) && !endedBefore.has(row.trial));
  ended.sort((a, b) => (a.endedAt ?? '').localeCompare(b.endedAt ?? '') || a.ordinal - b.ordinal);
  let best = selectBest(before?.trials ?? [])?.fitness ?? -Infinity;
  for (const row of ended) {
    const isNewBest = isWholeCandidate(row) && row.fitness !== undefined && row.fitness > best;
    if (isNewBest) best = row.fitness ?? best;
    events.push({ ...head, ...trialEvent(after, row, isNewBest) });
  }
  if (!isFirst && tensOf(after) > tensOf(before)) events.push({ ...head, ...outlookEvent(after) });
  if (after.sweep.state !== 'running' && before?.sweep.state !== after.sweep.state)
    events.push({ ...head, ...sweepEvent(after) });
  return events;
}

const tensOf = ({ trials }: SweepSnapshot): number =>
  Math.floor(trials.filter((row) => isSearch(row) && hasEnded(row)).length / 10);

function outlookEvent(snapshot: SweepSnapshot) {
  const outlook = viewOutlook(snapshot);
  const eta = formatEta(outlook);
  const text = `${formatCost(outlook)}${eta === undefined ? '' : `; ETA ${eta}`}`;
  return { event: 'outlook' as const, text, ...outlook };
}

/** Only what was scored on all documents can be the best. */
const isWholeCandidate = ({ kind, rung }: TrialRow): boolean =>
  (kind === 'search' || kind === 'promotion') && rung === undefined;

const isSearch = (row: TrialRow): boolean => row.kind === 'search';

function sweepEvent({ sweep, trials }: SweepSnapshot) {
  return {
    event: 'sweep' as const,
    state: sweep.state,
    ended: trials.filter((row) => isSearch(row) && hasEnded(row)).length,
    maxTrials: sweep.maxTrials,
    ...(sweep.reason === undefined ? {} : { reason: sweep.reason }),
  };
}

function trialEvent({ scores }: SweepSnapshot, row: TrialRow, isNewBest: boolean) {
  const own = scores.filter((score) => score.trial === row.trial);
  const { state, fitness, failure, mergeSeconds, evaluateSeconds, gpuSeconds } = row;
  return {
    event: 'trial' as const,
    ...nameOf(row),
    state,
    ...(fitness === undefined ? {} : { score: fitness }),
    ...(own.length === 0
      ? {}
      : {
          scores: Object.fromEntries(
            own.map((score) => [`${score.task}.${score.metric}`, score.value]),
          ),
        }),
    ...(mergeSeconds === undefined ? {} : { mergeSeconds }),
    ...(evaluateSeconds === undefined ? {} : { evaluateSeconds }),
    ...(gpuSeconds === undefined ? {} : { gpuSeconds }),
    ...(isNewBest ? { isNewBest } : {}),
    ...(failure === undefined ? {} : { failure: failure.class, reason: failure.reason }),
    ...(failure?.logPath === undefined ? {} : { logPath: failure.logPath }),
  };
}

function nameOf({ trial, kind, label }: TrialRow) {
  return { trial, kind, ...(label === undefined ? {} : { label }) };
}

/** `14:02:11 trial 7 done score=0.5412 gsm8k.exact_match,none=0.574 NEW BEST`; time zone: UTC. */
export function formatEvent(event: RunEvent): string {
  const time = event.at.slice(11, 19);
  switch (event.event) {
    case 'sweep': {
      const reason = event.reason === undefined ? '' : ` (${event.reason})`;
      return `${time} sweep ${event.sweep} ${event.state} ${event.ended}/${event.maxTrials} trials${reason}`;
    }
    case 'outlook':
      return `${time} cost ${event.text}`;
    case 'journal':
      return `${time} ${event.kind.replace('_', ' ')}: ${event.message}`;
    case 'stage':
      return `${time} ${formatName(event)} ${event.stage} on ${event.node}`;
    case 'trial':
      return `${time} ${formatName(event)} ${formatEnd(event)}`;
  }
}

type TrialEvent = Extract<RunEvent, { event: 'trial' }>;

function formatEnd(event: TrialEvent): string {
  if (event.failure !== undefined) {
    const log = event.logPath === undefined ? '' : ` log=${event.logPath}`;
    return `failed ${event.failure}: ${event.reason ?? ''}${log}`;
  }
  if (event.state !== 'complete') return event.state;
  const parts = ['done'];
  if (event.score !== undefined) parts.push(`score=${round(event.score)}`);
  for (const [name, value] of Object.entries(event.scores ?? {}))
    parts.push(`${name}=${round(value)}`);
  if (event.mergeSeconds !== undefined) parts.push(`merge_s=${event.mergeSeconds.toFixed(1)}`);
  if (event.evaluateSeconds !== undefined)
    parts.push(`evaluate_s=${event.evaluateSeconds.toFixed(1)}`);
  if (event.gpuSeconds !== undefined) parts.push(`gpu_min=${(event.gpuSeconds / 60).toFixed(1)}`);
  if (event.isNewBest === true) parts.push('NEW BEST');
  return parts.join(' ');
}

const formatName = (event: { trial: TrialId; kind: string; label?: string }): string =>
  event.kind === 'search'
    ? `trial ${event.trial}`
    : `${event.kind} ${event.trial}${event.label === undefined ? '' : ` (${event.label})`}`;

const round = (value: number): string => String(Number(value.toFixed(4)));
