/** The command line without a process: what it prints, and the exit code it sets. */
import { LedgerError } from '../errors.js';
import { createFakeReader, unpackPlain, type FakeSweep } from '../report/ledger.fixture.js';
import type { CliDependencies } from './dependencies.js';
import { createProgram, runCli } from './main.js';
import type { CliIo, ExitCode } from './verb.js';

export interface CliRun {
  readonly out: string;
  readonly err: string;
  readonly exitCode: ExitCode;
  /** The reader's last folder, and whether it was closed. */
  readonly resultsDir?: string;
  readonly isClosed?: boolean;
}

export interface FakeCli {
  /** Absent: nothing has been run in the folder. */
  readonly sweeps?: readonly FakeSweep[];
  readonly files?: Readonly<Record<string, string>>;
  readonly io?: Partial<CliIo>;
  readonly dependencies?: Partial<CliDependencies>;
}

/** Runs `mergesweep WORDS…` in the working directory `/home/me`. */
export async function runFake(
  words: readonly string[],
  { sweeps, files = {}, io = {}, dependencies = {} }: FakeCli = {},
): Promise<CliRun> {
  const run: { -readonly [Key in keyof CliRun]: CliRun[Key] } = { out: '', err: '', exitCode: 0 };
  const fakeIo: CliIo = {
    out: (text) => (run.out += text),
    err: (text) => (run.err += text),
    env: {},
    cwd: '/home/me',
    isTty: false,
    columns: 120,
    hasColor: false,
    setExitCode: (code) => (run.exitCode = code),
    ...io,
  };
  const reader = sweeps === undefined ? undefined : createFakeReader(sweeps);
  const program = createProgram(fakeIo, {
    openReader: (resultsDir) => {
      run.resultsDir = resultsDir;
      return reader === undefined
        ? Promise.reject(
            new LedgerError('ledger_missing', `no sweep has been run in ${resultsDir}`),
          )
        : Promise.resolve(reader);
    },
    loadUnpack: () => Promise.resolve(unpackPlain),
    readFile: (path) => Promise.resolve(files[path]),
    loadSteer: () => Promise.reject(new Error('nothing here steers')),
    loadPoolRegistry: () => Promise.reject(new Error('nothing here asks for nodes')),
    openLive: () =>
      Promise.resolve({
        look: () => Promise.resolve({ unreached: 'nobody runs this folder now' }),
        close: () => Promise.resolve(),
      }),
    sleep: () => Promise.reject(new Error('nothing here waits')),
    ...dependencies,
  });
  await runCli(words, fakeIo, program);
  return { ...run, ...(reader === undefined ? {} : { isClosed: reader.isClosed }) };
}
