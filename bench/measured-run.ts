import { execa } from 'execa';
import { readTreeCpuSeconds } from './process-tree-cpu.js';

/** A moment of a program: seconds since it started, CPU-seconds of its process tree until then. */
export interface Moment {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export interface MeasuredProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its standard error goes there. */
  readonly logPath: string;
}

/** Between two looks at the process tree; the last one stands for the end. */
const intervalMs = 250;

/**
 * Runs a program that prints JSON lines; `onLine` gets each with the moment it came.
 * @returns the last moment before its end
 * @throws when it exits other than with 0
 */
export async function runMeasured(
  program: MeasuredProgram,
  onLine: (line: unknown, moment: Moment) => void,
): Promise<Moment> {
  const started = performance.now();
  const child = execa(program.command, program.args, {
    cwd: program.cwd,
    env: program.env,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: { file: program.logPath },
    buffer: false,
  });
  const { pid } = child;
  if (pid === undefined) await child;
  let last: Moment = { seconds: 0, cpuSeconds: 0 };
  const look = (): Moment => {
    const cpuSeconds = pid === undefined ? 0 : readTreeCpuSeconds(pid);
    last = {
      seconds: (performance.now() - started) / 1000,
      cpuSeconds: Math.max(cpuSeconds, last.cpuSeconds),
    };
    return last;
  };
  const timer = setInterval(look, intervalMs);
  try {
    for await (const line of child.iterable({ from: 'stdout' })) {
      onLine(JSON.parse(line), look());
    }
    await child;
  } finally {
    clearInterval(timer);
  }
  return last;
}
