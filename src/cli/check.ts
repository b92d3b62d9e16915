import { resolve } from 'node:path';
import pc from 'picocolors';
import { checkSweep, type CheckReport } from '../client/check-sweep.js';
import { exitCodes, type ExitCode, type RegisterVerb } from './verb.js';
import { renderCheckReport } from './render-check.js';
import {
  allowPickleOption,
  allowTaskCodeOption,
  readPermissions,
  repeatPermissions,
} from './permission-flags.js';
import type { PermissionFlags } from './permission-flags.js';
import { readSweepFile } from './sweep-file.js';

interface CheckOptions extends PermissionFlags {
  readonly strict?: boolean;
  readonly json?: boolean;
}

export const registerCheck: RegisterVerb = (program, io) => {
  program
    .command('check')
    .description("read a sweep file and its models' headers; starts nothing")
    .argument('<file>', 'the sweep file')
    .option('--strict', 'warnings are errors')
    .addOption(allowPickleOption('label'))
    .addOption(allowTaskCodeOption())
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
Exit codes: 0 fine, 2 errors in the file, 3 a model does not fit.

Examples:
  mergesweep check sweeps/demo.yaml
  mergesweep check sweeps/demo.yaml --json | jq .findings`,
    )
    .action(async (file: string, options: CheckOptions) => {
      const text = await readSweepFile(file, io);
      const permissions = readPermissions(options);
      const path = resolve(io.cwd, file);
      const report = await checkSweep(text, path, io.env, undefined, permissions);
      const exitCode = exitCodeOf(report, options.strict === true);
      if (options.json === true) io.out(`${JSON.stringify(toJson(report, exitCode), null, 2)}\n`);
      else {
        const flags = repeatPermissions(permissions).map((flag) => ` ${flag}`);
        const colors = pc.createColors(io.hasColor);
        io.out(renderCheckReport(report, file, exitCode, colors, flags.join('')));
      }
      io.setExitCode(exitCode);
    });
};

/** @param isStrict warnings count as errors; what could not be checked never does */
export function exitCodeOf(report: CheckReport, isStrict: boolean): ExitCode {
  if (report.status === 'spec') return exitCodes.usage;
  if (report.status === 'models') return exitCodes.preflight;
  const isWarned =
    report.diagnostics.length > 0 || report.findings.some(({ severity }) => severity === 'warning');
  return isStrict && isWarned ? exitCodes.preflight : exitCodes.ok;
}

function toJson(report: CheckReport, exitCode: ExitCode): object {
  const { spec, checked, ...rest } = report;
  return {
    version: 1,
    ...rest,
    exitCode,
    ...(spec === undefined ? {} : { name: spec.name, hash: spec.hash }),
    checked: checked.map(({ label, directory, config, provenance, tensors }) => ({
      label,
      directory,
      config,
      provenance,
      tensors: Object.keys(tensors).length,
    })),
  };
}
