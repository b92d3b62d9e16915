import pc from 'picocolors';
import { chosenAmong } from './finalists.js';
import { formatTime } from './duration-text.js';
import { journalLines } from './journal-lines.js';
import { describeOptimizer } from './optimizer-lines.js';
import type { LiveLine } from './live-view.js';
import { formatDelta, formatScore, formatScoreWithError } from './number-text.js';
import { toPrintableLine } from './printable.js';
import { nameTrial, type ScoredModel } from './scored-model.js';
import type { SweepFacts } from './sweep-facts.js';
import { failureLines } from './sweep-result.js';

export interface StatusOptions {
  readonly color: boolean;
  /** The command that goes on with the sweep. */
  readonly goOn: string;
  /** Added to the other commands, e.g. ` --results DIR`. @default '' */
  readonly flags?: string;
  /** What runs now, as far as it could be asked. @default nothing */
  readonly live?: readonly LiveLine[];
}

/** How a sweep stands: the facts of the live block, failures, the optimizer, the next command. */
export function renderSweepStatus(facts: SweepFacts, options: StatusOptions): string[] {
  const { sweep, counts, best, bestParent, open } = facts;
  const paint = pc.createColors(options.color);
  const state = { running: paint.cyan, paused: paint.yellow, finished: paint.green }[sweep.state];
  const { search, baseline, confirm } = counts;
  const ended = search.complete + search.failed + search.cancelled;
  const optimizer = describeOptimizer(facts.diagnostics);
  return [
    `${paint.bold(sweep.name)}  ${state(sweep.state)}${sweep.isHeld ? paint.yellow(', held') : ''}${sweep.reason === undefined ? '' : `: ${toPrintableLine(sweep.reason)}`}`,
    `  trials     ${ended} of ${sweep.maxTrials} ended (${search.complete} scored, ${search.failed} failed)` +
      `${stage('baselines', baseline)}${stage('confirmed', confirm)}`,
    ...(best === undefined
      ? ['  best       none yet']
      : [
          `  best       ${describe(best)}${chosenAmong(facts.finalists)}`,
          ...(best.search?.scores ?? []).map(
            ({ task, metric, value, stderr }) =>
              `             ${formatScoreWithError(value, stderr)}  ${task}  ${metric}`,
          ),
        ]),
    ...(bestParent === undefined
      ? []
      : [
          `  parent     ${describe(bestParent)}; the best is at ${formatDelta(facts.deltaToBestParent)}`,
        ]),
    ...(open.length === 0 ? [] : [`  open       ${listOpen(open.map(nameTrial))}`]),
    ...(options.live ?? []).map(({ name = '', text, isDim = false }) => {
      const line = `  ${name.padEnd(9)}  ${text}`;
      return isDim ? paint.dim(line) : line;
    }),
    ...optimizer.map((line, index) => `  ${index === 0 ? 'optimizer' : '         '}  ${line}`),
    ...failureLines(facts).map((line) => `  ${paint.yellow('failed')}     ${line}`),
    ...journalLines(facts.journal).map(
      (line, index) => `  ${index === 0 ? 'journal' : '       '}    ${line}`,
    ),
    `  created    ${formatTime(sweep.createdAt)} UTC` +
      (sweep.finishedAt === undefined ? '' : `, finished ${formatTime(sweep.finishedAt)} UTC`),
    '',
    `next  ${nextCommand(facts, options)}`,
  ];
}

const describe = ({ name, search, confirm }: ScoredModel): string =>
  `${name}  ${formatScoreWithError(search?.fitness, search?.stderr)}` +
  (confirm === undefined ? '' : `  confirmed ${formatScore(confirm.fitness)}`);

const stage = (name: string, { complete, total }: { complete: number; total: number }): string =>
  total === 0 ? '' : `  ${name} ${complete}/${total}`;

function listOpen(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

/** The one command to type next; a running sweep that nobody runs goes on by `run` as well. */
export function nextCommand(
  { sweep, bestParent, best }: SweepFacts,
  { goOn, flags = '' }: Omit<StatusOptions, 'color'>,
): string {
  // By the same command, `run`, it would stay held.
  if (sweep.isHeld && sweep.state !== 'finished')
    return `npx mergesweep resume ${sweep.name}${flags}`;
  if (sweep.state === 'paused') {
    // A cap's reason says what raises it; without that it would pause again at once.
    const raise = /`mergesweep (extend [^`]+)`/.exec(sweep.reason ?? '')?.[1];
    if (raise === undefined) return `${goOn}${flags}`;
    return `npx mergesweep ${raise}${flags} && npx mergesweep resume ${sweep.name}${flags}`;
  }
  if (sweep.state === 'running') {
    return `npx mergesweep status ${sweep.name} --watch${flags}   (to go on with it: ${goOn}${flags})`;
  }
  if (best === undefined) return `npx mergesweep trials ${sweep.name} --state failed${flags}`;
  const against = bestParent === undefined ? 'base' : bestParent.name;
  return `npx mergesweep compare ${sweep.name}#best ${sweep.name}#${against}${flags}`;
}
