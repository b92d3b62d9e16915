import { Option, type Command } from 'commander';
import { formatDuration } from '../report/duration-text.js';
import { formatScore } from '../report/number-text.js';
import { resolveSweep } from '../report/resolve-reference.js';
import { nameTrial } from '../report/scored-model.js';
import { renderTable, type TableColumn } from '../report/table.js';
import type { ScoreRow, TrialRow } from '../store/rows.js';
import type { CliDependencies } from './dependencies.js';
import { addExamples } from './help-text.js';
import {
  addReadingOptions,
  sweepArgument,
  withReader,
  writeJson,
  writeLines,
  type ReadingOptions,
} from './reading-verb.js';
import { wholeNumber } from './run-options.js';
import { trialToJson } from './sweep-json.js';
import type { CliIo } from './verb.js';

interface TrialsOptions extends ReadingOptions {
  readonly state?: string;
  readonly kind?: string;
  readonly sort: 'trial' | 'score' | '-score';
  readonly limit?: number;
}

/** `trials`: a sweep's trials in a table, filtered and sorted. */
export function registerTrials(program: Command, io: CliIo, dependencies: CliDependencies): void {
  const command = program
    .command('trials')
    .summary("list a sweep's trials")
    .description("Lists a sweep's trials: search trials 1…, baselines b1…, confirmations c1….")
    .argument('[sweep]', sweepArgument, '@last')
    .addOption(
      new Option('--state <state>', 'only these').choices([
        'proposed',
        'complete',
        'failed',
        'cancelled',
      ]),
    )
    .addOption(
      new Option('--kind <kind>', 'only these').choices([
        'search',
        'promotion',
        'baseline',
        'confirm',
      ]),
    )
    .addOption(
      new Option('--sort <key>', '-score: the best first')
        .choices(['trial', 'score', '-score'])
        .default('trial'),
    )
    .option('--limit <n>', 'the first n', wholeNumber(1, 1_000_000))
    .action(async (name: string, options: TrialsOptions) => {
      await withReader(options, io, dependencies, (reader) => {
        const sweep = resolveSweep(reader, name);
        const trials = select(reader.listTrials(sweep.name), options);
        const scores = reader.listScores(sweep.name);
        if (options.json === true) {
          writeJson(io, {
            sweep: sweep.name,
            trials: trials.map((trial) => ({
              ...trialToJson(trial),
              scores: scoresOf(scores, trial).map(({ trial: _, ...score }) => score),
            })),
          });
          return;
        }
        if (trials.length === 0) io.err(`${sweep.name} has no such trial.\n`);
        else writeLines(io, renderTrials(trials, scores));
      });
    });
  addReadingOptions(
    command,
    '"sweep", "trials": [{trial, kind, label, state, score, params, scores: [{split, task, metric, value, stderr, documents}], failure, node, attempt, seconds, …}]',
  );
  addExamples(command, [
    ['trials demo --sort -score --limit 5', 'the five best'],
    ['trials @last --state failed', 'what failed and why'],
  ]);
}

function select(trials: readonly TrialRow[], options: TrialsOptions): TrialRow[] {
  const { state, kind, sort, limit } = options;
  const wanted = trials.filter(
    (trial) =>
      (state === undefined || trial.state === state) && (kind === undefined || trial.kind === kind),
  );
  const sign = sort === 'score' ? 1 : -1;
  const sorted =
    sort === 'trial'
      ? wanted
      : wanted.toSorted((a, b) => {
          // Trials without a score come last in either direction.
          if (a.fitness === undefined || b.fitness === undefined) {
            return Number(a.fitness === undefined) - Number(b.fitness === undefined);
          }
          // Scores on other documents have no common order: all documents first.
          const byRung = (b.rung ?? Infinity) - (a.rung ?? Infinity);
          if (a.rung !== b.rung) return byRung;
          return sign * (a.fitness - b.fitness) || a.ordinal - b.ordinal;
        });
  return limit === undefined ? sorted : sorted.slice(0, limit);
}

const scoresOf = (scores: readonly ScoreRow[], { trial }: TrialRow): ScoreRow[] =>
  scores.filter((score) => score.trial === trial);

function renderTrials(trials: readonly TrialRow[], scores: readonly ScoreRow[]): string[] {
  const shown = trials.flatMap((trial) => scoresOf(scores, trial));
  const tasks = [
    ...new Map(shown.map((row) => [`${row.task}\0${row.metric}`, row] as const)).values(),
  ];
  const hasRungs = trials.some(({ rung }) => rung !== undefined);
  const columns: TableColumn[] = [
    { header: 'trial', align: 'right' },
    { header: 'kind' },
    { header: 'of' },
    ...(hasRungs ? [{ header: 'rung', align: 'right' } as const] : []),
    { header: 'state' },
    { header: 'score', align: 'right' },
    ...tasks.map(({ task, metric }): TableColumn => ({ header: [task, metric], align: 'right' })),
    { header: 'node' },
    { header: 'merge', align: 'right' },
    { header: 'evaluate', align: 'right' },
  ];
  const rows = trials.map((trial) => {
    const own = scoresOf(scores, trial);
    return [
      trial.trial,
      trial.kind,
      subjectOf(trial),
      ...(hasRungs ? [trial.rung?.toString() ?? 'all'] : []),
      trial.state === 'failed' ? `failed: ${trial.failure?.class ?? '?'}` : trial.state,
      formatScore(trial.fitness),
      ...tasks.map(({ task, metric }) =>
        formatScore(own.find((row) => row.task === task && row.metric === metric)?.value),
      ),
      trial.node ?? '',
      formatDuration(trial.mergeSeconds),
      formatDuration(trial.evaluateSeconds),
    ];
  });
  return renderTable(columns, rows);
}

/** What a trial is of: a baseline's label, or what a confirmation confirms. */
function subjectOf(trial: TrialRow): string {
  if (trial.kind === 'promotion') return `#${trial.promotes ?? '?'}`;
  if (trial.kind === 'confirm') return trial.label ?? `#${trial.confirms ?? '?'}`;
  return trial.kind === 'baseline' ? nameTrial(trial) : '';
}
