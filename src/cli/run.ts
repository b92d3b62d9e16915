/** `mergesweep run`: starts a sweep, goes on with it, or watches it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { findProjectRoot, readConfig } from '../config.js';
import type { Config } from '../config.js';
import { requireTool } from '../external/find-tool.js';
import { renderSweepResult } from '../report/sweep-result.js';
import type { LedgerReader } from '../store/rows.js';
import { repeatCommand } from './go-on-command.js';
import { catchInterrupt } from './interrupt.js';
import { createReporter } from './live/reporter.js';
import type { ReportMode } from './live/reporter.js';
import { allowPickleOption, allowTaskCodeOption } from './permission-flags.js';
import { wholeNumber } from './run-options.js';
import type { RunOptions } from './run-options.js';
import { findReader, readRunTarget, requireSameSweep } from './run-target.js';
import { exitCodes } from './verb.js';
import type { CliIo, ExitCode, RegisterVerb } from './verb.js';

export const registerRun: RegisterVerb = (program: Command, io: CliIo) => {
  program
    .command('run')
    .description('run a sweep; the same command later goes on where it stopped')
    .argument('<file>', 'sweep file, e.g. sweeps/demo.yaml')
    .option('--results <dir>', 'results folder (MERGESWEEP_RESULTS; default: results)')
    .option('--name <name>', "the sweep's name instead of the file's")
    .option('--max-trials <n>', 'search trials instead of the file’s', wholeNumber(1, 100_000))
    .option('--seed <n>', 'seed instead of the file’s', wholeNumber(0, 2_147_483_647))
    .option('--slots <n>', 'evaluations at once on this machine', wholeNumber(1, 256))
    .option('--pool <name>', 'GPU pool of the nodes (MERGESWEEP_POOL)')
    .option('--no-worker', 'run no trials on this machine')
    .option('--address <host:port>', 'Temporal server; default: one of our own')
    .option('--namespace <name>', "Temporal's namespace")
    .option('--profile <name>', "profile of Temporal's own configuration file")
    .option('--insecure-plaintext', 'allow a remote Temporal server without TLS')
    .option('--detach', 'hand the sweep to the process that runs this folder and return')
    .option('--adopt', 'take the results folder over from the machine that wrote it last')
    .addOption(allowPickleOption('label'))
    .addOption(allowTaskCodeOption())
    .option('--json', 'one JSON line an event, on stdout')
    .addHelpText(
      'after',
      `
Examples:
  mergesweep run sweeps/demo.yaml
  mergesweep run sweeps/demo.yaml --name demo-2 --seed 2 --max-trials 40
  mergesweep run sweep.yaml --address temporal.lan:7233 --insecure-plaintext --no-worker

Exit codes: 0 finished, 1 failed, 2 the file or a flag is wrong, 3 a model does not fit or a tool
is missing, 4 paused, 130 interrupted.`,
    )
    .action(async (file: string, options: RunOptions) => {
      io.setExitCode(await run(file, options, io));
    });
};

async function run(file: string, options: RunOptions, io: CliIo): Promise<ExitCode> {
  const config = readConfig(options, io.env, io.cwd);
  const target = await readRunTarget(file, options, io);
  if (typeof target === 'number') return target;

  const known = findReader(config.resultsDir);
  try {
    const row = known?.getSweep(target.spec.name);
    if (known !== undefined && row !== undefined) requireSameSweep(known, row, target);
    if (known !== undefined && row?.state === 'finished') {
      printResult(known, row.name, config, options, io);
      return exitCodes.ok;
    }
  } finally {
    known?.close();
  }

  if (options.worker)
    for (const tool of [config.tools.mergekitYaml, config.tools.lmEval]) requireTool(tool, io.env);

  // Temporal's modules take most of a second to load: not for a sweep that is finished.
  const { runSweep } = await import('./run-sweep.js');
  const startedAtMs = Date.now();
  const mode: ReportMode = options.json === true ? 'json' : io.isTty ? 'block' : 'lines';
  const reporter = createReporter(mode, io, startedAtMs);
  const insist: { act: () => void } = { act: () => undefined };
  const interrupt = catchInterrupt(() => {
    insist.act();
    process.exit(exitCodes.interrupted);
  });
  try {
    return await runSweep({
      ...{ config, target, options, reporter, env: io.env, signal: interrupt.signal },
      goOn: repeatCommand(file, options),
      versions: { mergesweep: readOwnVersion() },
      onInsist: (act) => (insist.act = act),
      printResult: (reader, sweep) => {
        reporter.end();
        printResult(reader, sweep, config, options, io);
      },
    });
  } finally {
    reporter.end();
    interrupt.dispose();
  }
}

function printResult(
  reader: LedgerReader,
  sweep: string,
  { resultsDir }: Config,
  { json, results }: RunOptions,
  io: CliIo,
): void {
  // Events are for programs: they read `best --json` and `trials --json`.
  if (json === true) return;
  const color = io.hasColor;
  const resultsPath = results ?? (resultsDir === join(io.cwd, 'results') ? 'results' : resultsDir);
  io.out(renderSweepResult(reader, sweep, { color, columns: io.columns, resultsPath }));
}

function readOwnVersion(): string {
  const text = readFileSync(join(findProjectRoot(), 'package.json'), 'utf8');
  const manifest: unknown = JSON.parse(text);
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
