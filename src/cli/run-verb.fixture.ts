/** Runs verbs as the command line does, for tests. */
import { Command } from 'commander';
import type { CliIo, RegisterVerb } from './verb.js';

export interface VerbRun {
  readonly out: string;
  readonly err: string;
  readonly exitCode: number;
}

/** @param cwd absolute */
export async function runVerb(
  register: RegisterVerb,
  args: readonly string[],
  cwd: string,
): Promise<VerbRun> {
  const run = { out: '', err: '', exitCode: 0 };
  const io: CliIo = {
    out: (text) => void (run.out += text),
    err: (text) => void (run.err += text),
    env: { HOME: cwd, HF_HUB_CACHE: `${cwd}/hub` },
    cwd,
    isTty: false,
    columns: 80,
    hasColor: false,
    setExitCode: (code) => void (run.exitCode = code),
  };
  const program = new Command()
    .exitOverride()
    .configureOutput({ writeErr: io.err, writeOut: io.out });
  register(program, io);
  await program.parseAsync(args, { from: 'user' });
  return run;
}
