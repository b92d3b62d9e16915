/** Runs a checked sweep as the verbs do that run one: live output, Ctrl-C, the result at the end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, findProjectRoot, readConfig } from '../config.js';
import { isBudgetEdit } from '../budget/raise-budget.js';
import { requireTool } from '../external/find-tool.js';
import { renderSweepResult } from '../report/sweep-result.js';
import { renderEdits, type SpecEdit } from '../spec/spec-change.js';
import type { LedgerReader } from '../store/rows.js';
import { catchInterrupt } from './interrupt.js';
import { createReporter } from './live/reporter.js';
import type { ReportMode } from './live/reporter.js';
import type { RunOptions } from './run-options.js';
import { findReader, requireSameSweep, type RunTarget } from './run-target.js';
import { exitCodes } from './verb.js';
import type { CliIo, ExitCode } from './verb.js';

export interface StartRun {
  readonly target: RunTarget;
  readonly options: RunOptions;
  readonly io: CliIo;
  /** The command that goes on with the sweep. */
  readonly goOn: string;
  /** A new sweep begins with what this one knows. */
  readonly forkOf?: string;
  /** One that the user holds is let go. @default false */
  readonly isReleasing?: boolean;
}

/**
 * Starts the sweep, goes on with it, or prints the result of a finished one.
 *
 * @throws UsageError `spec_changed` where the name is of another sweep
 */
export async function startRun(start: StartRun): Promise<ExitCode> {
  const { target, options, io } = start;
  const config = readConfig(options, io.env, io.cwd);
  const found = lookAtLedger(start, config);
  if (found === undefined) return exitCodes.ok;
  const { edits, isReleasing } = found;
  if (options.worker)
    for (const tool of [config.tools.mergekitYaml, config.tools.lmEval]) requireTool(tool, io.env);

  // Temporal's modules take most of a second to load: not for a sweep that is finished.
  const { runSweep } = await import('./run-sweep.js');
  const startedAtMs = Date.now();
  // A block that is redrawn has no place among JSON lines.
  const isBlock = io.isTty && config.logFormat === 'text';
  const mode: ReportMode = options.json === true ? 'json' : isBlock ? 'block' : 'lines';
  const reporter = createReporter(mode, io, startedAtMs);
  if (edits.length > 0)
    reporter.say(['The sweep goes on with the edited file:', ...renderEdits(edits)].join('\n'));
  const insist: { act: () => void } = { act: () => undefined };
  const interrupt = catchInterrupt(() => {
    insist.act();
    process.exit(exitCodes.interrupted);
  });
  try {
    return await runSweep({
      ...{ config, target, options, reporter, env: io.env, signal: interrupt.signal },
      ...{ goOn: start.goOn, isEdited: edits.length > 0 },
      isReleasing,
      ...(io.log !== undefined && { log: io.log }),
      ...(start.forkOf !== undefined && { forkOf: start.forkOf }),
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

/** What the ledger knows of the sweep already; undefined where it is finished, and its result printed. */
function lookAtLedger(
  { target, options, io, isReleasing = false }: StartRun,
  config: Config,
): { readonly edits: readonly SpecEdit[]; readonly isReleasing: boolean } | undefined {
  const known = findReader(config.resultsDir);
  try {
    const row = known?.getSweep(target.spec.name);
    if (known === undefined || row === undefined) return { edits: [], isReleasing: false };
    const edits = requireSameSweep(known, row, target);
    const isExtended = edits.some(
      (edit) => edit.rule === 'up' || (row.searchEnded !== undefined && isBudgetEdit(edit)),
    );
    if (row.state !== 'finished' || isExtended)
      return { edits, isReleasing: isReleasing && row.isHeld };
    printResult(known, row.name, config, options, io);
    return undefined;
  } finally {
    known?.close();
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
