/**
 * A simulation, not a measurement: what a 7B and a 13B sweep on one H100 would gain over the naive
 * way. Baselines, the proof that warm equals cold and confirmations are left out on all sides.
 */
import { readConfig } from '../../src/config.js';
import { root } from '../demo-problem.js';
import { parseWholeFlags } from '../flags.js';
import { evaluationMinutes, measureStarts, sizes } from './simulate-costs.js';
import { modes, planMode, type SimulationRates } from './simulate-modes.js';
import { simulateSweep } from './simulate-sweep.js';

/** Every line says so. */
const say = (text: string): void => {
  console.log(`simulation: ${text}`);
};

/** @throws when a flag is unknown or no such number */
export async function benchSimulate(args: readonly string[]): Promise<Record<string, unknown>> {
  const given = parseWholeFlags(args, {
    ...{ trials: 1, 'disk-mb-per-second': 1, 'merge-mb-per-second': 1 },
    ...{ 'cost-percent': 1, 'merges-percent': 100 },
  });
  const { trials = 100 } = given;
  const rates: SimulationRates = {
    diskBytesPerSecond: (given['disk-mb-per-second'] ?? 1500) * 1e6,
    mergeBytesPerSecond: (given['merge-mb-per-second'] ?? 1400) * 1e6,
    raceCostRatio: (given['cost-percent'] ?? 30) / 100,
    raceMergesRatio: (given['merges-percent'] ?? 150) / 100,
  };
  say(`${trials} trials, one H100, base and three parents in bfloat16, DARE-TIES; no GPU is used`);
  const { tools } = readConfig({}, process.env, root);
  const starts = await measureStarts(tools.python);
  say(
    `measured here, CPU-s: mergekit's imports ${starts.mergekit.toFixed(1)}, lm-eval's ${starts.lmEval.toFixed(1)}, its task index ${starts.taskIndex.toFixed(1)}`,
  );
  say(
    `assumed: disk ${rates.diskBytesPerSecond / 1e9} GB/s, parents merged at ${rates.mergeBytesPerSecond / 1e9} GB/s (parents in RAM, on the card), ` +
      `a race costs ${rates.raceCostRatio} of the evaluation and ${rates.raceMergesRatio} merges a trial`,
  );
  say(
    `${'model'.padEnd(6)}${'evaluation'.padEnd(12)}${'mode'.padEnd(18)}${'hours'.padStart(8)}${'card evaluates'.padStart(16)}${'speed-up'.padStart(10)}`,
  );
  const rows = [];
  for (const size of sizes) {
    for (const minutes of evaluationMinutes) {
      const simulation = { trials, size, evaluateSeconds: minutes * 60, starts, rates };
      const naive = simulateSweep(planMode('naive', simulation));
      for (const mode of modes) {
        const { seconds, evaluatingShare } = simulateSweep(planMode(mode, simulation));
        const hours = seconds / 3600;
        const speedUp = naive.seconds / seconds;
        rows.push({
          size: size.name,
          evaluationMinutes: minutes,
          mode,
          hours,
          evaluatingShare,
          speedUp,
        });
        say(
          `${size.name.padEnd(6)}${`${minutes} min`.padEnd(12)}${mode.padEnd(18)}${hours.toFixed(2).padStart(8)}` +
            `${`${(100 * evaluatingShare).toFixed(0)} %`.padStart(16)}${`${speedUp.toFixed(2)} ×`.padStart(10)}`,
        );
      }
    }
  }
  return { name: 'simulate', isSimulation: true, trials, starts, rates, rows };
}
