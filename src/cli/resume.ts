/** `mergesweep resume`: goes on with a sweep by its name, and says before what that will do. */
import type { Command } from 'commander';
import { readConfig } from '../config.js';
import { compareSpec, describeRefusal } from '../spec/spec-change.js';
import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import { bindingText } from '../spec/pinned-spec.js';
import { resolveSweep } from '../report/resolve-reference.js';
import type { SweepRow } from '../store/rows.js';
import type { CliDependencies } from './dependencies.js';
import { resumeCommand } from './go-on-command.js';
import { overrideSpec, readOverrides } from './override-spec.js';
import { displayPath, sweepArgument, withReader, writeJson, writeLines } from './reading-verb.js';
import { addRunFlags, runExitCodes } from './run-options.js';
import type { RunOptions } from './run-options.js';
import { checkRunTarget } from './run-target.js';
import { startRun } from './start-run.js';
import { exitCodes } from './verb.js';
import type { CliIo, ExitCode } from './verb.js';

interface ResumeOptions extends RunOptions {
  readonly plan?: boolean;
}

export function registerResume(program: Command, io: CliIo, dependencies: CliDependencies): void {
  const command = program
    .command('resume')
    .description(
      'go on with a sweep by its name: from its file where it is, else from the ledger; one that is held\n' +
        'is let go',
    )
    .argument('<sweep>', sweepArgument)
    .option('--results <dir>', 'results folder (MERGESWEEP_RESULTS; default: results)')
    .option('--plan', 'say what will be reused, run again and why; start nothing')
    .action(async (name: string, options: ResumeOptions) => {
      io.setExitCode(await resume(name, options, io, dependencies));
    });
  addRunFlags(command).addHelpText(
    'after',
    `
Examples:
  mergesweep resume demo --plan
  mergesweep resume @last

docs/resume.md says what is reused after what.

${runExitCodes}`,
  );
}

async function resume(
  name: string,
  options: ResumeOptions,
  io: CliIo,
  dependencies: CliDependencies,
): Promise<ExitCode> {
  const reading = options.results === undefined ? {} : { results: options.results };
  const row = await withReader(reading, io, dependencies, (reader) => resolveSweep(reader, name));
  const text = await dependencies.readFile(row.specPath);
  const specText = text === undefined ? row.specText : withOverrides(text, row);
  if (options.plan === true) {
    const source = { specText, isThere: text !== undefined };
    return printPlan(row.name, source, options, io, dependencies);
  }
  const shown = displayPath(row.specPath, io.cwd);
  if (text === undefined)
    io.err(`${shown} is gone: the sweep goes on by what the ledger holds of it.\n`);
  const target = await checkRunTarget({ specText, specPath: row.specPath }, shown, options, io);
  if (typeof target === 'number') return target;
  const goOn = resumeCommand(row.name, options);
  return startRun({ target, options, io, goOn, isReleasing: true });
}

/** The file with the flags that the sweep was started with: it says the rest. */
export function withOverrides(text: string, row: SweepRow): string {
  const { name: _, ...overrides } = readOverrides(row.specText);
  const parsed = parseSweepSpec(text, row.specPath);
  const isNamed = parsed.ok && parsed.spec.name === row.name;
  return overrideSpec(text, { ...overrides, ...(isNamed ? {} : { name: row.name }) });
}

async function printPlan(
  name: string,
  { specText, isThere }: { readonly specText: string; readonly isThere: boolean },
  options: ResumeOptions,
  io: CliIo,
  dependencies: CliDependencies,
): Promise<ExitCode> {
  const { planResume } = await import('../client/plan-resume.js');
  const { resolveTemporal } = await import('../client/resolve-temporal.js');
  const { realPath } = await import('../../activities/adopt-spec.js');
  const { renderResumePlan } = await import('./render-resume-plan.js');
  const { resultsDir } = readConfig(options, io.env, io.cwd);
  const reading = options.results === undefined ? {} : { results: options.results };
  return withReader(reading, io, dependencies, (reader) => {
    const row = resolveSweep(reader, name);
    const isConfirming = reader.listTrials(name).some(({ kind }) => kind === 'confirm');
    const change = compareSpec({ ...row, isConfirming }, specText, row.specPath, { realPath });
    const stored = parseSweepSpec(bindingText(row), row.specPath);
    const plan = planResume({
      ...{ resultsDir, reader, row, temporal: resolveTemporal(options, io.env) },
      file: { isThere, change },
      hasConfirm: stored.ok && stored.spec.file.tasks.confirm.length > 0,
    });
    const command = resumeCommand(name, options);
    const shown = displayPath(row.specPath, io.cwd);
    if (options.json === true) writeJson(io, { ...plan, command });
    else writeLines(io, renderResumePlan(plan, shown, command));
    if (change.kind === 'allowed') return exitCodes.ok;
    io.err(`${describeRefusal(name, change, shown)}\n`);
    return exitCodes.usage;
  });
}
