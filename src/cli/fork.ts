/** `mergesweep fork`: a new sweep that begins with what another one knows. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { resolveSweep } from '../report/resolve-reference.js';
import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import { bindingText } from '../spec/pinned-spec.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import type { SweepRow } from '../store/rows.js';
import type { CliDependencies } from './dependencies.js';
import { resumeCommand } from './go-on-command.js';
import { overrideSpec } from './override-spec.js';
import { displayPath, sweepArgument, withReader } from './reading-verb.js';
import { withOverrides } from './resume.js';
import { addRunFlags, runExitCodes } from './run-options.js';
import type { RunOptions } from './run-options.js';
import { checkRunTarget } from './run-target.js';
import { startRun } from './start-run.js';
import { readSweepFile } from './sweep-file.js';
import type { CliIo, ExitCode } from './verb.js';

interface ForkOptions extends RunOptions {
  readonly name: string;
  readonly file?: string;
}

export function registerFork(program: Command, io: CliIo, dependencies: CliDependencies): void {
  const command = program
    .command('fork')
    .description(
      'run a new sweep that begins with what another one knows: its optimizer hears of every score that\n' +
        'compares, and tries the best of it first',
    )
    .argument('<sweep>', sweepArgument)
    .requiredOption('--name <name>', 'name of the new sweep')
    .option('--file <file>', 'its sweep file; default: that of the other one, as it is now')
    .option('--results <dir>', 'results folder (MERGESWEEP_RESULTS; default: results)')
    .action(async (name: string, options: ForkOptions) => {
      io.setExitCode(await fork(name, options, io, dependencies));
    });
  addRunFlags(command).addHelpText(
    'after',
    `
Examples:
  mergesweep fork demo --name demo-2
  mergesweep fork demo --name wider --file sweeps/wider.yaml

${runExitCodes}`,
  );
}

async function fork(
  name: string,
  options: ForkOptions,
  io: CliIo,
  dependencies: CliDependencies,
): Promise<ExitCode> {
  const reading = options.results === undefined ? {} : { results: options.results };
  const row = await withReader(reading, io, dependencies, (reader) => resolveSweep(reader, name));
  if (options.name === row.name)
    throw new UsageError(
      'fork_name',
      `--name ${options.name} is the sweep itself: a fork needs a name of its own, e.g. ${row.name}-2`,
    );
  const { text, path } = await readSource(row, options, io, dependencies);
  const shown = displayPath(path, io.cwd);
  const specText = overrideSpec(text, { name: options.name });
  const target = await checkRunTarget({ specText, specPath: path }, shown, options, io);
  if (typeof target === 'number') return target;
  io.err(`${await describeInheritance(row, target.spec)}\n`);
  const goOn = resumeCommand(options.name, options);
  return startRun({ target, options, io, goOn, forkOf: row.name });
}

async function readSource(
  row: SweepRow,
  { file }: ForkOptions,
  io: CliIo,
  dependencies: CliDependencies,
): Promise<{ readonly text: string; readonly path: string }> {
  if (file !== undefined)
    return { text: await readSweepFile(file, io), path: resolve(io.cwd, file) };
  const text = await dependencies.readFile(row.specPath);
  // With the flags that the other one was started with; where its file is gone, as the ledger has it.
  return { text: text === undefined ? row.specText : withOverrides(text, row), path: row.specPath };
}

/** What the new sweep takes over, and why not where it takes nothing. */
async function describeInheritance(row: SweepRow, spec: SweepSpec): Promise<string> {
  const { findObstacle } = await import('../../activities/inherit.js');
  const former = parseSweepSpec(bindingText(row), row.specPath);
  const obstacle = former.ok
    ? findObstacle(former.spec, spec)
    : `the file of ${row.name} can't be read by this version`;
  return obstacle === undefined
    ? `${spec.name} begins with every score of ${row.name} told to its optimizer, and tries the best of it first.`
    : `${spec.name} begins with nothing of ${row.name}: ${obstacle}.`;
}
