/** Everything around the product in one seed: Temporal, nodes, their registry, a user; and what befalls them. */
import type { SweepSummary, TrialOutcome } from '../../activities/contracts.js';
import type { Carried } from '../../workflows/scheduler-state.js';
import { Calls } from './calls.js';
import { CheckedScores } from './checked-scores.js';
import { CoordinatorProcess, type Sabotage } from './coordinator-process.js';
import { EventQueue } from './event-queue.js';
import { Faults } from './faults.js';
import { Mishaps } from './mishaps.js';
import { Orders } from './orders.js';
import type { SeedPlan } from './seed-plan.js';
import { SimNode } from './sim-node.js';
import { SweepRun } from './sweep-run.js';
import { TrialRuns } from './trial-runs.js';

export const sweepName = 'demo';
const reconcileEveryS = 600;
const mostVainRuns = 20;

export interface Violation {
  readonly kind: string;
  readonly text: string;
  /** Virtual seconds. */
  readonly at: number;
}

export interface WorldOptions {
  readonly folder: string;
  readonly sabotage?: Sabotage;
  readonly onTrace?: (line: string) => void;
}

export class World {
  readonly plan: SeedPlan;
  readonly queue = new EventQueue();
  readonly faults: Faults;
  readonly nodes: readonly SimNode[];
  readonly coordinator: CoordinatorProcess;
  readonly trialRuns: TrialRuns;
  readonly calls: Calls;
  readonly scores: CheckedScores;
  readonly orders: Orders;
  readonly violations: Violation[] = [];
  sweepRun: SweepRun | undefined;
  summary: SweepSummary | undefined;
  events = 0;
  runs = 0;
  /** The wall clock is wrong by so many seconds. */
  clockOffset = 0;
  ledgerId = '';
  #isRunDue = false;
  /** Runs in a row that ended in a pause and brought nothing, though all was calm. */
  #vainRuns = 0;
  #scoredBefore = 0;
  readonly #onTrace: ((line: string) => void) | undefined;
  readonly #mishaps: Mishaps;

  constructor(plan: SeedPlan, { folder, sabotage, onTrace }: WorldOptions) {
    this.plan = plan;
    this.#onTrace = onTrace;
    this.faults = new Faults(plan);
    this.nodes = plan.nodes.map((slots, index) => new SimNode(`node-${index + 1}`, slots));
    const trace = (line: string): void => {
      this.trace(line);
    };
    const violate = (kind: string, text: string): void => {
      this.violate(kind, text);
    };
    this.coordinator = new CoordinatorProcess({
      ...{ folder, trace },
      now: () => new Date(Date.UTC(2026, 0, 1) + 1000 * (this.queue.now + this.clockOffset)),
      ...(sabotage !== undefined && { sabotage }),
    });
    const { queue, faults, nodes } = this;
    this.trialRuns = new TrialRuns({
      ...{ queue, faults, nodes, trace, nanShare: plan.nanShare, isCold: plan.isCold },
      onOutcome: (outcome, isAttached) => {
        this.#deliver(outcome, !isAttached);
      },
      onHandIn: (outcome) => {
        this.scores.send(outcome);
        this.sweepRun?.push({ type: 'handedIn', outcome });
      },
    });
    this.scores = new CheckedScores(violate);
    this.calls = new Calls({
      ...{ queue, faults, trace, violate, coordinator: this.coordinator },
      hasOneSlot: plan.hasOneSlot,
      spec: { sweep: sweepName, specText: plan.specText, specPath: '/sweeps/demo.yaml' },
      ledgerId: () => this.ledgerId,
      onTold: (input) => {
        const { coordinator } = this;
        this.scores.acknowledge(coordinator.ledger, input, () =>
          coordinator.mayHavePutBackSince(input),
        );
      },
      onCrash: () => {
        this.#restartLater();
      },
    });
    this.orders = new Orders(this);
    this.#mishaps = new Mishaps(this);
  }

  get isDone(): boolean {
    return this.summary?.state === 'finished';
  }

  trace(line: string): void {
    this.#onTrace?.(`${this.queue.now.toFixed(2)} ${line}`);
  }

  violate(kind: string, text: string): void {
    this.trace(`VIOLATION ${kind}: ${text}`);
    this.violations.push({ kind, text, at: this.queue.now });
  }

  /** Runs until the sweep has finished, something is wrong, or the limits are reached. */
  async run(limits: { readonly seconds: number; readonly events: number }): Promise<void> {
    this.coordinator.start();
    this.ledgerId = this.coordinator.ledger.ledgerId;
    this.startSweep();
    this.#reconcileForEver();
    this.#mishaps.schedule();
    while (!this.isDone && this.violations.length === 0) {
      if (this.queue.now > limits.seconds || this.events > limits.events) return;
      const act = this.queue.take();
      if (act === undefined) return;
      this.events += 1;
      await act();
    }
  }

  /** As `mergesweep run` and `resume` do. */
  startSweep(carried?: Carried, capacity = this.capacity()): void {
    this.runs += 1;
    this.trace(carried === undefined ? 'the sweep is run' : 'the sweep continues as new');
    const { calls, trialRuns, faults, queue } = this;
    const run = new SweepRun({
      ...{ calls, trialRuns, capacity, outcomesPerRun: this.plan.outcomesPerRun },
      ...(carried !== undefined && { carried }),
      violate: (kind, text) => {
        this.violate(kind, text);
      },
      trace: (line) => {
        this.trace(line);
      },
      onReleased: (done) => {
        queue.after(faults.random.chance(0.1) ? 60 : 0.1, done);
      },
      onContinued: (nextCapacity, next) => {
        this.startSweep(next, nextCapacity);
      },
      onEnded: (summary) => {
        this.#end(summary);
      },
    });
    this.sweepRun = run;
    run.open();
    if (carried === undefined) this.tellCapacity();
  }

  /** Whoever looks finds that the workflow is gone, and runs the sweep again. */
  endRun(): void {
    this.sweepRun?.terminate();
    this.sweepRun = undefined;
    this.#runAgainLater();
  }

  capacity(): number {
    const known = this.nodes.filter((node) => node.isReachable);
    const slots = known.reduce((sum, node) => sum + node.slots, 0);
    if (this.plan.hasOneSlot) return Math.min(1, slots);
    return known.length === 0 ? 0 : slots + 1;
  }

  /** The registry tells the sweep, in a while. */
  tellCapacity(): void {
    this.queue.after(this.faults.isCalm ? 1 : this.faults.random.between(0.1, 180), () => {
      this.sweepRun?.push({ type: 'capacityChanged', capacity: this.capacity() });
    });
    this.trialRuns.dispatch();
  }

  killCoordinator(): void {
    if (!this.coordinator.isUp) return;
    this.coordinator.kill();
    this.#restartLater();
  }

  #restartLater(): void {
    this.queue.after(this.faults.isCalm ? 1 : this.faults.random.between(0.5, 200), () => {
      if (this.coordinator.isUp) return;
      this.trace('the coordinator starts again');
      this.coordinator.start();
      this.scores.compare(this.coordinator.ledger, sweepName);
    });
  }

  #deliver(outcome: TrialOutcome, isDetached: boolean): void {
    this.scores.send(outcome);
    const { sweepRun } = this;
    if (sweepRun === undefined) {
      this.trace(`the outcome of ${outcome.trial} finds nobody`);
      return;
    }
    sweepRun.push({ type: 'trialEnded', outcome, isDetached });
    if (!this.faults.chance('outcomeTwice')) return;
    // An activity ends once; who says it again is a workflow that ran the trial as well.
    this.queue.after(this.faults.random.between(0, 300), () => {
      this.sweepRun?.push({ type: 'trialEnded', outcome, isDetached: true });
    });
  }

  #end(summary: SweepSummary): void {
    this.trace(`the run ends: ${summary.state} ${summary.reason ?? ''}`);
    this.summary = summary;
    this.sweepRun = undefined;
    if (summary.state === 'running') this.violate('end', 'a run ended while the sweep is running');
    if (this.isDone) return;
    const isVain = this.faults.isCalm && this.scores.count === this.#scoredBefore;
    this.#vainRuns = isVain ? this.#vainRuns + 1 : 0;
    this.#scoredBefore = this.scores.count;
    if (this.#vainRuns > mostVainRuns) {
      this.violate('liveness', `paused ${this.#vainRuns} times for nothing: ${summary.reason}`);
    }
    // Without a score of any baseline rungs can't be handed out, as the reason tells the user.
    if (summary.reason?.startsWith('no baseline was scored') === true) this.orders.retryBaselines();
    this.#runAgainLater();
  }

  #runAgainLater(): void {
    if (this.#isRunDue) return;
    this.#isRunDue = true;
    this.queue.after(this.faults.isCalm ? 5 : this.faults.random.between(1, 900), () => {
      this.#isRunDue = false;
      if (this.sweepRun === undefined && !this.isDone) this.startSweep();
    });
  }

  #reconcileForEver(): void {
    this.queue.after(reconcileEveryS, () => {
      this.sweepRun?.reconcile();
      this.#reconcileForEver();
    });
  }
}
