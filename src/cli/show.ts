import type { Command } from 'commander';
import { renderMergekitConfig } from '../merge/merge-config.js';
import type { TrialFailure } from '../errors.js';
import { formatDuration, formatTime } from '../report/duration-text.js';
import { formatScore, formatScoreWithError } from '../report/number-text.js';
import { toPrintable, toPrintableLine } from '../report/printable.js';
import { resolveTrial, type TrialReference } from '../report/resolve-reference.js';
import { nameTrial } from '../report/scored-model.js';
import { renderTable } from '../report/table.js';
import type { ScoreRow, TrialRow } from '../store/rows.js';
import type { CliDependencies } from './dependencies.js';
import { addExamples } from './help-text.js';
import {
  addReadingOptions,
  displayPath,
  trialArgument,
  withReader,
  writeJson,
  writeLines,
  type ReadingOptions,
} from './reading-verb.js';
import { trialToJson } from './sweep-json.js';
import type { CliIo } from './verb.js';

/** `show`: everything the ledger knows of one trial. */
export function registerShow(program: Command, io: CliIo, dependencies: CliDependencies): void {
  const command = program
    .command('show')
    .summary('show one trial: parameters, recipe, scores, failure, files')
    .description('Shows one trial: parameters, recipe, scores, times, failure, files.')
    .argument('<trial>', trialArgument)
    .action(async (text: string, options: ReadingOptions) => {
      await withReader(options, io, dependencies, (reader, resultsDir) => {
        const reference = resolveTrial(reader, text);
        const scores = reader.listScores(reference.sweep.name, reference.trial.trial);
        const failures = reader.listFailures(reference.sweep.name, reference.trial.trial);
        const folder = `${displayPath(resultsDir, io.cwd)}/${reference.sweep.name}/trials/${reference.trial.trial}`;
        if (options.json === true)
          writeJson(io, toJson(reference.trial, { scores, failures, folder }));
        else writeLines(io, renderTrial(reference, { scores, failures, folder }));
      });
    });
  addReadingOptions(
    command,
    '"trial", "kind", "state", "score", "params", "scores", "failure", "failures": [of each attempt], "recipe", "mergekitConfig", "files": {name: sha256}, "deviceClass", "versions", "workDir", "folder", …',
  );
  addExamples(command, [
    ['show demo#7', 'search trial 7'],
    ['show demo#best', "the sweep's best"],
    ['show demo#b2 --json', 'a baseline, for a script'],
  ]);
}

/** What is shown beside the trial's row. */
interface Details {
  readonly scores: readonly ScoreRow[];
  /** Of every attempt, by time. */
  readonly failures: readonly TrialFailure[];
  readonly folder: string;
}

function toJson(trial: TrialRow, { scores, failures, folder }: Details) {
  const { subject } = trial.input;
  return {
    ...trialToJson(trial),
    scores: scores.map(({ trial: _, ...score }) => score),
    ...(failures.length === 0 ? {} : { failures }),
    ...(subject.kind === 'merge'
      ? { recipe: subject.recipe, mergekitConfig: renderMergekitConfig(subject.recipe) }
      : { model: subject.model }),
    files: trial.checkpointFiles,
    deviceClass: trial.deviceClass,
    versions: trial.versions,
    workDir: trial.workDir,
    folder,
  };
}

function renderTrial(
  { sweep, trial }: TrialReference,
  { scores, failures, folder }: Details,
): string[] {
  const confirms = trial.confirms === undefined ? '' : `, confirms #${trial.confirms}`;
  return [
    `${sweep.name}#${trial.trial}  ${trial.kind}${describeLabel(trial)}${confirms}  ${trial.state}`,
    ...(trial.isDivergent
      ? ['! a later run of this trial said something else; the first result counts']
      : []),
    '',
    ...renderFacts(trial, folder),
    ...section('parameters', renderParams(trial)),
    ...section('scores', renderScores(scores)),
    ...section('failure', trial.failure === undefined ? [] : renderFailure(trial.failure)),
    ...section('attempts before', earlierThan(trial, failures).flatMap(renderFailure)),
    ...section('merge config', renderRecipe(trial)),
  ];
}

const describeLabel = (trial: TrialRow): string =>
  trial.label === undefined ? '' : ` ${trial.kind === 'baseline' ? nameTrial(trial) : trial.label}`;

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`.trimEnd())];
}

function renderFacts(trial: TrialRow, folder: string): string[] {
  const versions = Object.entries(trial.versions ?? {}).map(([name, value]) => `${name} ${value}`);
  const facts: [string, string | undefined][] = [
    ['score', trial.fitness === undefined ? undefined : formatScore(trial.fitness)],
    ['proposed', `${formatTime(trial.proposedAt)} UTC`],
    ['ended', trial.endedAt === undefined ? undefined : `${formatTime(trial.endedAt)} UTC`],
    ['node', trial.node],
    ['attempt', trial.attempt?.toString()],
    ['merge', trial.mergeSeconds === undefined ? undefined : formatDuration(trial.mergeSeconds)],
    [
      'evaluate',
      trial.evaluateSeconds === undefined ? undefined : formatDuration(trial.evaluateSeconds),
    ],
    [
      'evaluated',
      trial.mode === undefined ? undefined : `${trial.mode}: ${trial.modeReason ?? 'as asked'}`,
    ],
    ['device', trial.deviceClass],
    ['versions', versions.length === 0 ? undefined : versions.join(', ')],
    ...Object.entries(trial.checkpointFiles ?? {}).map(([file, sha256]): [string, string] => [
      'sha256',
      `${sha256}  ${file}`,
    ]),
    ['on the node', trial.workDir],
    ['files', trial.state === 'proposed' ? undefined : folder],
  ];
  return facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name.padEnd(11)}  ${value}`],
  );
}

function renderParams({ params }: TrialRow): string[] {
  return renderTable(
    [{ header: [] }, { header: [], align: 'right' }],
    Object.entries(params ?? {}).map(([name, value]) => [name, value.toFixed(6)]),
  );
}

function renderScores(scores: readonly ScoreRow[]): string[] {
  if (scores.length === 0) return [];
  return renderTable(
    [
      { header: 'split' },
      { header: 'task' },
      { header: 'metric' },
      { header: 'value ± se', align: 'right' },
      { header: 'documents', align: 'right' },
    ],
    scores.map(({ split, task, metric, value, stderr, documents, higherIsBetter }) => [
      split,
      task,
      `${metric} ${higherIsBetter ? '↑' : '↓'}`,
      formatScoreWithError(value, stderr),
      String(documents),
    ]),
  );
}

/** The trial's own failure is the last of them. */
function earlierThan(trial: TrialRow, failures: readonly TrialFailure[]): readonly TrialFailure[] {
  return trial.failure === undefined ? failures : failures.slice(0, -1);
}

function renderFailure(failure: TrialFailure): string[] {
  const { batchSize } = failure;
  return [
    `${failure.class} in stage ${failure.stage}, attempt ${failure.attempt}` +
      (batchSize === undefined ? '' : `, batch size ${batchSize}`),
    toPrintableLine(failure.reason),
    ...(failure.logPath === undefined
      ? []
      : [`log on ${failure.node ?? 'the node'}: ${failure.logPath}`]),
    ...(failure.logTail === undefined
      ? []
      : toPrintable(failure.logTail)
          .trimEnd()
          .split('\n')
          .map((line) => `| ${line}`)),
  ];
}

function renderRecipe({ input }: TrialRow): string[] {
  if (input.subject.kind === 'model') return [`evaluated as it is: ${input.subject.model}`];
  const { recipe } = input.subject;
  return [`# --random-seed ${recipe.seed}`, ...renderMergekitConfig(recipe).trimEnd().split('\n')];
}
