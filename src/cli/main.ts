/** The program `mergesweep`: every verb, its help, its errors and exit codes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { findProjectRoot } from '../config.js';
import { parseCrashHook, setCrashHook } from '../crash-points.js';
import { registerBest } from './best.js';
import { registerCheck } from './check.js';
import { registerCompare } from './compare.js';
import { realDependencies, type CliDependencies } from './dependencies.js';
import { registerDemo } from './demo.js';
import { registerDoctor } from './doctor.js';
import { registerFork } from './fork.js';
import { exitCodesText } from './help-text.js';
import { registerInit } from './init.js';
import { registerLs } from './ls.js';
import {
  createProcessIo,
  exitWhenWritten,
  isWorkingVerb,
  surviveBrokenOutput,
} from './process-io.js';
import { findLogFormat } from './observe-flags.js';
import { registerNodes } from './nodes.js';
import { registerRecover } from './recover.js';
import { captureHelp } from './reference.js';
import { formatUsageMessage, reportError } from './report-error.js';
import { registerResume } from './resume.js';
import { registerRun } from './run.js';
import { registerSchema } from './schema.js';
import { registerShow } from './show.js';
import { registerStatus } from './status.js';
import { registerSteer } from './steer.js';
import { registerTrials } from './trials.js';
import { registerWorker } from './worker.js';
import type { CliIo } from './verb.js';

/** The program with every verb; it never exits the process and writes through `io` only. */
export function createProgram(
  io: CliIo,
  dependencies: CliDependencies = realDependencies,
): Command {
  const program = new Command('mergesweep')
    .description('Finds the best merge of the fine-tunes you already own.')
    .version(readVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      outputError: (message, write) => {
        write(formatUsageMessage(message));
      },
      getOutHelpWidth: () => Math.min(io.columns, 100),
      getErrHelpWidth: () => Math.min(io.columns, 100),
      getOutHasColors: () => io.hasColor,
      getErrHasColors: () => io.hasColor,
    })
    .showSuggestionAfterError()
    .showHelpAfterError('Help: mergesweep --help')
    .addHelpText(
      'after',
      '\nStart: mergesweep demo. Data goes to stdout, messages to stderr; NO_COLOR is respected;\n' +
        'MERGESWEEP_DEBUG=1 prints where an error came from. Help on a verb: mergesweep VERB --help',
    );
  program.commandsGroup('Begin:');
  registerInit(program, io);
  registerCheck(program, io);
  registerSchema(program, io);
  registerDoctor(program, io);
  program.commandsGroup('Run:');
  registerRun(program, io);
  registerResume(program, io, dependencies);
  registerFork(program, io, dependencies);
  registerDemo(program, io, registerRun);
  registerWorker(program, io);
  registerRecover(program, io);
  program.commandsGroup('Steer:');
  registerSteer(program, io, dependencies);
  program.commandsGroup('Read:');
  registerLs(program, io, dependencies);
  registerStatus(program, io, dependencies);
  registerNodes(program, io, dependencies);
  registerTrials(program, io, dependencies);
  registerShow(program, io, dependencies);
  registerBest(program, io, dependencies);
  registerCompare(program, io, dependencies);
  program.helpCommand('help [verb]', 'show the help of a verb');
  for (const verb of program.commands) {
    verb.showHelpAfterError(`Help: mergesweep ${verb.name()} --help`);
    if (!captureHelp(verb).includes('Exit code')) verb.addHelpText('after', exitCodesText);
  }
  return program;
}

/**
 * Runs one command line, words after `mergesweep` only. Never throws: errors go to `io.err`, the
 * exit code to `io.setExitCode`.
 */
export async function runCli(
  words: readonly string[],
  io: CliIo,
  program: Command = createProgram(io),
): Promise<void> {
  try {
    if (words.length === 0) program.help({ error: true });
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    reportError(error, io);
  }
}

/** The process: `argv` as in `process.argv`. */
export async function main(argv: readonly string[] = process.argv): Promise<void> {
  const words = argv.slice(2);
  crashWhereAsked(process.env['MERGESWEEP_CRASH_AT']);
  surviveBrokenOutput(words[0]);
  // What we and the tools write is for its owner alone; but for these two verbs: they write for the user.
  if (!['init', 'schema'].includes(words[0] ?? '')) process.umask(0o077);
  const isWorking = isWorkingVerb(words[0]);
  await runCli(words, createProcessIo(isWorking ? findLogFormat(words, process.env) : 'text'));
  if (isWorking) await exitWhenWritten();
}

/** For tests of recovery: see `parseCrashHook`. */
function crashWhereAsked(text: string | undefined): void {
  if (text === undefined || text === '') return;
  const hook = parseCrashHook(text, () => process.kill(process.pid, 'SIGKILL'));
  if (hook === undefined)
    process.stderr.write(`MERGESWEEP_CRASH_AT=${text} is ignored: expected POINT[:WHAT]#N\n`);
  else setCrashHook(hook);
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(join(findProjectRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
