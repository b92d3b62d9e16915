/** A ledger in memory with the contract of the coordinator activities: the scheduler's opposite. */
import type {
  FinishSweepInput,
  OpenSweepReply,
  RunTrialInput,
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
  opened = 0;
  private options: FakeLedgerOptions;
  private readonly replies = new Map<number, TellAskReply>();
  private readonly open = new Map<TrialId, RunTrialInput>();
  private isPaused = false;

  constructor(options: FakeLedgerOptions) {
    this.options = options;
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
    const left = this.options.maxTrials - this.handedOut.length;
    const trials = Array.from({ length: this.isPaused ? 0 : Math.min(want, left) }, () => {
      const trial = String(this.handedOut.length + 1);
      const run = makeRun(trial, this.options.run);
      this.handedOut.push(trial);
      this.open.set(trial, run);
      return run;
    });
    const reply: TellAskReply = {
      requestId,
      trials,
      releases: outcomes.map((outcome) => makeRelease(outcome.trial)),
      state: this.isPaused ? 'paused' : this.isDone() ? 'finished' : 'running',
      ...(this.isPaused ? { reason: 'eight failures in a row' } : {}),
      summary: `${this.told.length}/${this.options.maxTrials}`,
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

  private isDone(): boolean {
    return this.told.length >= this.options.maxTrials;
  }
}
