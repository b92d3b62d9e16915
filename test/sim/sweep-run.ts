/** One run of the sweep's workflow: what `workflows/sweep.ts` does with the scheduler's commands. */
import type {
  RunTrialInput,
  SteerOrder,
  SteerReply,
  SweepSummary,
  TrialId,
} from '../../activities/contracts.js';
import { findMalformation, findMisfit } from '../../workflows/check-order.js';
import type {
  Carried,
  SchedulerCommand,
  SchedulerEvent,
  SchedulerState,
  TrialEnded,
} from '../../workflows/scheduler-state.js';
import { carry, openScheduler, reduce } from '../../workflows/scheduler.js';
import { checkStep } from './check-scheduler.js';
import type { Calls } from './calls.js';
import type { TrialRuns } from './trial-runs.js';

export interface SweepRunOptions {
  readonly calls: Calls;
  readonly trialRuns: TrialRuns;
  readonly capacity: number;
  readonly carried?: Carried;
  readonly outcomesPerRun: number;
  readonly violate: (kind: string, text: string) => void;
  readonly trace: (line: string) => void;
  readonly onReleased: (done: () => void) => void;
  readonly onContinued: (capacity: number, carried: Carried) => void;
  readonly onEnded: (summary: SweepSummary) => void;
}

export class SweepRun {
  state: SchedulerState;
  isAlive = true;
  readonly #options: SweepRunOptions;
  readonly #events: SchedulerEvent[] = [];
  #commands: SchedulerCommand[] = [];
  #isWaiting = false;
  #isReconcileDue = false;
  #isLedgerChanged = false;
  /** Orders that were taken in; the first one is being carried out. */
  readonly #orders: Order[] = [];
  /** Told by this run and not handed out again since. */
  readonly #told = new Set<TrialId>();

  constructor(options: SweepRunOptions) {
    this.#options = options;
    const { capacity, carried } = options;
    this.state = openScheduler(capacity, carried);
  }

  open(): void {
    const isReconciling = this.#options.carried !== undefined;
    this.#wait();
    this.#options.calls.openSweep(this, isReconciling, (reply) => {
      this.#events.unshift({ type: 'opened', ...reply, ended: this.#takeEnded() });
      this.#goOn();
    });
  }

  push(event: SchedulerEvent): void {
    if (!this.isAlive) return;
    this.#events.push(event);
    this.#pump();
  }

  reconcile(): void {
    this.#isReconcileDue = true;
    this.#pump();
  }

  /** Something else wrote the ledger. */
  lookAgain(): void {
    this.#isLedgerChanged = true;
    this.reconcile();
  }

  /** Orders are carried out one after the other; one that makes no sense is refused at the door. */
  steer(requestId: string, order: SteerOrder, onDone: (reply: SteerReply) => void): void {
    const misfit = findMalformation(order) ?? findMisfit(order, this.state.stop);
    if (!this.isAlive || this.state.phase === 'ended' || misfit !== undefined) {
      this.#options.trace(`the order is refused at the door: ${misfit ?? 'it has ended'}`);
      return;
    }
    this.#orders.push({ requestId, order, onDone });
    if (this.#orders.length === 1 && this.state.phase !== 'opening') this.#carryOut();
  }

  /** Nothing of it goes on; what it asked for may still be carried out. */
  terminate(): void {
    this.isAlive = false;
    this.#options.trialRuns.forgetAttached();
  }

  #carryOut(): void {
    const [first] = this.#orders;
    if (first === undefined) return;
    const { requestId, order, onDone } = first;
    const next = (): void => {
      this.#orders.shift();
      if (this.#orders.length > 0) this.#carryOut();
      this.#pump();
    };
    const steered = (reply: SteerReply): void => {
      const { message: _, ...standing } = reply;
      this.#events.push({ type: 'steered', ...standing });
      if (order.kind === 'stop') this.#events.push({ type: 'stopRequested', mode: 'drain' });
      if (order.kind === 'cancel') this.#events.push({ type: 'stopRequested', mode: 'now' });
      onDone(reply);
      next();
    };
    this.#options.calls.steer(this, { requestId, order }, steered, next);
  }

  #wait(): void {
    this.#isWaiting = true;
  }

  #goOn(): void {
    this.#isWaiting = false;
    this.#pump();
  }

  #pump(): void {
    while (this.isAlive && !this.#isWaiting) {
      const [command] = this.#commands;
      if (command !== undefined) {
        // A run ends when the orders that it has taken in are carried out.
        if (isLast(command) && this.#orders.length > 0) return;
        this.#commands.shift();
        this.#perform(command);
        continue;
      }
      const event = this.#events.shift();
      if (event !== undefined) this.#reduce(event);
      else if (this.#isReconcileDue) this.#askWhatIsAwaited();
      else return;
    }
  }

  #reduce(event: SchedulerEvent): void {
    const { trace, violate, outcomesPerRun } = this.#options;
    const before = this.state;
    const step = reduce(before, event);
    checkStep(before, event, step, violate);
    this.state = step.state;
    this.#commands = [...step.commands];
    if (before.phase === 'opening' && this.state.phase !== 'opening') this.#carryOut();
    trace(`${describe(event)} -> ${step.commands.map(describe).join(', ') || 'nothing'}`);
    const isLong = this.state.told >= outcomesPerRun;
    if (isLong && !this.state.isRotationDue) this.#events.push({ type: 'rotationDue' });
  }

  #askWhatIsAwaited(): void {
    const isChanged = this.#isLedgerChanged;
    [this.#isReconcileDue, this.#isLedgerChanged] = [false, false];
    this.#wait();
    this.#options.calls.openSweep(this, true, ({ pending, isHeld = false }) => {
      const ended = this.#takeEnded();
      this.#events.unshift({ type: 'reconciled', pending, isHeld, isChanged, ended });
      this.#goOn();
    });
  }

  /** What ended while the ledger was read. */
  #takeEnded(): TrialEnded[] {
    const ended = this.#events.filter(isTrialEnded);
    const others = this.#events.filter((event) => !isTrialEnded(event));
    this.#events.splice(0, this.#events.length, ...others);
    return ended;
  }

  #perform(command: SchedulerCommand): void {
    const { calls, trialRuns, onReleased, onContinued } = this.#options;
    switch (command.type) {
      case 'tellAsk': {
        const { type: _, ...request } = command;
        for (const { trial } of request.outcomes) this.#noteTold(trial);
        this.#wait();
        calls.tellAsk(this, request, (reply) => {
          this.#events.unshift({ type: 'reply', reply });
          this.#goOn();
        });
        return;
      }
      case 'startTrials':
        for (const run of command.trials) this.#start(run, command.isAttached);
        return;
      case 'cancelTrials':
        for (const trial of command.trials) trialRuns.cancel(trial);
        return;
      case 'release':
        for (const { trial } of command.orders) {
          onReleased(() => {
            this.push({ type: 'releaseDone', trial });
          });
        }
        return;
      case 'continueAsNew': {
        if (trialRuns.attachedCount > 0) {
          this.#options.violate('scheduler', 'continues as new while attached trials run');
        }
        const { capacity, carried } = carry(this.state, this.#events);
        this.terminate();
        onContinued(capacity, carried);
        return;
      }
      case 'finish':
        this.#end();
        return;
      case 'pause':
        this.#end(command.reason);
        return;
    }
  }

  #start(run: RunTrialInput, isAttached: boolean): void {
    const { trialRuns, violate } = this.#options;
    this.#told.delete(run.trial);
    if (isAttached && trialRuns.isAttached(run.trial)) {
      violate('scheduler', `starts trial ${run.trial} attached while it runs attached`);
    }
    trialRuns.start(run, isAttached);
  }

  #noteTold(trial: TrialId): void {
    if (this.#told.has(trial)) this.#options.violate('scheduler', `tells trial ${trial} twice`);
    this.#told.add(trial);
  }

  #end(pause?: string): void {
    this.#wait();
    this.#options.calls.finishSweep(this, pause, (summary) => {
      // Also a trial that the ledger had closed while it ran.
      this.terminate();
      this.#options.onEnded(summary);
    });
  }
}

interface Order {
  readonly requestId: string;
  readonly order: SteerOrder;
  readonly onDone: (reply: SteerReply) => void;
}

const isTrialEnded = (event: SchedulerEvent): event is TrialEnded => event.type === 'trialEnded';

const isLast = ({ type }: SchedulerCommand): boolean =>
  type === 'continueAsNew' || type === 'finish' || type === 'pause';

/** With the trials that it is about. */
function describe(step: SchedulerEvent | SchedulerCommand): string {
  const trials = 'trials' in step ? step.trials : 'outcome' in step ? [step.outcome] : [];
  const names = trials.map((each) => (typeof each === 'string' ? each : each.trial));
  return [step.type, ...names].join(' ');
}
