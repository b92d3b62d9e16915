import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { compareModels } from '../report/comparison.js';
import { renderComparison } from '../report/render-comparison.js';
import { resolveModels } from '../report/resolve-reference.js';
import type { CliDependencies } from './dependencies.js';
import { addExamples } from './help-text.js';
import {
  addReadingOptions,
  withReader,
  writeJson,
  writeLines,
  type ReadingOptions,
} from './reading-verb.js';
import type { CliIo } from './verb.js';

/** `compare`: models task by task, each against the first, paired by document where that can be. */
export function registerCompare(program: Command, io: CliIo, dependencies: CliDependencies): void {
  const command = program
    .command('compare')
    .summary('compare trials, parents, sweeps: is the difference real?')
    .description(
      'Compares models task by task, each against the first, paired by document where both have\n' +
        'per-document values. A model is SWEEP#T, a sweep (its best), or a baseline of the first\n' +
        "one's sweep (base, uniform, ties, a parent's label).",
    )
    .argument('<models...>', 'two or more')
    .action(async (texts: string[], options: ReadingOptions) => {
      if (texts.length < 2) {
        throw new UsageError(
          'one_model',
          `expected two models or more, got \`${texts.join(' ')}\`; e.g. mergesweep compare ${texts[0] ?? 'demo'} base`,
        );
      }
      const unpack = await dependencies.loadUnpack();
      await withReader(options, io, dependencies, (reader) => {
        const comparison = compareModels(reader, resolveModels(reader, texts), unpack);
        if (options.json === true) writeJson(io, { ...comparison });
        else writeLines(io, renderComparison(comparison));
      });
    });
  addReadingOptions(
    command,
    '"models": [{name, sweep, trial, means: {search: {value, stderr, toFirst}, confirm}}], "tasks": [{split, task, metric, higherIsBetter, cells: [{value, stderr, difference, paired: {documents, difference, stderr, interval, pValue, method, verdict}, notComparable}]}], "cautions": [text]',
  );
  addExamples(command, [
    ['compare demo spec-rev base', "demo's best, a parent, the base"],
    ['compare demo#7 demo#b2', 'two trials'],
    ['compare demo demo-2', 'the bests of two sweeps'],
  ]);
}
