/** From the start of `mergesweep run` on a fresh folder, server included, to the start of its first merge. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { makeSweepFolder } from '../../test/chaos/sweep-folder.js';
import { root } from '../demo-problem.js';
import { readTreeCpuSeconds } from '../process-tree-cpu.js';

export interface ColdStart {
  readonly seconds: number;
  /** Of the process and all that it started, by then. */
  readonly cpuSeconds: number;
}

/** @throws when nothing was merged within two minutes */
export async function measureColdStart(folder: string, seed: number): Promise<ColdStart> {
  const plan = { mode: 'cold', seed, trials: 4 } as const;
  const made = makeSweepFolder({
    ...{ root, path: folder, plan, seconds: [2, 2], heartbeatSeconds: 30 },
  });
  const start = performance.now();
  const run = execa(
    process.execPath,
    [
      ...[join(root, 'bin', 'mergesweep.js'), 'run', made.sweepFile],
      ...['--results', made.results, '--slots', '1', '--json'],
    ],
    { cwd: folder, env: made.env, extendEnv: false, reject: false, stdio: 'ignore' },
  );
  try {
    while (!isMerging(made.calls)) {
      if (performance.now() - start > 120_000) throw new Error(`nothing was merged: see ${folder}`);
      await delay(10);
    }
    const seconds = (performance.now() - start) / 1000;
    return { seconds, cpuSeconds: run.pid === undefined ? 0 : readTreeCpuSeconds(run.pid) };
  } finally {
    run.kill('SIGINT');
    await run;
  }
}

function isMerging(calls: string): boolean {
  return existsSync(calls) && readFileSync(calls, 'utf8').includes('mergekit');
}
