/** What a cap does once nothing more fits below it: the search ends, or the sweep pauses. */
import { formatDuration } from '../src/report/duration-text.js';
import { selectBest } from '../src/scoring/select-best.js';
import { addToJournal } from '../src/store/journal.js';
import { getSweep } from '../src/store/reader.js';
import { listStandings } from '../src/store/standings.js';
import { isClosedToOptimizer, readBudget } from '../src/store/steering.js';
import { setSearchEnded, setSweepState } from '../src/store/sweeps.js';
import { failTrial, listProposed } from '../src/store/trials.js';
import { countStarted } from '../src/store/usage.js';
import type { TrialKind } from './contracts.js';
import { secondsBetween, type Purse, type Refusal } from './purse.js';
import { happen, type Turn } from './turn.js';

/** Said once when so much of a cap is used up. */
const nearShare = 0.8;

/**
 * Call it when nothing runs and nothing that waits was handed out.
 * @returns whether there may be something to hand out now; else the sweep is paused
 */
export function endByCap(turn: Turn, { refusals }: Purse): boolean {
  // Without baselines no verdict: there is nothing to end for.
  const baseline = refusals.get('baseline');
  if (baseline !== undefined) return pause(turn, baseline);
  const search = refusals.get('search');
  // Without a candidate there is nothing to confirm either.
  if (search !== undefined && countStarted(turn.db, turn.sweep) === 0) return pause(turn, search);
  if (search !== undefined) return endSearch(turn, search);
  const promotion = refusals.get('promotion');
  const hasBest = selectBest(listStandings(turn.db, turn.sweep)) !== undefined;
  if (promotion !== undefined && hasBest) return dropWaiting(turn, 'promotion', promotion);
  const [refusal] = [...refusals.values()];
  return refusal === undefined ? false : pause(turn, refusal);
}

function endSearch(turn: Turn, refusal: Refusal): boolean {
  const { db, sweep, at } = turn;
  const isOver = getSweep(db, sweep)?.searchEnded !== undefined;
  dropWaiting(turn, 'search', refusal);
  if (isOver) return true;
  const started = countStarted(db, sweep);
  const what = refusal.cap.key === 'budget.wall_clock_hours' ? ' of wall clock' : '';
  const message = `the cap of ${refusal.cap.text}${what} ended the search after ${started} of ${readBudget(db, sweep)} trials`;
  setSearchEnded(db, sweep, message);
  addToJournal(db, sweep, { kind: 'cap_reached', detail: { message, ...factsOf(refusal) }, at });
  return true;
}

/** What waits of a kind ends unrun: under its number it could run only above the cap. */
function dropWaiting(turn: Turn, kind: TrialKind, { cap }: Refusal): boolean {
  const { db, sweep, at } = turn;
  const reason = `It was not begun: what is left of the cap of ${cap.text} does not do for it. Raise ${cap.key} and \`mergesweep retry\` it.`;
  const failure = { class: 'budget', reason, stage: 'queued', attempt: 1 } as const;
  for (const { trial } of listProposed(db, sweep, false).filter((row) => row.kind === kind)) {
    failTrial(db, sweep, trial, { failure, at });
    if (kind === 'search' && !isClosedToOptimizer(db, sweep, trial))
      happen(turn, { kind: 'forget', trial });
  }
  return true;
}

function pause(turn: Turn, refusal: Refusal): false {
  const { db, sweep, at } = turn;
  const { kind, cap, leftSeconds, neededSeconds } = refusal;
  const isWall = cap.key === 'budget.wall_clock_hours';
  const left = formatDuration(leftSeconds) + (isWall ? '' : ' of a card');
  const need =
    neededSeconds === undefined ? '' : `, which needs about ${formatDuration(neededSeconds)}`;
  const flag = cap.key.replace('budget.', '').replaceAll('_', '-');
  const reason =
    `the cap of ${cap.text} leaves ${left}, too little for a ${names[kind]}${need}: ` +
    `raise ${cap.key} in the sweep file, or \`mergesweep extend ${sweep} --${flag} N\``;
  setSweepState(db, sweep, 'paused', { reason });
  // Once for a cap: run again without more, it pauses again.
  const requestId = `cap-reached-${cap.key}-${cap.seconds}-${kind}`;
  const detail = { message: reason, ...factsOf(refusal) };
  addToJournal(db, sweep, { kind: 'cap_reached', requestId, detail, at });
  return false;
}

const names: Readonly<Record<TrialKind, string>> = {
  baseline: 'baseline',
  search: 'trial',
  promotion: 'promotion',
  confirm: 'confirmation',
};

const factsOf = ({ kind, cap, leftSeconds, neededSeconds }: Refusal) => ({
  ...{ cap: cap.key, capSeconds: cap.seconds, leftSeconds, kind },
  ...(neededSeconds !== undefined && { neededSeconds }),
});

/** Says it once for each cap, in the journal: `run` and `status` show it. */
export function noteNearCap({ db, sweep, at }: Turn, { caps, usage }: Purse): void {
  if (usage === undefined) return;
  const used = [
    { cap: caps.gpu, seconds: usage.spentGpuSeconds },
    { cap: caps.wallClock, seconds: secondsBetween(getSweep(db, sweep)?.createdAt, at) },
  ];
  for (const { cap, seconds } of used) {
    if (cap === undefined || seconds < nearShare * cap.seconds) continue;
    const percent = Math.floor((100 * seconds) / cap.seconds);
    const message = `${percent} % of the cap of ${cap.text} is used up`;
    const requestId = `cap-near-${cap.key}-${cap.seconds}`;
    const detail = { message, cap: cap.key, capSeconds: cap.seconds, usedSeconds: seconds };
    addToJournal(db, sweep, { kind: 'cap_near', requestId, detail, at });
  }
}
