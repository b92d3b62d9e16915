/** How long until work goes on after a SIGKILL: of the coordinator, of Temporal's server, of a node. */
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { measureRescheduling, readCalls, spread } from '../../test/chaos/recovery-times.js';
import { Rig } from '../../test/chaos/rig.js';
import { makeSweepFolder, renderSweepFile, sweepName } from '../../test/chaos/sweep-folder.js';
import { openLedgerReader } from '../../src/store/ledger.js';
import type { SweepPlan, Target } from '../../test/chaos/plan.js';
import { root } from '../demo-problem.js';
import { readTreeCpuSeconds } from '../process-tree-cpu.js';
import { parseWholeFlags } from '../flags.js';
import { announce } from '../tell.js';
import { fillLedger } from './fill-ledger.js';

/** In each sweep of the ledger; the last one runs. */
const trialsOfSweep = 200;
const heartbeatSeconds = 5;
const trialSeconds = [0.5, 1.5] as const;
/** Between two deaths everything is as it was. */
const calmMs = 4_000;
const patienceMs = 120_000;

export async function benchRecovery(args: readonly string[]): Promise<Record<string, unknown>> {
  const flags = parseWholeFlags(args, { trials: trialsOfSweep, kills: 1, seed: 0 });
  const { trials = 10_000, kills = 20, seed = 1 } = flags;
  mkdirSync(join(root, '.setup', 'bench'), { recursive: true });
  const path = mkdtempSync(join(root, '.setup', 'bench', `recovery-s${seed}-`));
  const sweeps = Math.floor(trials / trialsOfSweep);
  console.log(
    `recovery: a ledger of ${sweeps} sweeps with ${trialsOfSweep} trials each, then ${kills} deaths of each kind, ` +
      `seed ${seed}, ${availableParallelism()} cores, Node ${process.version}, in ${path}`,
  );
  // Long enough to be killed in the middle, always.
  const plan: SweepPlan = {
    ...{ index: 0, topology: 'workers', mode: 'cold', seed, trials: 100_000 },
    ...{ strikes: [], crashes: {}, restartAfterMs: [0] },
  };
  const seconds = trialSeconds;
  const folder = makeSweepFolder({ root, path, plan, seconds, heartbeatSeconds });
  const fillStart = performance.now();
  const finished = Array.from({ length: sweeps - 1 }, (_, index) => `filled-${index + 1}`);
  await fillLedger(
    folder.results,
    [
      ...finished.map((name) => ({
        name,
        specText: renderSweepFile(
          root,
          { ...plan, trials: trialsOfSweep },
          {
            name,
            optimizer: { name: 'sobol', max_trials: trialsOfSweep, seed, finalists: 1 },
          },
        ),
        ...{ specPath: folder.sweepFile, trials: trialsOfSweep, isWhole: true },
      })),
      {
        name: sweepName,
        specText: readFileSync(folder.sweepFile, 'utf8'),
        ...{ specPath: folder.sweepFile, trials: trialsOfSweep, isWhole: false },
      },
    ],
    (count) => {
      if (count % 10 === 0) console.log(`filled ${count} of ${sweeps} sweeps`);
    },
  );
  console.log(`filled in ${((performance.now() - fillStart) / 1000).toFixed(0)} s`);

  const bench = new RecoveryBench(folder.results);
  const rig = await Rig.create(root, folder, plan, {
    onStart: (target) => {
      bench.startedAt.set(target, Date.now());
    },
    onExit: () => true,
    onLine: (line) => {
      bench.hear(line, rig.coordinator.pid);
    },
  });
  announce('run', rig.runCommand.program, rig.runCommand.args);
  rig.start();
  try {
    await bench.untilProgress();
    const coordinator = await bench.killAgain(kills, () => {
      rig.coordinator.signal('SIGKILL');
      return 'coordinator';
    });
    const server = await bench.killAgain(kills, () => {
      rig.server?.signal('SIGKILL');
      return 'server';
    });
    const strikeNodes = async (signal: NodeJS.Signals): Promise<number[]> => {
      const deaths = [];
      for (let kill = 0; kill < kills; kill += 1) {
        const target: Target = kill % 2 === 0 ? 'node-1' : 'node-2';
        deaths.push({ folder: target, atMs: Date.now() });
        rig.nodes.get(target)?.signal(signal);
        // Its time-out, and the pause before the next attempt, are within this.
        await delay(signal === 'SIGKILL' ? 4 * heartbeatSeconds * 1000 : calmMs);
      }
      return measureRescheduling(deaths, readCalls(folder.calls), bench.readEnds(), () => false);
    };
    const nodeKill = await strikeNodes('SIGKILL');
    const nodeTerm = await strikeNodes('SIGTERM');
    const rows = {
      coordinatorReady: spread(coordinator.ready),
      coordinatorReadyCpu: spread(coordinator.readyCpu),
      coordinatorProgress: spread(coordinator.progress),
      serverProgress: spread(server.progress),
      nodeKill: spread(nodeKill),
      nodeTerm: spread(nodeTerm),
    };
    for (const [name, row] of Object.entries(rows))
      console.log(
        `${name.padEnd(20)} ${row === undefined ? 'none' : `p50 ${row.p50} s, max ${row.max} s, ${row.count} times`}`,
      );
    return {
      ...{ name: 'recovery', trials, kills, seed, heartbeatSeconds, seconds: rows },
      versions: { node: process.version },
      load: Number(loadavg()[0]?.toFixed(1)),
    };
  } finally {
    await rig.end('SIGKILL');
    bench.close();
  }
}

/** Seconds; `ready` and its CPU time of the coordinator only. */
interface Recoveries {
  readonly ready: number[];
  readonly readyCpu: number[];
  readonly progress: number[];
}

class RecoveryBench {
  readonly startedAt = new Map<Target, number>();
  private readonly reader;
  private readyAt = 0;
  private readyCpu = 0;

  constructor(results: string) {
    this.reader = openLedgerReader(results);
  }

  /** The first event of a `run` comes when its workers poll and its sweep is started. */
  hear(line: string, pid: number | undefined): void {
    if (!line.includes('"event":"sweep"') || pid === undefined) return;
    this.readyAt = Date.now();
    this.readyCpu = readTreeCpuSeconds(pid);
  }

  /**
   * Seconds from the start of what was killed until the coordinator was ready, and until anything new
   * was scored or proposed.
   */
  async killAgain(kills: number, kill: () => Target): Promise<Recoveries> {
    const ready: number[] = [];
    const readyCpu: number[] = [];
    const progress: number[] = [];
    for (let count = 0; count < kills; count += 1) {
      await delay(calmMs + 137 * count);
      const killedAt = Date.now();
      const target = kill();
      await this.untilStarted(target, killedAt);
      const start = this.startedAt.get(target) ?? killedAt;
      await this.untilProgress();
      progress.push((Date.now() - start) / 1000);
      if (target === 'coordinator') await this.until(() => this.readyAt > start);
      let text = '';
      if (target === 'coordinator') {
        ready.push((this.readyAt - start) / 1000);
        readyCpu.push(this.readyCpu);
        text = ` ready after ${ready.at(-1)} s and ${this.readyCpu.toFixed(2)} CPU-seconds,`;
      }
      console.log(`${target} ${count + 1}:${text} goes on after ${progress.at(-1)} s`);
    }
    return { ready, readyCpu, progress };
  }

  async untilProgress(): Promise<void> {
    const before = this.readCount();
    await this.until(() => this.readCount() !== before);
  }

  readEnds(): Map<string, number> {
    const rows = this.reader.listTrials(sweepName);
    return new Map(
      rows.map(({ input, endedAt }) => [input.workKey, Date.parse(endedAt ?? '9999-01-01')]),
    );
  }

  close(): void {
    this.reader.close();
  }

  private async untilStarted(target: Target, killedAt: number): Promise<void> {
    await this.until(() => (this.startedAt.get(target) ?? 0) >= killedAt);
  }

  private readCount(): string {
    // Fifty times a second: whole rows would take a core from what is measured.
    const rows = this.reader.listStandings(sweepName);
    return `${rows.length} ${rows.filter(({ state }) => state !== 'proposed').length}`;
  }

  private async until(isTrue: () => boolean): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!isTrue()) {
      if (Date.now() > deadline) throw new Error(`nothing went on for ${patienceMs / 1000} s`);
      await delay(20);
    }
  }
}
