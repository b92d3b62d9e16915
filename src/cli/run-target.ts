/** What `run` is asked to run: the checked sweep, and what the ledger knows of it. */
import { resolve } from 'node:path';
import { realPath } from '../../activities/adopt-spec.js';
import { readFormers } from '../client/read-surroundings.js';
import { readConfig } from '../config.js';
import { checkSweep, permitModels } from '../client/check-sweep.js';
import type { CostEstimates } from '../budget/cost.js';
import { UsageError } from '../errors.js';
import type { Permissions } from '../preflight/permissions.js';
import { compareSpec, describeRefusal, type SpecEdit } from '../spec/spec-change.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import { openLedgerReader } from '../store/ledger.js';
import type { LedgerReader, SweepRow } from '../store/rows.js';
import { exitCodeOf } from './check.js';
import { overrideSpec } from './override-spec.js';
import { readPermissions } from './permission-flags.js';
import type { PermissionFlags } from './permission-flags.js';
import type { RunOptions } from './run-options.js';
import { formatDiagnostics, readSweepFile } from './sweep-file.js';
import { exitCodes } from './verb.js';
import type { CliIo, ExitCode } from './verb.js';

export interface RunTarget {
  readonly spec: SweepSpec;
  /** With the overrides of the command line in it. */
  readonly specText: string;
  /** Absolute. */
  readonly specPath: string;
  /** What a trial of each kind is expected to take. */
  readonly estimate?: CostEstimates;
  /** What may run as code, by label: for the journal. */
  readonly asked?: Permissions;
  /** The same by model, for the node. */
  readonly permissions?: Permissions;
}

/** Reads and checks the file; what is wrong is printed, and the exit code returned. */
export async function readRunTarget(
  file: string,
  options: RunOptions,
  io: CliIo,
): Promise<RunTarget | ExitCode> {
  const specText = overrideSpec(await readSweepFile(file, io), options);
  return checkRunTarget({ specText, specPath: resolve(io.cwd, file) }, file, options, io);
}

/** As `readRunTarget`, of a text that is known; `file` is what messages call it. */
export async function checkRunTarget(
  { specText, specPath }: Pick<RunTarget, 'specText' | 'specPath'>,
  file: string,
  options: PermissionFlags & { readonly results?: string | undefined },
  io: CliIo,
): Promise<RunTarget | ExitCode> {
  const asked = readPermissions(options);
  const report = await checkSweep(specText, specPath, io.env, undefined, asked, {
    formers: readFormers(readConfig(options, io.env, io.cwd).resultsDir),
  });
  const warnings = formatDiagnostics(report.diagnostics, file);
  const findings = report.findings.flatMap(({ severity, code, subject, message, waysOut }) =>
    severity === 'unchecked'
      ? []
      : [
          `${file} ${severity} ${code} ${subject}: ${message}`,
          ...waysOut.map((way) => `    → ${way}`),
        ],
  );
  io.err(warnings + findings.map((line) => `${line}\n`).join(''));
  const exitCode = exitCodeOf(report, false);
  if (report.spec === undefined || exitCode !== exitCodes.ok) {
    io.err(`Nothing was started. \`mergesweep check ${file}\` tells more.\n`);
    return exitCode;
  }
  const { spec, cost } = report;
  return {
    ...{ spec, specText, specPath, asked, permissions: permitModels(spec, asked) },
    ...(cost?.estimates !== undefined && { estimate: cost.estimates }),
  };
}

/** The ledger's reader; undefined before the first sweep of a folder. */
export function findReader(resultsDir: string): LedgerReader | undefined {
  try {
    return openLedgerReader(resultsDir);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // The writer brings an older one up to date.
    if (code === 'ledger_missing' || code === 'ledger_older') return undefined;
    throw error;
  }
}

/**
 * What differs between the sweep as the ledger knows it and as it is to be run.
 *
 * @throws {UsageError} `spec_changed` with the difference, when that would be another sweep
 */
export function requireSameSweep(
  reader: LedgerReader,
  row: SweepRow,
  { specText, specPath }: RunTarget,
): readonly SpecEdit[] {
  const isConfirming = reader.listStandings(row.name).some(({ kind }) => kind === 'confirm');
  const change = compareSpec({ ...row, isConfirming }, specText, specPath, { realPath });
  if (change.kind === 'allowed') return change.edits;
  throw new UsageError('spec_changed', describeRefusal(row.name, change, specPath));
}
