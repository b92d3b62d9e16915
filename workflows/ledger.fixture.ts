/** A ledger in memory with the contract of the coordinator activities: the scheduler's opposite. */
import type {
  FinishSweepInput,
  OpenSweepReply,
  RunTrialInput,
  SteerInput,
  SteerReply,
  SweepSummary,
  TellAskInput,
  TellAskReply,
  TrialId,
  TrialOutcome,
} from '../activities/contracts.js';
import { makeRelease, makeRun } from './trial.fixture.js';

export interface FakeLedgerOptions {
  readonly maxTrials: number;
  /** Pauses once so many outcomes are in. */
  readonly pauseAfter?: number;
  readonly run?: Partial<RunTrialInput>;
}

export class FakeLedger {
  readonly told: TrialOutcome[] = [];
  readonly handedOut: TrialId[] = [];
  readonly finished: FinishSweepInput[] = [];
  /** Orders that were carried out, each once. */
  readonly orders: SteerInput['order'][] = [];
  /** Trials that were put in line again, again when it happened again. */
  readonly retried: TrialId[] = [];
  /** Trials that were made of injected candidates. */
  readonly injected: TrialId[] = [];
  opened = 0;
  isHeld = false;
  private options: FakeLedgerOptions;
  private readonly replies = new Map<number, TellAskReply>();
  private readonly open = new Map<TrialId, RunTrialInput>();
  private readonly steered = new Map<string, string>();
  /** Trials to be handed out again. */
  private readonly line: TrialId[] = [];
  private injections = 0;
  private isPaused = false;

  constructor(options: FakeLedgerOptions) {
    this.options = options;
  }

  get maxTrials(): number {
    return this.options.maxTrials;
  }

  get inFlight(): readonly TrialId[] {
    return [...this.open.keys()];
  }

  /** No more pauses. */
  allowRest(): void {
    const { pauseAfter: _, ...rest } = this.options;
    this.options = rest;
  }

  openSweep(): OpenSweepReply {
    this.opened += 1;
    if (this.isPaused) this.isPaused = false;
    return {
      pending: [...this.open.values()],
      nextRequestId: this.replies.size + 1,
      state: this.isDone() ? 'finished' : 'running',
      ...(this.isHeld && { isHeld: true }),
    };
  }

  tellAsk({ requestId, outcomes, want }: Omit<TellAskInput, 'ledgerId' | 'sweep'>): TellAskReply {
    const stored = this.replies.get(requestId);
    if (stored !== undefined) return stored;
    if (requestId !== this.replies.size + 1) throw new Error(`gap before request ${requestId}`);
    for (const outcome of outcomes) {
      if (!this.open.delete(outcome.trial)) throw new Error(`${outcome.trial} told twice`);
      this.told.push(outcome);
    }
    if (this.options.pauseAfter !== undefined && this.told.length >= this.options.pauseAfter)
      this.isPaused = true;
    const left = this.options.maxTrials - this.handedOut.length + this.line.length;
    const isHandingOut = !this.isPaused && !this.isHeld;
    const trials = Array.from({ length: isHandingOut ? Math.min(want, left) : 0 }, () => {
      const run = makeRun(this.line.shift() ?? this.propose(), this.options.run);
      this.open.set(run.trial, run);
      return run;
    });
    const reply: TellAskReply = {
      requestId,
      trials,
      releases: outcomes.map((outcome) => makeRelease(outcome.trial)),
      state: this.isPaused ? 'paused' : this.isDone() ? 'finished' : 'running',
      ...(this.isPaused ? { reason: 'eight failures in a row' } : {}),
      ...(this.isHeld && { isHeld: true }),
      summary: `${this.told.length}/${this.options.maxTrials}`,
      progress: { ended: this.told.length, maxTrials: this.options.maxTrials },
    };
    this.replies.set(requestId, reply);
    return reply;
  }

  finishSweep(input: FinishSweepInput): SweepSummary {
    this.finished.push(input);
    return {
      sweep: input.sweep,
      state: input.pause === undefined ? 'finished' : 'paused',
      ...(input.pause === undefined ? {} : { reason: input.pause }),
      trialsProposed: this.handedOut.length,
    };
  }

  steer({ requestId, order }: Pick<SteerInput, 'requestId' | 'order'>): SteerReply {
    const known = this.steered.get(requestId);
    if (known === undefined) this.carryOut(order);
    const message = known ?? order.kind;
    this.steered.set(requestId, message);
    const state = this.isPaused ? 'paused' : this.isDone() ? 'finished' : 'running';
    return { message, isHeld: this.isHeld, state };
  }

  private carryOut(order: SteerInput['order']): void {
    if (this.isDone() && order.kind !== 'stop' && order.kind !== 'cancel')
      throw new Error(`finished: no ${order.kind}`);
    this.orders.push(order);
    switch (order.kind) {
      case 'pause':
      case 'resume':
        this.isHeld = order.kind === 'pause';
        return;
      case 'extend':
        this.options = { ...this.options, maxTrials: this.options.maxTrials + (order.trials ?? 0) };
        return;
      case 'retry':
        this.retry(order.trials);
        return;
      case 'inject':
        this.injections += 1;
        return;
      case 'stop':
      case 'cancel':
        return;
    }
  }

  private retry(named?: readonly TrialId[]): void {
    const trials = this.listFailed().filter((trial) => named?.includes(trial) ?? true);
    this.line.push(...trials);
    this.retried.push(...trials);
  }

  /** Trials whose latest end is a failure and that are not on their way again. */
  private listFailed(): TrialId[] {
    const latest = new Map(this.told.map((outcome) => [outcome.trial, outcome.status]));
    return [...latest].flatMap(([trial, status]) =>
      status === 'failed' && !this.open.has(trial) && !this.line.includes(trial) ? [trial] : [],
    );
  }

  private propose(): TrialId {
    const trial = String(this.handedOut.length + 1);
    this.handedOut.push(trial);
    if (this.injections > 0) {
      this.injections -= 1;
      this.injected.push(trial);
    }
    return trial;
  }

  /** A held one is not, whatever it has left to do. */
  isDone(): boolean {
    const isProposed = this.handedOut.length >= this.options.maxTrials;
    return isProposed && this.open.size === 0 && this.line.length === 0 && !this.isHeld;
  }
}
