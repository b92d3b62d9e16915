/** What befalls a world at times of its own, kind by kind; and the calm after it. */
import type { TrialOutcome } from '../../activities/contracts.js';
import { packReport } from '../../src/external/packed-report.js';
import { evaluate } from './made-up-evaluation.js';
import type { SimNode } from './sim-node.js';
import { timedFaults, type TimedFault } from './seed-plan.js';
import { sweepName, type World } from './world.js';

export class Mishaps {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  schedule(): void {
    const { plan, queue } = this.#world;
    for (const kind of timedFaults) {
      const interval = plan.intervals[kind];
      if (interval !== undefined) this.#repeat(kind, interval);
    }
    if (plan.mode !== 'liveness') return;
    queue.after(plan.calmAfter, () => {
      this.#calm();
    });
  }

  #repeat(kind: TimedFault, interval: number): void {
    const { queue, faults } = this.#world;
    queue.after(faults.random.exponential(interval), () => {
      if (faults.isCalm || this.#world.isDone) return;
      this.#world.trace(`fault: ${kind}`);
      this.#acts[kind]();
      this.#repeat(kind, interval);
    });
  }

  #later(minSeconds: number, maxSeconds: number, act: () => void): void {
    this.#world.queue.after(this.#world.faults.random.between(minSeconds, maxSeconds), act);
  }

  #calm(): void {
    const { faults, coordinator, nodes } = this.#world;
    this.#world.trace('calm');
    faults.isCalm = true;
    faults.streak = undefined;
    coordinator.isLedgerFull = false;
    coordinator.areFilesFull = false;
    for (const node of nodes) {
      node.isUp = true;
      node.isCutOff = false;
      node.slots = Math.max(1, node.slots);
    }
    this.#world.tellCapacity();
    this.#letGoOn();
  }

  /** The user sees a sweep that is held, and lets it go on; again where the order went under. */
  #letGoOn(): void {
    const { coordinator, orders, queue, isDone } = this.#world;
    const isHeld = coordinator.isUp && coordinator.ledger.getSweep(sweepName)?.isHeld === true;
    if (isHeld) orders.give({ kind: 'resume' });
    if (!isDone)
      queue.after(300, () => {
        this.#letGoOn();
      });
  }

  readonly #acts: Readonly<Record<TimedFault, () => void>> = {
    coordinatorCrash: () => {
      this.#world.coordinator.dieAtPoint(1 + this.#world.faults.random.below(14));
    },
    coordinatorKill: () => {
      this.#world.killCoordinator();
    },
    nodeDeath: () => {
      this.#killNode(this.#anyNode(), 1, 300);
    },
    nodeLoss: () => {
      this.#killNode(this.#anyNode(), 1000, 5000);
    },
    partition: () => {
      this.#cutOff(this.#anyNode());
    },
    handBack: () => {
      const node = this.#anyNode();
      if (!node.isReachable) return;
      node.isUp = false;
      this.#world.trialRuns.handBack(node);
      this.#world.tellCapacity();
      this.#reviveLater(node, 10, 1000);
    },
    temporalLost: () => {
      this.#world.trialRuns.forgetAll();
      this.#world.endRun();
    },
    terminate: () => {
      this.#world.endRun();
    },
    continueAsNew: () => {
      this.#world.sweepRun?.push({ type: 'rotationDue' });
    },
    resize: () => {
      const { plan, faults } = this.#world;
      if (!plan.hasOneSlot) this.#anyNode().slots = 1 + faults.random.below(4);
      this.#world.tellCapacity();
    },
    noNode: () => {
      const { sweepRun } = this.#world;
      sweepRun?.push({ type: 'capacityChanged', capacity: 0 });
      this.#later(10, 2000, () => {
        this.#world.tellCapacity();
      });
    },
    drain: () => {
      this.#world.sweepRun?.push({ type: 'stopRequested', mode: 'drain' });
    },
    stopNow: () => {
      this.#world.sweepRun?.push({ type: 'stopRequested', mode: 'now' });
    },
    ledgerFull: () => {
      const { coordinator } = this.#world;
      coordinator.isLedgerFull = true;
      this.#later(1, 900, () => {
        coordinator.isLedgerFull = false;
      });
    },
    sideFilesFail: () => {
      const { coordinator } = this.#world;
      coordinator.areFilesFull = true;
      this.#later(1, 900, () => {
        coordinator.areFilesFull = false;
      });
    },
    clockJump: () => {
      const { faults } = this.#world;
      this.#world.clockOffset += faults.random.between(-86_400, 86_400);
    },
    failureStreak: () => {
      const { faults } = this.#world;
      faults.startStreak();
      this.#later(300, 2500, () => {
        faults.streak = undefined;
      });
    },
    lateRequest: () => {
      this.#world.calls.repeatOldRequest();
    },
    rivalOutcome: () => {
      this.#sendRival();
    },
    swizzle: () => {
      this.#swizzle();
    },
    order: () => {
      this.#world.orders.giveAny();
    },
  };

  #anyNode(): SimNode {
    return this.#world.faults.random.pick(this.#world.nodes);
  }

  #killNode(node: SimNode, minSeconds: number, maxSeconds: number): void {
    if (!node.isUp) return;
    node.isUp = false;
    this.#world.trialRuns.killNode(node);
    this.#world.tellCapacity();
    this.#reviveLater(node, minSeconds, maxSeconds);
  }

  #reviveLater(node: SimNode, minSeconds: number, maxSeconds: number): void {
    this.#later(minSeconds, maxSeconds, () => {
      if (this.#world.faults.chance('nodeWiped')) node.results.clear();
      node.isUp = true;
      this.#world.tellCapacity();
    });
  }

  #cutOff(node: SimNode): void {
    if (!node.isReachable) return;
    node.isCutOff = true;
    this.#world.trialRuns.cutOff(node);
    this.#world.tellCapacity();
    this.#later(1, 600, () => {
      node.isCutOff = false;
      this.#world.tellCapacity();
    });
  }

  /** All nodes are cut off one by one, and come back in another order (FoundationDB's swizzle). */
  #swizzle(): void {
    const { faults, nodes, queue } = this.#world;
    faults.random.shuffle(nodes).forEach((node, index) => {
      queue.after(index * 20, () => {
        if (!faults.isCalm) this.#cutOff(node);
      });
    });
  }

  /** Somebody else has an outcome too: a trial that was thought dead, of a workflow that is gone. */
  #sendRival(): void {
    const { coordinator, faults, calls, plan, scores } = this.#world;
    if (!coordinator.isUp) return;
    const trials = coordinator.ledger
      .listTrials(sweepName)
      .filter(({ state }) => state === 'complete' || (state === 'proposed' && !plan.hasOneSlot));
    if (trials.length === 0) return;
    const { input } = faults.random.pick(trials);
    const report = packReport(evaluate(input, 'noise'));
    const outcome: TrialOutcome = {
      ...{ trial: input.trial, status: 'complete' },
      result: {
        ...{ report, node: 'rival', attempt: 2, seconds: { merge: 1, evaluate: 1 } },
        ...{ deviceClass: 'cuda', versions: {}, workDir: '/rival' },
      },
    };
    scores.send(outcome);
    const requestId = 1 + faults.random.below(calls.answered.length + 2);
    const request = { requestId, outcomes: [outcome], want: 0 };
    calls.tellAsk({ isAlive: true }, request, () => undefined);
  }
}
