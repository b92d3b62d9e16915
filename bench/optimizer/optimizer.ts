/**
 * Our optimizers against pycma, cmaes, Optuna's samplers, mergekit-evolve's preset and random search: same functions,
 * same seeds, sequentially and in batches; and a simulation of asynchronous workers.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { readConfig } from '../../src/config.js';
import { root } from '../demo-problem.js';
import { asyncTargets } from './async-speed.js';
import { benchWorkers } from './bench-workers.js';
import { type Cell, Cells } from './cells.js';
import { compareOverFamilies, compareWithPreset, type Question } from './compare.js';
import { compareWithBest } from './compare.js';
import { families as allFamilies, type Family, listFunctions } from './families.js';
import type { OptimumJob, SearchJob } from './jobs.js';
import { type KnownOptima, readOptima } from './optima.js';
import { type OptimizerFlags, parseOptimizerFlags } from './optimizer-flags.js';
import { describeLimits, listPeerJobs } from './peers/peer-jobs.js';
import { runPeers } from './peers/run-peers.js';
import { preparePeers } from './peers/peers-environment.js';
import { Progress } from './progress.js';
import { runJobs } from './start-jobs.js';
import { reachedBudgets } from './regret.js';
import { renderFigure } from './render-figure.js';
import { renderComparison, renderFamily } from './render-tables.js';

/** At which the goals are, in trials. */
const GOAL_BUDGET = 200;

export async function benchOptimizer(args: readonly string[]): Promise<Record<string, unknown>> {
  const flags = parseOptimizerFlags(args);
  const families = allFamilies.filter(({ name }) => flags.families.includes(name));
  const { tools } = readConfig({}, process.env, root);
  const { python, versions } = await preparePeers(root, tools.python);
  announce(args, flags, versions);
  const optima = readOptima();
  await findMissing(optima, flags, families);
  const peerCells = await runPeerCells(flags, families, { python, versions }, optima);
  const { cells: ourCells, secondsPerRun } = await runOurCells(flags, families, optima);
  const cells = new Cells([...ourCells, ...peerCells]);
  const { instances, batches, budget, peers } = flags;
  for (const batch of batches) {
    for (const family of families) {
      const budgets = reachedBudgets(budget);
      for (const line of renderFamily(cells, family, { instances, batch, budgets })) say(line);
    }
  }
  if (flags.figure !== undefined) {
    const figure = { instances, budgets: reachedBudgets(budget), ours: flags.ours[0] ?? '' };
    writeFileSync(flags.figure, renderFigure(cells, families, figure));
    say(`drawn: ${flags.figure}`);
  }
  for (const limit of describeLimits(selectionOf(flags, families))) say(`limited: ${limit}`);

  const [ours = ''] = flags.ours;
  const goalBudget = reachedBudgets(budget).findLast((reached) => reached <= GOAL_BUDGET) ?? 0;
  const perBatch = batches.map((batch) => {
    const ask = (measure: 'best' | 'top5'): Question => ({
      ...{ cells, ours, peers, instances },
      measured: { batch, budget: goalBudget, measure },
    });
    const figures = {
      preset: compareWithPreset(ask('best'), families),
      top5: compareOverFamilies(ask('top5'), families),
      shipped: compareOverFamilies(ask('best'), families),
      others: families
        .filter(({ isGoal }) => !isGoal)
        .flatMap((family) => compareWithBest(ask('top5'), family) ?? []),
    };
    say(
      `## ${ours} ÷ the best peer after ${goalBudget} trials, ${batch === 1 ? 'sequential' : `batches of ${batch}`}`,
    );
    for (const one of figures.top5.perFamily) say(`five finalists  ${renderComparison(one)}`);
    for (const one of figures.shipped.perFamily) say(`shipped         ${renderComparison(one)}`);
    for (const one of figures.others) say(`five finalists  ${renderComparison(one)}`);
    if (figures.preset !== null) say(`shipped         ${renderComparison(figures.preset)}`);
    return { batch, ...figures };
  });
  const [main] = perBatch;
  const asynchronous = flags.skipsAsync ? {} : await benchWorkers(flags, optima, say);
  return {
    name: 'optimizer',
    shippedVsPreset: main?.preset?.ratio ?? null,
    worstCaseVsBestPeer: main?.top5.worst ?? null,
    bestCaseVsBestPeer: main?.top5.best ?? null,
    worstCaseShipped: main?.shipped.worst ?? null,
    bestCaseShipped: main?.shipped.best ?? null,
    ...asynchronous,
    ...{ ours, instances: [instances[0], instances.at(-1)], budget, goalBudget },
    ...{ secondsPerRun, perBatch, versions },
  };
}

function say(text: string): void {
  console.log(`optimizer: ${text}`);
}

function announce(
  args: readonly string[],
  { instances, budget, ours, processes }: OptimizerFlags,
  versions: Readonly<Record<string, string>>,
): void {
  say(`npm run bench -- ${['optimizer', ...args].join(' ')}`);
  say(
    `instances (and seeds) ${instances[0] ?? ''} to ${instances.at(-1) ?? ''}, ${budget} trials, ours ${ours.join(', ')}, ` +
      `${processes} processes on ${availableParallelism()} cores (${cpus()[0]?.model ?? '?'}), load ${loadavg()[0]?.toFixed(1) ?? '?'}, ` +
      `${new Date().toISOString()}, Node ${process.versions.node}, ${JSON.stringify(versions)}`,
  );
}

function selectionOf(flags: OptimizerFlags, families: readonly Family[]) {
  const { peers, instances, batches, budget } = flags;
  // Ratios to random search need it.
  const withRandom = families.some(({ measure }) => measure === 'ratio')
    ? [...new Set([...peers, 'random'])]
    : peers;
  return { peers: withRandom, families, instances, batches, budget };
}

async function findMissing(
  optima: KnownOptima,
  { instances, processes, skipsAsync }: OptimizerFlags,
  families: readonly Family[],
): Promise<void> {
  const targets = skipsAsync ? [] : Object.keys(asyncTargets);
  const names = [
    ...listFunctions(families, instances),
    ...targets.flatMap((spec) => instances.map((instance) => ({ spec, instance }))),
  ];
  // Of two lists: none twice.
  const unique = new Map(names.map((name) => [`${name.spec} ${name.instance}`, name]));
  const jobs = optima
    .missing([...unique.values()])
    .map((name): OptimumJob => ({ kind: 'optimum', ...name }));
  const progress = new Progress('optima', jobs.length, say);
  await runJobs(jobs, processes, ({ value }, job) => {
    optima.add(job, value);
    progress.step();
  });
}

async function runPeerCells(
  flags: OptimizerFlags,
  families: readonly Family[],
  environment: Awaited<ReturnType<typeof preparePeers>>,
  optima: KnownOptima,
): Promise<Cell[]> {
  const jobs = listPeerJobs(selectionOf(flags, families));
  const { isFresh, processes } = flags;
  return await runPeers(jobs, { ...environment, isFresh, processes, say }, (name) =>
    optima.of(name),
  );
}

async function runOurCells(
  { instances, ours, batches, budget, processes }: OptimizerFlags,
  families: readonly Family[],
  optima: KnownOptima,
): Promise<{ cells: Cell[]; secondsPerRun: number }> {
  const jobs = batches.flatMap((batch) =>
    listFunctions(families, instances).flatMap((name) =>
      ours.map((optimizer): SearchJob => {
        const optimum = optima.of(name);
        return { kind: 'search', optimizer, ...name, batch, budget, optimum };
      }),
    ),
  );
  const progress = new Progress('our runs', jobs.length, say);
  const cells: Cell[] = [];
  let seconds = 0;
  await runJobs(jobs, processes, (answer, job) => {
    const { optimizer, spec, instance, batch } = job;
    cells.push({ optimizer, spec, instance, batch, regrets: answer.regrets });
    seconds += answer.seconds;
    progress.step();
  });
  // As they come they depend on the machine, and so would the order of the table.
  cells.sort((a, b) => ours.indexOf(a.optimizer) - ours.indexOf(b.optimizer));
  return { cells, secondsPerRun: seconds / jobs.length };
}
