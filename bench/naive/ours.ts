/** `mergesweep run` on the demo's sweep file, as a user starts it. */
import { join } from 'node:path';
import { renderMergekitConfig } from '../../src/merge/merge-config.js';
import { openLedgerReader } from '../../src/store/ledger.js';
import type { TrialRow } from '../../src/store/rows.js';
import { offline, root, sweepFile } from '../demo-problem.js';
import { runMeasured, type Moment } from '../measured-run.js';
import type { ScoredTrial } from './score-reached.js';
import { costPerTrial, type SearchCost } from './search-cost.js';
import { announce, tell } from '../tell.js';

export interface OurOrder {
  /** Exists. */
  readonly folder: string;
  readonly trials: number;
  readonly seed: number;
}

export interface OurTrial extends ScoredTrial {
  /** Seconds since the process started: start-up, baselines and cold proof are in it. */
  readonly endedAtSeconds: number;
}

export interface OurRun extends SearchCost {
  /** Search trials that have a score, in the order in which they ended. */
  readonly trials: readonly OurTrial[];
  /** On the confirm split, by trial number: those that the sweep confirmed itself. */
  readonly confirmScores: ReadonlyMap<number, number>;
  /** How the search trials were evaluated. */
  readonly modes: Readonly<Record<'warm' | 'cold', number>>;
  readonly whole: Moment & { readonly trials: number };
}

interface TrialEnd extends Moment {
  readonly trial: string;
}

/**
 * The cost goes from the last end of a trial before the first search trial's to the end of the last
 * search trial. Trials overlap: a baseline that ends later, and the start of a second warm child, are
 * charged to the search trials; a merge at either edge falls on the other side of it.
 */
export async function measureOurs({ folder, trials, seed }: OurOrder): Promise<OurRun> {
  const results = join(folder, 'results');
  const args = [
    join(root, 'bin', 'mergesweep.js'),
    'run',
    sweepFile,
    ...['--results', results, '--max-trials', String(trials)],
    ...['--seed', String(seed), '--json'],
  ];
  announce('ours', process.execPath, args);
  const ends: TrialEnd[] = [];
  let start: Moment | undefined;
  let all = 0;
  const logPath = join(folder, 'ours.log');
  const whole = await runMeasured(
    { command: process.execPath, args, cwd: root, env: offline, logPath },
    (line, moment) => {
      const event = line as { event: string; kind?: string; trial?: string; score?: number };
      if (event.event !== 'trial') return;
      const { trial = '?', kind, score } = event;
      all += 1;
      tell(`ours, ${kind ?? '?'},`, trial, score, moment);
      if (kind === 'baseline' && ends.length === 0) start = moment;
      if (kind === 'search') ends.push({ ...moment, trial });
    },
  );
  if (start === undefined) throw new Error(`no baseline ended before the search: see ${logPath}`);
  return {
    ...costPerTrial([start, ...ends], trials),
    ...readTrials(results, ends),
    whole: { ...whole, trials: all },
  };
}

function readTrials(
  results: string,
  ends: readonly TrialEnd[],
): Pick<OurRun, 'trials' | 'confirmScores' | 'modes'> {
  const reader = openLedgerReader(results);
  try {
    const rows = reader.listTrials(reader.listSweeps()[0]?.name ?? '');
    const search = rows.filter(({ kind }) => kind === 'search');
    const confirms = rows.flatMap(({ kind, confirms: of, fitness }): [number, number][] =>
      kind === 'confirm' && fitness !== undefined ? [[Number(of), fitness]] : [],
    );
    return {
      trials: ends.flatMap((end) =>
        toTrial(
          end,
          search.find(({ trial }) => trial === end.trial),
        ),
      ),
      confirmScores: new Map(confirms),
      modes: {
        warm: search.filter(({ mode }) => mode === 'warm').length,
        cold: search.filter(({ mode }) => mode === 'cold').length,
      },
    };
  } finally {
    reader.close();
  }
}

/** None for a trial that failed. */
function toTrial({ trial, seconds }: TrialEnd, row: TrialRow | undefined): OurTrial[] {
  const subject = row?.input.subject;
  if (row?.fitness === undefined || subject?.kind !== 'merge') return [];
  const { recipe } = subject;
  return [
    {
      trial: Number(trial),
      score: row.fitness,
      merge: { config: renderMergekitConfig(recipe), seed: recipe.seed },
      endedAtSeconds: seconds,
    },
  ];
}
