import { join } from 'node:path';
import { Command } from 'commander';
import { findProjectRoot } from '../config.js';
import { addExamples } from './help-text.js';
import { displayPath } from './reading-verb.js';
import { wholeNumber } from './run-options.js';
import type { CliIo, RegisterVerb } from './verb.js';

interface DemoOptions {
  readonly results?: string;
  readonly trials?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

/** `demo`: `run` on the sweep that comes with mergesweep. */
export function registerDemo(program: Command, io: CliIo, registerRun: RegisterVerb): void {
  const command = program
    .command('demo')
    .summary('merge three tiny specialists on this machine, without a GPU')
    .description(
      'Runs sweeps/demo.yaml: three tiny specialists into one model, on real mergekit, lm-eval\n' +
        'and Temporal, without a GPU. Goes on where it was stopped, as `run` does.',
    )
    .option('--results <dir>', 'results folder (default: $MERGESWEEP_RESULTS, else ./results)')
    .option('--trials <n>', 'trials of the search', wholeNumber(1, 100_000))
    .option('--seed <n>', 'seed of the search', wholeNumber(0, 2_147_483_647))
    .option('--json', 'one JSON line an event, on stdout')
    .action(async (options: DemoOptions) => {
      // A program of its own: commander's commands keep the options of the parse they are in.
      const inner = new Command('mergesweep').copyInheritedSettings(program);
      registerRun(inner, io);
      await inner.parseAsync(['run', ...runArguments(options, io.cwd)], { from: 'user' });
    });
  addExamples(command, [
    ['demo', '100 trials, about three minutes on 2 cores'],
    ['demo --trials 20 --seed 1', 'a shorter one'],
  ]);
}

/** The arguments of `run` for the demo; other numbers are another sweep, so they name it. */
export function runArguments({ results, trials, seed, json }: DemoOptions, cwd: string): string[] {
  const parts = [
    ...(trials === undefined ? [] : [`t${trials}`]),
    ...(seed === undefined ? [] : [`s${seed}`]),
  ];
  return [
    displayPath(join(findProjectRoot(), 'sweeps', 'demo.yaml'), cwd),
    ...(parts.length === 0 ? [] : ['--name', ['demo', ...parts].join('-')]),
    ...(trials === undefined ? [] : ['--max-trials', String(trials)]),
    ...(seed === undefined ? [] : ['--seed', String(seed)]),
    ...(results === undefined ? [] : ['--results', results]),
    ...(json === true ? ['--json'] : []),
  ];
}
