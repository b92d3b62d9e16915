/** One seed from its plan to its verdict. */
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBestConfig } from '../../activities/sweep-files.js';
import { checkLedger } from './check-ledger.js';
import type { Sabotage } from './coordinator-process.js';
import { dumpLedger, findDifference, replay } from './replay.js';
import { type PlanOptions, planSeed, type SeedPlan } from './seed-plan.js';
import { sweepName, type Violation, World } from './world.js';

export interface SeedResult {
  readonly plan: SeedPlan;
  readonly violations: readonly Violation[];
  readonly isFinished: boolean;
  readonly events: number;
  readonly crashes: number;
  readonly runs: number;
  readonly scored: number;
  readonly virtualSeconds: number;
}

export interface SeedOptions extends PlanOptions {
  readonly sabotage?: Sabotage;
  readonly onTrace?: (line: string) => void;
}

/** Virtual time and events that a sweep may take; one of which a fault is left never gets there. */
const limitsOf = ({ mode, maxTrials }: SeedPlan): { seconds: number; events: number } => ({
  // One slot takes 200 s at most for a trial; baselines, promotions, confirmations and retries come on top.
  seconds: 20_000 + 1000 * maxTrials,
  events: mode === 'liveness' ? 200_000 : 60_000,
});

export async function runSeed(seed: number, options: SeedOptions): Promise<SeedResult> {
  const plan = planSeed(seed, options);
  options.onTrace?.(`plan ${JSON.stringify({ ...plan, specText: undefined })}\n${plan.specText}`);
  return inFolder(async (folder) => {
    const world = new World(plan, { folder, ...options });
    try {
      await world.run(limitsOf(plan));
      if (plan.mode === 'liveness' && !world.isDone && world.violations.length === 0) {
        world.violate('liveness', `not finished ${world.events} events later, though all is calm`);
      }
      if (world.violations.length === 0) await check(world, options);
    } catch (error) {
      world.violate(
        'broken',
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      );
    }
    world.coordinator.close();
    return {
      plan,
      violations: world.violations,
      isFinished: world.isDone,
      events: world.events,
      crashes: world.coordinator.crashes,
      runs: world.runs,
      scored: world.scores.count,
      virtualSeconds: world.queue.now,
    };
  });
}

async function check(world: World, options: SeedOptions): Promise<void> {
  const { coordinator, plan } = world;
  // As a fresh process finds it.
  if (coordinator.isUp) coordinator.kill();
  coordinator.isLedgerFull = false;
  coordinator.areFilesFull = false;
  coordinator.start();
  const { ledger } = coordinator;
  const violate = (kind: string, text: string): void => {
    world.violate(kind, text);
  };
  checkLedger(ledger, {
    ...{ sweep: sweepName, maxTrials: plan.maxTrials, isDone: world.isDone },
    ...{ scores: world.scores, orders: world.orders.acknowledged, violate },
    isNoisy: plan.chances.noise !== undefined || plan.intervals.rivalOutcome !== undefined,
  });
  if (world.isDone) checkBestConfig(world);
  if (plan.isReplayed) await compareWithReplay(world, options);
  if (plan.hasOneSlot && world.isDone) await compareWithUndisturbed(world, options);
}

/** The ledger is a function of the calls that counted, whatever came between and whatever the clock said. */
async function compareWithReplay(world: World, { sabotage }: SeedOptions): Promise<void> {
  const happened = world.coordinator.ledger.transact(dumpLedger);
  await inFolder(async (folder) => {
    const again = await replay(world.coordinator.effective, {
      folder,
      ...(sabotage !== undefined && { sabotage }),
    });
    const difference = findDifference(happened, again);
    if (difference !== undefined) world.violate('replay', difference);
  });
}

/** I6: the file is what the ledger alone says. */
function checkBestConfig(world: World): void {
  const { coordinator } = world;
  const path = join(coordinator.folder, sweepName, 'best_config.yaml');
  const read = (): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  const written = read();
  rmSync(path, { force: true });
  const clock = { now: () => new Date(0) };
  const deps = { ledger: coordinator.ledger, resultsDir: coordinator.folder, clock };
  writeBestConfig(deps, sweepName);
  if (read() !== written) {
    world.violate('I6', 'best_config.yaml is not what the ledger says is best');
  }
}

/** I4: with one slot the order of events is given, and so is the whole search. */
async function compareWithUndisturbed(world: World, options: SeedOptions): Promise<void> {
  const plan: SeedPlan = {
    ...world.plan,
    intervals: {},
    chances: {},
    mode: 'liveness',
    calmAfter: 0,
  };
  await inFolder(async (folder) => {
    const calm = new World(plan, {
      folder,
      ...(options.sabotage !== undefined && { sabotage: options.sabotage }),
    });
    await calm.run(limitsOf(plan));
    const [disturbed, undisturbed] = [world, calm].map(({ coordinator }) =>
      coordinator.ledger
        .listTrials(sweepName)
        .map(({ trial, state, vector, fitness, confirms, promotes }) =>
          JSON.stringify([trial, state, vector, fitness, confirms, promotes]),
        ),
    );
    calm.coordinator.close();
    const at = undisturbed?.findIndex((line, index) => line !== disturbed?.[index]) ?? -1;
    if (at >= 0 || undisturbed?.length !== disturbed?.length) {
      world.violate('I4', `undisturbed: ${undisturbed?.[at]}, here: ${disturbed?.[at]}`);
    }
  });
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  // Memory: what a crash leaves is simulated, and 10,000 sweeps would wear a disk.
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = mkdtempSync(join(parent, 'mergesweep-sim-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
