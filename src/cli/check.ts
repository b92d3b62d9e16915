import { resolve } from 'node:path';
import pc from 'picocolors';
import type { TemporalFlags } from '../client/resolve-temporal.js';
import { readSurroundings } from '../client/read-surroundings.js';
import { readConfig } from '../config.js';
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

interface CheckOptions extends PermissionFlags, TemporalFlags {
  readonly results?: string;
  readonly pool?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

export const registerCheck: RegisterVerb = (program, io) => {
  program
    .command('check')
    .description("read a sweep file and its models' headers, plan its cost; starts nothing")
    .argument('<file>', 'the sweep file')
    .option('--strict', 'warnings are errors')
    .addOption(allowPickleOption('label'))
    .addOption(allowTaskCodeOption())
    .option('--results <dir>', 'results folder: earlier sweeps, and who runs it now')
    .option('--pool <name>', 'GPU pool of the nodes (MERGESWEEP_POOL)')
    .option('--address <host:port>', 'Temporal server whose nodes are planned for')
    .option('--namespace <name>', "Temporal's namespace")
    .option('--profile <name>', "profile of Temporal's own configuration file")
    .option('--insecure-plaintext', 'allow a remote Temporal server without TLS')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
Exit codes: 0 fine, 2 errors in the file, 3 a model does not fit.

Examples:
  mergesweep check sweeps/demo.yaml
  mergesweep check sweeps/demo.yaml --profile prod --pool h100
  mergesweep check sweeps/demo.yaml --json | jq .forecast`,
    )
    .action(async (file: string, options: CheckOptions) => {
      const text = await readSweepFile(file, io);
      const permissions = readPermissions(options);
      const path = resolve(io.cwd, file);
      const { resultsDir, pool } = readConfig(options, io.env, io.cwd);
      const surroundings = await readSurroundings({
        ...{ resultsDir, pool, flags: options, env: io.env },
      });
      const report = await checkSweep(text, path, io.env, undefined, permissions, surroundings);
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
  const { spec, checked, cost, ...rest } = report;
  const { forecast, nodes = [] } = cost ?? {};
  return {
    version: 1,
    ...rest,
    ...(forecast === undefined ? {} : { forecast }),
    nodes,
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
