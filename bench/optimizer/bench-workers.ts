import { asyncSetups, asyncSpeedup, asyncTargets, barrierSearch } from './async-speed.js';
import { listWorkersJobs, sampleOverhead } from './async-speed.js';
import { summarizeStrategy, type WorkersRecord } from './async-speed.js';
import type { KnownOptima } from './optima.js';
import type { OptimizerFlags } from './optimizer-flags.js';
import { Progress } from './progress.js';
import { renderStrategy } from './render-tables.js';
import { runJobs } from './start-jobs.js';

/** The figures of the simulated workers. */
export async function benchWorkers(
  { instances, ours, processes }: OptimizerFlags,
  optima: KnownOptima,
  say: (text: string) => void,
): Promise<Record<string, unknown>> {
  const jobs = listWorkersJobs(ours, instances, (spec, instance) => optima.of({ spec, instance }));
  const progress = new Progress('simulated workers', jobs.length, say);
  const records: WorkersRecord[] = [];
  await runJobs(jobs, processes, (result, job) => {
    records.push({ job, result });
    progress.step();
  });
  say('## simulated workers: time in medians of a trial, [quartiles] of the time to the target');
  for (const spec of Object.keys(asyncTargets)) {
    for (const setup of asyncSetups) {
      const strategies = ours.map((optimizer) => ({ ...setup, optimizer, hasBarrier: false }));
      if (setup.workers > 1) {
        strategies.push({ ...setup, optimizer: barrierSearch, hasBarrier: true });
      }
      for (const strategy of strategies) {
        say(renderStrategy(summarizeStrategy(records, strategy, spec)));
      }
    }
  }
  const [first = ''] = ours;
  const speedup = (workers: number, sigmaLn: number) =>
    asyncSpeedup(records, first, { workers, sigmaLn });
  const figures = {
    asyncSpeedup8: speedup(8, 0.5),
    asyncSpeedup16: speedup(16, 0.5),
    asyncSpeedup8Spread: speedup(8, 1),
    sampleOverhead16: sampleOverhead(records, first, 16),
  };
  for (const [name, { value, quartiles, perFunction }] of Object.entries(figures)) {
    const each = Object.entries(perFunction).map(([spec, one]) => `${spec} ${one.toFixed(2)}`);
    const [low, , high] = quartiles.map((one) => one.toFixed(2));
    say(
      `${name} ${value.toFixed(3)} (quartiles ${low ?? ''} to ${high ?? ''}; ${each.join(', ')})`,
    );
  }
  const values = Object.entries(figures).map(([name, { value }]) => [name, value]);
  return { ...Object.fromEntries(values), async: figures } as Record<string, unknown>;
}
