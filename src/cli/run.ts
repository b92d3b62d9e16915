/** `mergesweep run`: starts a sweep, goes on with it, or watches it. */
import type { Command } from 'commander';
import { repeatCommand } from './go-on-command.js';
import { addRunFlags, runExitCodes, wholeNumber } from './run-options.js';
import type { RunOptions } from './run-options.js';
import { readRunTarget } from './run-target.js';
import { startRun } from './start-run.js';
import type { CliIo, ExitCode, RegisterVerb } from './verb.js';

export const registerRun: RegisterVerb = (program: Command, io: CliIo) => {
  const command = program
    .command('run')
    .description('run a sweep; the same command later goes on where it stopped')
    .argument('<file>', 'sweep file, e.g. sweeps/demo.yaml')
    .option('--results <dir>', 'results folder (MERGESWEEP_RESULTS; default: results)')
    .option('--name <name>', "the sweep's name instead of the file's")
    .option('--max-trials <n>', 'search trials instead of the file’s', wholeNumber(1, 100_000))
    .option('--seed <n>', 'seed instead of the file’s', wholeNumber(0, 2_147_483_647))
    .action(async (file: string, options: RunOptions) => {
      io.setExitCode(await run(file, options, io));
    });
  addRunFlags(command).addHelpText(
    'after',
    `
Examples:
  mergesweep run sweeps/demo.yaml
  mergesweep run sweeps/demo.yaml --name demo-2 --seed 2 --max-trials 40
  mergesweep run sweep.yaml --address temporal.lan:7233 --insecure-plaintext --no-worker

${runExitCodes}`,
  );
};

async function run(file: string, options: RunOptions, io: CliIo): Promise<ExitCode> {
  const target = await readRunTarget(file, options, io);
  if (typeof target === 'number') return target;
  return startRun({ target, options, io, goOn: repeatCommand(file, options) });
}
