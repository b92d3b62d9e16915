import { join } from 'node:path';
import type { Command } from 'commander';
import { LedgerError } from '../errors.js';
import { renderBestTrial } from '../merge/best-config.js';
import { formatDelta, formatScoreWithError } from '../report/number-text.js';
import { chosenAmong } from '../report/finalists.js';
import { resolveSweep, resolveTrial } from '../report/resolve-reference.js';
import { filesOf, type ScoredModel } from '../report/scored-model.js';
import { readSweepFacts, type SweepFacts } from '../report/sweep-facts.js';
import type { TrialRow } from '../store/rows.js';
import type { CliDependencies } from './dependencies.js';
import { addExamples } from './help-text.js';
import {
  addReadingOptions,
  displayPath,
  resultsFlag,
  sweepArgument,
  withReader,
  writeJson,
  writeLines,
  type ReadingOptions,
} from './reading-verb.js';
import { sweepToJson } from './sweep-json.js';
import type { CliIo } from './verb.js';

interface BestOptions extends ReadingOptions {
  readonly yaml?: boolean;
}

/** `best`: a sweep's best merge, or with `--yaml` the file that mergekit-yaml takes. */
export function registerBest(program: Command, io: CliIo, dependencies: CliDependencies): void {
  const command = program
    .command('best')
    .summary("print a sweep's best merge")
    .description("Prints a sweep's best merge, or the config that mergekit-yaml takes as it is.")
    .argument('[sweep]', sweepArgument, '@last')
    .option('--yaml', 'print exactly the merge config, with how to rebuild it on top')
    .action(async (name: string, options: BestOptions) => {
      await withReader(options, io, dependencies, async (reader, resultsDir) => {
        const sweep = resolveSweep(reader, name);
        const facts = readSweepFacts(reader, sweep);
        // Says what to do where there is none.
        const best = facts.best ?? missing(resolveTrial(reader, `${sweep.name}#best`).trial);
        const path = join(resultsDir, sweep.name, 'best_config.yaml');
        const written = await dependencies.readFile(path);
        const isCurrent = written !== undefined && isOf(written, best.trial);
        const config = isCurrent ? written : renderConfig(facts, best);
        const configPath = isCurrent ? displayPath(path, io.cwd) : undefined;
        if (options.json === true) {
          writeJson(io, { sweep: sweep.name, ...toJson(facts), configPath, config });
        } else if (options.yaml === true) {
          io.out(config);
        } else {
          writeLines(io, renderBest(facts, best, configPath, resultsFlag(options)));
        }
      });
    });
  addReadingOptions(
    command,
    '"sweep", "best": {trial, score, stderr, confirmScore, confirmStderr, params}, "finalists": [as best, best first], "bestParent", "deltaToBestParent", "files": {name: sha256}, "configPath", "config"',
  );
  addExamples(command, [
    ['best demo', 'scores and parameters'],
    ['best demo --yaml > merge.yaml', 'then: mergekit-yaml merge.yaml OUT …'],
  ]);
}

/** A sweep that went on after it was finished may have a newer best than the file. */
function isOf(config: string, { trial }: TrialRow): boolean {
  return config.split('\n', 1)[0]?.includes(`: trial ${trial},`) === true;
}

function renderConfig({ finalists }: SweepFacts, model: ScoredModel): string {
  const { trial, search, confirm } = model;
  const scores = [...(search?.scores ?? []), ...(confirm?.scores ?? [])];
  return renderBestTrial(trial, scores, filesOf(model), finalists.length) ?? missing(trial);
}

function missing({ sweep, trial }: TrialRow): never {
  throw new LedgerError(
    'ledger_inconsistent',
    `expected trial ${trial} of ${sweep}, its best, to be a scored merge; it is not`,
  );
}

function toJson(facts: SweepFacts) {
  const { best, finalists, bestParent, deltaToBestParent } = sweepToJson(facts);
  return {
    best,
    finalists,
    bestParent,
    deltaToBestParent,
    files: facts.best && filesOf(facts.best),
  };
}

function renderBest(
  { sweep, bestParent, deltaToBestParent, finalists }: SweepFacts,
  model: ScoredModel,
  configPath: string | undefined,
  flags: string,
): string[] {
  const { trial, name, search, confirm } = model;
  const parent =
    bestParent === undefined
      ? ''
      : `  (${formatDelta(deltaToBestParent)} to ${bestParent.name}, the best parent)`;
  return [
    `${sweep.name}${name}`,
    `  search   ${formatScoreWithError(search?.fitness, search?.stderr)}${parent}`,
    `  confirm  ${confirm === undefined ? 'not yet' : formatScoreWithError(confirm.fitness, confirm.stderr)}${chosenAmong(finalists)}`,
    ...Object.entries(trial.params ?? {}).map(
      ([parameter, value]) => `  ${value.toFixed(6)}  ${parameter}`,
    ),
    ...Object.entries(filesOf(model) ?? {}).map(
      ([file, sha256]) => `  sha256   ${sha256}  ${file}`,
    ),
    ...(configPath === undefined ? [] : [`  config   ${configPath}`]),
    '',
    `next  npx mergesweep best ${sweep.name} --yaml${flags} > merge.yaml`,
  ];
}
