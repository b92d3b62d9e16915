/**
 * Partial evaluation against full: the same problem, seeds and number of trials, three arms.
 *
 * Ledger, coordinator, scheduler, node and warm children are the product's, in one process; only
 * Temporal is left out. That warm equals cold is proved elsewhere: no trial is run cold here.
 */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { readConfig } from '../../src/config.js';
import { readToolVersions } from '../../src/external/tool-versions.js';
import { createLocalNode } from '../../src/worker/local-node.js';
import { offline, root } from '../demo-problem.js';
import type { FidelityFlags } from './fidelity-flags.js';
import { margin, renderSummary, summarize } from './fidelity-summary.js';
import { arms, runFidelitySweep, type Arm, type FidelitySweep } from './fidelity-sweep.js';

const resultsFile = 'results.jsonl';

export async function benchFidelity(flags: FidelityFlags): Promise<Record<string, unknown>> {
  const { trials, seed: first, seeds } = flags;
  const folder = openFolder(flags);
  const sweeps = readFinished(folder, flags);
  const { tools } = readConfig({}, process.env, root);
  const versions = await readToolVersions(tools);
  console.log(
    `fidelity: ${trials} trials, seeds ${first} to ${first + seeds - 1}, two trials at once, ` +
      `${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1) ?? '?'}, ${sweeps.length} sweeps done before, ` +
      `${new Date().toISOString()}, ${JSON.stringify(versions)}`,
  );
  console.log(`fidelity: to go on after an abort: --resume ${relative(process.cwd(), folder)}`);
  const workRoot = join(folder, 'work');
  // A result that is found there would be counted with the seconds of the aborted run.
  rmSync(workRoot, { recursive: true, force: true });
  const node = await createLocalNode({
    ...{ nodeId: 'bench', workRoot, tools, slots: 2, gpus: [] },
    env: { ...process.env, ...offline },
  });
  try {
    for (const { arm, seed } of listPairs(flags)) {
      if (sweeps.some((sweep) => sweep.arm === arm && sweep.seed === seed)) continue;
      const started = performance.now();
      const sweep = await runFidelitySweep({
        ...{ arm, seed, trials, node, workRoot },
        folder: join(folder, `${arm}-s${seed}`),
      });
      sweeps.push(sweep);
      appendFileSync(join(folder, resultsFile), `${JSON.stringify(sweep)}\n`);
      console.log(renderSweep(sweep, (performance.now() - started) / 1000));
    }
  } finally {
    await node.close();
  }
  const summary = summarize(sweeps);
  for (const line of renderSummary(summary)) console.log(line);
  const { costRatio, scoreDifference, scoreDifferenceLow95, isNotWorse } =
    summary.perArm[summary.better];
  return {
    name: 'fidelity',
    ...{ trials, seeds: summary.seeds, versions, folder },
    ...{ better: summary.better, costRatio, scoreDifference, scoreDifferenceLow95 },
    ...{ isNotWorse, margin, perArm: summary.perArm },
  };
}

function openFolder({ resume }: FidelityFlags): string {
  const parent = join(root, '.setup', 'bench');
  mkdirSync(parent, { recursive: true });
  if (resume === undefined) return mkdtempSync(join(parent, 'fidelity-'));
  const folder = resolve(resume);
  if (!existsSync(folder)) throw new Error(`--resume ${resume}: there is no such folder`);
  return folder;
}

/** @throws when they are of sweeps of another length */
function readFinished(folder: string, { trials, seed, seeds }: FidelityFlags): FidelitySweep[] {
  const path = join(folder, resultsFile);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const finished = lines.map((line) => JSON.parse(line) as FidelitySweep);
  const other = finished.find((sweep) => sweep.trials !== trials);
  if (other !== undefined) {
    throw new Error(
      `${path} is of sweeps of ${other.trials} trials: give --trials ${other.trials}`,
    );
  }
  return finished.filter((sweep) => sweep.seed >= seed && sweep.seed < seed + seeds);
}

/** All arms of a seed, then those of the next; another arm goes first each time. */
function listPairs({ seed: first, seeds }: FidelityFlags): { arm: Arm; seed: number }[] {
  return Array.from({ length: seeds }, (_, index) =>
    arms.map((_arm, turn) => ({
      arm: arms[(index + turn) % arms.length] ?? 'full',
      seed: first + index,
    })),
  ).flat();
}

function renderSweep(sweep: FidelitySweep, wholeSeconds: number): string {
  const failed = sweep.failed === 0 ? '' : `, ${sweep.failed} failed`;
  return (
    `seed ${sweep.seed}  ${sweep.arm.padEnd(18)}${sweep.documents} documents in ${sweep.evaluateSeconds.toFixed(1)} s, ` +
    `${sweep.promotions} promotions${failed}; best ${sweep.bestTrial}, search ${sweep.searchBest.toFixed(4)}, ` +
    `confirm ${sweep.confirm.toFixed(4)}; search took ${sweep.wallSeconds.toFixed(1)} s, all ${wholeSeconds.toFixed(1)} s`
  );
}
