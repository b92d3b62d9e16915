/** Asking and telling in cma-es-ts against pycma and cmaes: microseconds a trial, in turns on one machine. */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.js';
import { root } from '../demo-problem.js';
import { parseWholeFlags } from '../flags.js';
import { median } from '../median.js';
import { LineProgram } from '../optimizer/line-program.js';
import { preparePeers } from '../optimizer/peers/peers-environment.js';
import { quartiles } from '../optimizer/statistics.js';
import type { TimeJob, TrialTime } from './time-ours.js';

const cases = [
  { dimension: 10, covariance: 'full', trials: 3000 },
  { dimension: 40, covariance: 'full', trials: 1500 },
  { dimension: 100, covariance: 'full', trials: 1000 },
  { dimension: 1000, covariance: 'separable', trials: 1000 },
] as const;

const libraries = ['pycma', 'cmaes'] as const;

interface Timed {
  readonly peer: string;
  /** By round, microseconds of a trial. */
  readonly microseconds: number[];
}

/** @throws when a flag is unknown or no whole number */
export async function benchOptimizerSpeed(
  args: readonly string[],
): Promise<Record<string, unknown>> {
  const { rounds = 7, seed = 1 } = parseWholeFlags(args, { rounds: 1, seed: 1 });
  const { tools } = readConfig({}, process.env, root);
  const { python, versions } = await preparePeers(root, tools.python);
  const cores = availableParallelism();
  say(`npm run bench -- ${['optimizer-speed', ...args].join(' ')}`);
  say(
    `${rounds} rounds, seed ${seed}, ${cores} cores (${cpus()[0]?.model ?? '?'}), load ${loadavg()[0]?.toFixed(1) ?? '?'}, ` +
      `${new Date().toISOString()}, Node ${process.versions.node}, ${JSON.stringify(versions)}`,
  );
  const start = (env: Record<string, string>): LineProgram<TimeJob, TrialTime> =>
    new LineProgram(python, [join(import.meta.dirname, 'time_peers.py')], env);
  const single = start({ OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' });
  const several = cores > 1 ? start({}) : null;
  // As it was compiled, without this process's loader.
  const compiled = join(root, 'dist', 'bench', 'optimizer-speed', 'time-ours.js');
  const own = new LineProgram<TimeJob, TrialTime>(process.execPath, [compiled]);
  try {
    const rows = [];
    for (const one of cases) rows.push(await timeCase(one, { rounds, seed, own, single, several }));
    const slowestRatio = Math.min(...rows.map(({ ratio }) => ratio));
    return { name: 'optimizer-speed', slowestRatio, rounds, seed, rows, versions };
  } finally {
    own.close();
    single.close();
    several?.close();
  }
}

interface Sides {
  readonly rounds: number;
  readonly seed: number;
  readonly own: LineProgram<TimeJob, TrialTime>;
  readonly single: LineProgram<TimeJob, TrialTime>;
  readonly several: LineProgram<TimeJob, TrialTime> | null;
}

async function timeCase(
  { dimension, covariance, trials }: (typeof cases)[number],
  { rounds, seed, own, single, several }: Sides,
) {
  const ours: number[] = [];
  const peers = libraries.flatMap(
    (library): (Timed & { time: (job: TimeJob) => Promise<number> })[] => [
      {
        peer: `${library}, 1 thread`,
        microseconds: [],
        time: async (job) => (await single.ask({ ...job, library })).cpuMicroseconds,
      },
      ...(several === null
        ? []
        : [
            {
              // Of several threads only the wall says what one waits.
              peer: `${library}, all threads`,
              microseconds: [],
              time: async (job: TimeJob) =>
                (await several.ask({ ...job, library })).wallMicroseconds,
            },
          ]),
    ],
  );
  // The first round is for compilers and caches.
  for (let round = 0; round <= rounds; round++) {
    const job = { library: 'cma-es-ts', dimension, covariance, trials, seed: seed + round };
    const { cpuMicroseconds } = await own.ask(job);
    if (round > 0) ours.push(cpuMicroseconds);
    for (const { time, microseconds } of peers) {
      const taken = await time(job);
      if (round > 0) microseconds.push(taken);
    }
  }
  const fastest = peers.reduce((least, next) =>
    median(next.microseconds) < median(least.microseconds) ? next : least,
  );
  const ratio = median(fastest.microseconds) / median(ours);
  say(
    `n = ${dimension}, ${covariance}: ours ${describe(ours)}; ` +
      `${peers.map(({ peer, microseconds }) => `${peer} ${describe(microseconds)}`).join('; ')}; ` +
      `${fastest.peer} ÷ ours ${ratio.toFixed(2)}`,
  );
  return {
    ...{ dimension, covariance, trials, ratio, fastestPeer: fastest.peer },
    ours: quartiles(ours),
    peers: Object.fromEntries(
      peers.map(({ peer, microseconds }) => [peer, quartiles(microseconds)]),
    ),
  };
}

function describe(microseconds: readonly number[]): string {
  const [low, middle, high] = quartiles(microseconds);
  return `${middle.toFixed(1)} µs [${low.toFixed(1)} ${high.toFixed(1)}]`;
}

function say(text: string): void {
  console.log(`optimizer-speed: ${text}`);
}
