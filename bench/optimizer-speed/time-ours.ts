/**
 * What asking and telling costs in cma-es-ts: a job a line. A program of its own, run as it was compiled: under the
 * benchmark's loader closures cost more.
 */
import { createInterface } from 'node:readline';
import { Cma } from 'cma-es-ts';

export interface TimeJob {
  readonly library: string;
  readonly dimension: number;
  readonly covariance: 'full' | 'separable';
  /** Whole generations: a few more are made. */
  readonly trials: number;
  readonly seed: number;
}

/** Of one trial. */
export interface TrialTime {
  readonly cpuMicroseconds: number;
  readonly wallMicroseconds: number;
}

/** The function's own time is taken off. */
function timeOurs({ dimension, covariance, trials, seed }: TimeJob): TrialTime {
  const cma = new Cma({ dimension, covariance, seed });
  const points: (readonly number[])[] = [];
  const before = now();
  for (let trial = 0; trial < trials; trial++) {
    const { id, x } = cma.ask();
    cma.tell(id, sphere(x));
    points.push(x);
  }
  const between = now();
  let total = 0;
  for (const x of points) total += sphere(x);
  const after = now();
  // Used, or it might be left out.
  if (Number.isNaN(total)) throw new Error('a sphere is a number');
  return {
    cpuMicroseconds: (2 * between.cpu - before.cpu - after.cpu) / trials,
    wallMicroseconds: (2 * between.wall - before.wall - after.wall) / trials,
  };
}

function sphere(x: readonly number[]): number {
  let total = 0;
  for (const xi of x) total += (xi - 0.3) ** 2;
  return total;
}

function now(): { cpu: number; wall: number } {
  const { user, system } = process.cpuUsage();
  return { cpu: user + system, wall: performance.now() * 1000 };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(timeOurs(JSON.parse(line) as TimeJob)));
}
