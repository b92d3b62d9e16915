/**
 * Temporal's side of trials: activities and trial workflows, their queue, attempts, time-outs and
 * cancellations, on the simulated nodes. What `run-to-outcome.ts` and `trial.ts` do on the real one.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import type { RunTrialInput, TrialId, TrialOutcome } from '../../activities/contracts.js';
import { isRetryable, StageFailedError, type TrialFailure } from '../../src/errors.js';
import { toOutcome } from '../../workflows/trial-outcome.js';
import type { Faults } from './faults.js';
import type { EventQueue } from './event-queue.js';
import { toUnit } from './random.js';
import type { SimNode } from './sim-node.js';

const heartbeatTimeoutS = 30;
const maxReturns = 100;

/** One activity of Temporal's, over all its attempts. */
interface Execution {
  readonly run: RunTrialInput;
  readonly isAttached: boolean;
  state: 'queued' | 'waiting' | 'running' | 'ended';
  attempt: number;
  returns: number;
  /** Counts what an attempt may still answer for. */
  generation: number;
  isCancelled: boolean;
}

/** What a node works on. */
interface Attempt {
  readonly node: SimNode;
  readonly execution: Execution;
  readonly generation: number;
  isDead: boolean;
}

export interface TrialRunsOptions {
  readonly queue: EventQueue;
  readonly faults: Faults;
  readonly nodes: readonly SimNode[];
  readonly nanShare: number;
  readonly isCold: boolean;
  /** An outcome of this run of the sweep's, or a trial workflow's signal to it. */
  readonly onOutcome: (outcome: TrialOutcome, isAttached: boolean) => void;
  /** What a node finished while its attempt was given up. */
  readonly onHandIn: (outcome: TrialOutcome) => void;
  readonly trace: (line: string) => void;
}

export class TrialRuns {
  readonly #options: TrialRunsOptions;
  readonly #attached = new Map<TrialId, Execution>();
  readonly #detached = new Map<TrialId, Execution>();
  #attempts: Attempt[] = [];
  /** In the order of the task queue. */
  #waiting: Execution[] = [];

  constructor(options: TrialRunsOptions) {
    this.#options = options;
  }

  isAttached(trial: TrialId): boolean {
    return this.#attached.has(trial);
  }

  get attachedCount(): number {
    return this.#attached.size;
  }

  /** A detached one that runs already stays as it is. */
  start(run: RunTrialInput, isAttached: boolean): void {
    const table = isAttached ? this.#attached : this.#detached;
    if (table.has(run.trial)) return;
    const execution: Execution = {
      ...{ run, isAttached, state: 'queued', attempt: 1, returns: 0, generation: 0 },
      isCancelled: false,
    };
    table.set(run.trial, execution);
    this.#enqueue(execution);
  }

  cancel(trial: TrialId): void {
    const execution = this.#attached.get(trial) ?? this.#detached.get(trial);
    if (execution === undefined || execution.isCancelled) return;
    execution.isCancelled = true;
    if (execution.state === 'queued' || execution.state === 'waiting') {
      this.#endCancelled(execution);
      return;
    }
    this.#tellNodeOfCancellation(execution, execution.generation);
  }

  /** With its next heartbeat the node hears of it, and ends the processes. */
  #tellNodeOfCancellation(execution: Execution, generation: number): void {
    this.#options.queue.after(this.#options.faults.random.between(0, 10), () => {
      const attempt = this.#find(execution, generation);
      if (attempt === undefined) return;
      if (attempt.node.isReachable) {
        this.#drop(attempt);
        this.#endCancelled(execution);
      } else this.#tellNodeOfCancellation(execution, generation);
    });
  }

  /** The sweep's workflow is gone: its activities are nobody's. Their nodes hear of it in a while. */
  forgetAttached(): void {
    for (const execution of this.#attached.values()) this.#abandon(execution);
    this.#attached.clear();
  }

  /** Temporal's database is gone. */
  forgetAll(): void {
    this.forgetAttached();
    for (const execution of this.#detached.values()) this.#abandon(execution);
    this.#detached.clear();
  }

  /** All that the node worked on dies with it, and nobody is told. */
  killNode(node: SimNode): void {
    for (const attempt of this.#on(node)) {
      this.#drop(attempt);
      this.#timeOutUnlessHeard(attempt);
    }
  }

  /** The node works on, and none of its heartbeats arrive. */
  cutOff(node: SimNode): void {
    for (const attempt of this.#on(node)) this.#timeOutUnlessHeard(attempt, () => node.isCutOff);
  }

  /** The node gives back what it works on, and will take no more. */
  handBack(node: SimNode): void {
    for (const attempt of this.#on(node)) {
      this.#drop(attempt);
      const { execution } = attempt;
      if (execution.generation !== attempt.generation || execution.state !== 'running') continue;
      execution.returns += 1;
      if (execution.isCancelled) this.#endCancelled(execution);
      else if (execution.returns > maxReturns) throw new Error('a hundred nodes shut down');
      else this.#enqueue(execution);
    }
  }

  /** Gives work to nodes that have room. */
  dispatch(): void {
    const { nodes, faults } = this.#options;
    while (this.#waiting.length > 0) {
      const free = nodes.filter((node) => node.isReachable && node.busy < node.slots);
      if (free.length === 0) return;
      const execution = this.#waiting.shift();
      if (execution === undefined) return;
      const holder = free.find(({ name }) => name === execution.run.holder?.node);
      this.#begin(execution, holder ?? faults.random.pick(free));
    }
  }

  #begin(execution: Execution, node: SimNode): void {
    const { queue, faults, trace } = this.#options;
    execution.state = 'running';
    execution.generation += 1;
    const attempt: Attempt = { node, execution, generation: execution.generation, isDead: false };
    this.#attempts.push(attempt);
    node.busy += 1;
    const seconds = node.results.has(execution.run.workKey) ? 1 : faults.random.between(10, 200);
    trace(`${node.name} begins ${execution.run.trial} (attempt ${execution.attempt})`);
    queue.after(seconds, () => {
      this.#finish(attempt);
    });
  }

  #finish(attempt: Attempt): void {
    if (attempt.isDead) return;
    const { faults, isCold, trace } = this.#options;
    const { node, execution } = attempt;
    const { run } = execution;
    const failureClass = faults.chooseFailure();
    let end: () => void;
    let handIn = (): void => undefined;
    try {
      if (failureClass !== undefined && !node.results.has(run.workKey)) {
        throw new StageFailedError(failureClass, `made up: ${failureClass}`);
      }
      const isNan = toUnit(run.workKey) < this.#options.nanShare;
      const flaw = isNan ? 'nan' : faults.chooseFlaw();
      const result = node.finish(run, execution.attempt, { flaw, isCold });
      if (faults.chance('dieBeforeReport')) {
        trace(`${node.name} loses the worker of ${run.trial} after its result was written`);
        this.#drop(attempt);
        this.#timeOutUnlessHeard(attempt);
        return;
      }
      const sent = faults.garble(result);
      handIn = () => {
        this.#options.onHandIn({ trial: run.trial, status: 'complete', result });
      };
      end = () => {
        this.#end(execution, { trial: run.trial, status: 'complete', result: sent });
      };
    } catch (error) {
      if (!(error instanceof StageFailedError)) throw error;
      const failure: TrialFailure = {
        ...{ class: error.failureClass, reason: error.message, stage: 'evaluate' },
        ...{ attempt: execution.attempt, node: node.name },
      };
      end = () => {
        this.#fail(execution, failure);
      };
    }
    this.#drop(attempt);
    this.#report(attempt, end, handIn);
  }

  /** What a node that is cut off has to say, it says when it is back. */
  #report(attempt: Attempt, end: () => void, handIn: () => void): void {
    const { node, execution, generation } = attempt;
    if (!node.isUp) {
      // Died with it; its time-out comes.
      this.#timeOutUnlessHeard(attempt);
      return;
    }
    if (node.isCutOff) {
      this.#options.queue.after(20, () => {
        this.#report(attempt, end, handIn);
      });
      return;
    }
    if (execution.generation === generation && execution.state === 'running') end();
    else {
      this.#options.trace(`${node.name} reports ${execution.run.trial} to nobody, and hands it in`);
      this.#options.queue.after(60, handIn);
    }
  }

  #fail(execution: Execution, failure: TrialFailure): void {
    const isFinal = !isRetryable(failure.class) || execution.attempt >= execution.run.maxAttempts;
    if (execution.isCancelled) this.#endCancelled(execution);
    else if (isFinal) {
      const { class: type, reason } = failure;
      const cause = ApplicationFailure.create({ type, message: reason, details: [failure] });
      this.#endFailed(execution, cause);
    } else this.#retry(execution);
  }

  #retry(execution: Execution): void {
    execution.state = 'waiting';
    execution.generation += 1;
    execution.attempt += 1;
    this.#options.queue.after(5 * 2 ** (execution.attempt - 2), () => {
      if (execution.state === 'waiting') this.#enqueue(execution);
    });
  }

  #timeOutUnlessHeard(attempt: Attempt, isStillSilent: () => boolean = () => true): void {
    const { execution, generation } = attempt;
    this.#options.queue.after(heartbeatTimeoutS, () => {
      const isCurrent = execution.generation === generation && execution.state === 'running';
      if (!isCurrent || !isStillSilent()) return;
      this.#options.trace(`no heartbeat of ${execution.run.trial}`);
      if (execution.attempt < execution.run.maxAttempts && !execution.isCancelled) {
        this.#retry(execution);
        return;
      }
      const progress = { stage: 'evaluate', percent: 1, node: attempt.node.name };
      this.#endFailed(execution, new TimeoutFailure('late', progress, TimeoutType.HEARTBEAT));
    });
  }

  #endFailed(execution: Execution, cause: Error): void {
    const { trial, maxAttempts } = execution.run;
    const state = RetryState.MAXIMUM_ATTEMPTS_REACHED;
    const error = new ActivityFailure('failed', 'runTrial', `t${trial}`, state, 'node', cause);
    this.#end(execution, toOutcome(trial, error, maxAttempts));
  }

  #endCancelled(execution: Execution): void {
    const { trial, maxAttempts } = execution.run;
    this.#end(execution, toOutcome(trial, new CancelledFailure('cancelled'), maxAttempts));
  }

  #end(execution: Execution, outcome: TrialOutcome): void {
    execution.state = 'ended';
    execution.generation += 1;
    this.#waiting = this.#waiting.filter((each) => each !== execution);
    const table = execution.isAttached ? this.#attached : this.#detached;
    table.delete(execution.run.trial);
    this.#options.trace(`outcome of ${outcome.trial}: ${describe(outcome)}`);
    this.#options.onOutcome(outcome, execution.isAttached);
  }

  #abandon(execution: Execution): void {
    const { generation } = execution;
    execution.state = 'ended';
    this.#waiting = this.#waiting.filter((each) => each !== execution);
    this.#options.queue.after(this.#options.faults.random.between(0, 15), () => {
      const attempt = this.#find(execution, generation);
      if (attempt?.node.isReachable === true) this.#drop(attempt);
    });
  }

  #enqueue(execution: Execution): void {
    execution.state = 'queued';
    execution.generation += 1;
    this.#waiting.push(execution);
    this.dispatch();
  }

  #on(node: SimNode): Attempt[] {
    return this.#attempts.filter((attempt) => attempt.node === node);
  }

  #find(execution: Execution, generation: number): Attempt | undefined {
    return this.#attempts.find(
      (attempt) => attempt.execution === execution && attempt.generation === generation,
    );
  }

  /** The node does no more for it. */
  #drop(attempt: Attempt): void {
    if (attempt.isDead) return;
    attempt.isDead = true;
    attempt.node.busy -= 1;
    this.#attempts = this.#attempts.filter((each) => each !== attempt);
    this.#options.queue.after(0, () => {
      this.dispatch();
    });
  }
}

function describe(outcome: TrialOutcome): string {
  switch (outcome.status) {
    case 'complete':
      return `complete ${outcome.result.report.scores.map(({ value }) => value).join(' ')}`;
    case 'failed':
      return `failed ${outcome.failure.class}`;
    case 'cancelled':
      return 'cancelled';
  }
}
