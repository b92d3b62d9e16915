import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolEnvironment } from '../preload/tool-environment.js';
import { type Operation, parseTrace } from './trace.js';

export interface Recorder {
  /** Of `record.c`. */
  readonly library: string;
  /** Absolute and real; gets `disk/`, which is recorded, and the trace. Fresh. */
  readonly folder: string;
}

export const diskOf = ({ folder }: Recorder): string => join(folder, 'disk');
export const marksOf = ({ folder }: Recorder): string => join(folder, 'marks');
const traceOf = ({ folder }: Recorder): string => join(folder, 'trace');

/** What a program needs to be recorded; also for its children. */
export function recorderEnvironment(recorder: Recorder): Record<string, string> {
  return {
    LD_PRELOAD: recorder.library,
    RECORD_ROOT: diskOf(recorder),
    RECORD_TRACE: traceOf(recorder),
    RECORD_MARK: marksOf(recorder),
  };
}

/**
 * Runs a program of this folder under the recorder to its end; several runs make one trace.
 *
 * @param ends how it is to end: any other end is an error
 */
export async function record(
  recorder: Recorder,
  program: string,
  args: readonly string[],
  ends: 'exit' | 'SIGKILL' = 'exit',
): Promise<void> {
  mkdirSync(diskOf(recorder), { recursive: true });
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...toolEnvironment(process.env), ...recorderEnvironment(recorder) },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 300_000,
    killSignal: 'SIGTERM',
  });
  const onExit = (): void => {
    child.kill('SIGKILL');
  };
  process.on('exit', onExit);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  process.off('exit', onExit);
  const isAsMeant = ends === 'exit' ? code === 0 : signal === ends;
  if (!isAsMeant) throw new Error(`${program} ended with ${code ?? signal ?? '?'}, meant: ${ends}`);
}

/** What was recorded so far; paths are relative to `diskOf`. */
export function readTrace(recorder: Recorder): Operation[] {
  const path = traceOf(recorder);
  return existsSync(path) ? parseTrace(readFileSync(path), diskOf(recorder)) : [];
}
