/** A node that fails trials by its own fault takes no more of them, and tries itself again. */
import { ApplicationFailure } from '@temporalio/common';
import type { RunTrialInput, RunTrialResult, TrialUse } from '../../activities/contracts.js';
import type { NodeStanding } from '../../activities/node-standing.js';
import { isNodeRefused, nodeRefused, refusalOf } from '../../activities/refuse-node.js';
import { failureClasses, failureOwner, nodeFaults } from '../errors.js';
import type { TrialFailure } from '../errors.js';
import { sweepWorkflowId } from '../../workflows/messages.js';

/** Trials in a row that fail by the node's fault. */
const longestRow = 3;
/** So long it stays aside, before one trial may show whether it works again. */
export const asideMs = 10 * 60_000;

export interface SetAsideOptions {
  readonly nodeId: string;
  /** Told of what is set aside, and of what works again. */
  readonly standing: NodeStanding;
  readonly onMessage?: ((message: string) => void) | undefined;
  /** ms. @default Date.now */
  readonly now?: () => number;
}

type RunTrial = (input: RunTrialInput) => Promise<RunTrialResult>;

/**
 * Wraps what runs trials: a failure that is the node's fault gives the trial back as refused, so that it
 * costs no attempt; after three in a row the node refuses all trials, or, where only a tool of one sweep
 * is missing, that sweep's.
 */
export function settingAside(runTrial: RunTrial, options: SetAsideOptions): RunTrial {
  const { nodeId, standing } = options;
  const health = new NodeHealth(options);
  return async (input) => {
    const sweep = sweepWorkflowId(input.ledgerId, input.sweep);
    const closed = health.findClosed(sweep);
    if (closed !== undefined) throw nodeRefused({ node: nodeId, reason: closed });
    const end = health.begin(sweep);
    try {
      const result = await runTrial(input);
      end();
      health.noteSuccess(sweep);
      standing.accept(sweep);
      return result;
    } catch (error) {
      end();
      if (isNodeRefused(error)) {
        standing.refuse(sweep, refusalOf(error)?.reason ?? error.message);
        throw error;
      }
      const failure = readFailure(error);
      // It was the candidate's fault, so the node did its work.
      if (failure !== undefined && failureOwner(failure.class) === 'candidate')
        health.noteSuccess(sweep);
      if (failure === undefined || !nodeFaults.includes(failure.class)) throw error;
      health.noteFault(sweep, failure);
      throw nodeRefused({ node: nodeId, reason: failure.reason, failure }, readUse(error));
    }
  };
}

interface Row {
  faults: number;
  /** Of `now`; absent while it is not set aside. */
  asideSince?: number;
  reason: string;
}

/** Faults in a row: of the node, and of each sweep that misses a tool here. */
class NodeHealth {
  private readonly options: SetAsideOptions;
  private readonly now: () => number;
  /** By sweep, or `''` for the node itself. */
  private readonly rows = new Map<string, Row>();
  /** What the trial that tries it again is in the middle of. */
  private readonly trying = new Set<string>();

  constructor(options: SetAsideOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
  }

  /** Why no trial of this sweep is taken now. */
  findClosed(sweep: string): string | undefined {
    for (const key of ['', sweep]) {
      const { asideSince, reason } = this.rows.get(key) ?? {};
      if (asideSince === undefined) continue;
      if (this.trying.has(key) || this.now() - asideSince < asideMs) return reason;
    }
    return undefined;
  }

  /** A trial begins; of what is set aside it is the only one. @returns to be called at its end */
  begin(sweep: string): () => void {
    const tried = ['', sweep].filter((key) => this.rows.get(key)?.asideSince !== undefined);
    for (const key of tried) this.trying.add(key);
    return () => {
      for (const key of tried) this.trying.delete(key);
    };
  }

  noteSuccess(sweep: string): void {
    for (const key of ['', sweep]) {
      const isBack = this.rows.get(key)?.asideSince !== undefined;
      this.rows.delete(key);
      if (!isBack) continue;
      if (key === '') this.options.standing.clear('set-aside');
      else this.options.standing.accept(key);
      this.say(`${key === '' ? 'takes trials' : `takes trials of ${key}`} again: one went well.`);
    }
  }

  noteFault(sweep: string, failure: TrialFailure): void {
    const key = failure.class === 'tool_missing' ? sweep : '';
    const row = this.rows.get(key) ?? { faults: 0, reason: '' };
    row.faults += 1;
    this.rows.set(key, row);
    if (row.faults < longestRow) return;
    row.asideSince = this.now();
    const what = key === '' ? 'set aside' : 'set aside for this sweep';
    row.reason =
      `It is ${what} after ${row.faults} trials in a row that failed by its own fault ` +
      `(${failure.class}), and tries one more in ${asideMs / 60_000} minutes or when its worker starts again. The last: ${failure.reason}`;
    const retryAt = row.asideSince + asideMs;
    if (key === '') this.options.standing.leave('set-aside', row.reason, retryAt);
    else this.options.standing.refuse(key, row.reason);
    this.say(key === '' ? `takes no more trials. ${row.reason}` : `${key}: ${row.reason}`);
  }

  private say(message: string): void {
    this.options.onMessage?.(`Node ${this.options.nodeId} ${message}`);
  }
}

/** How a trial failed, as `runTrial` throws it. */
function readFailure(error: unknown): TrialFailure | undefined {
  if (!(error instanceof ApplicationFailure)) return undefined;
  const failure = error.details?.[0] as TrialFailure | undefined;
  return failure !== undefined && failureClasses.includes(failure.class) ? failure : undefined;
}

/** As `runTrial` puts it beside the failure. */
function readUse(error: unknown): TrialUse | undefined {
  return error instanceof ApplicationFailure ? (error.details?.[1] as TrialUse) : undefined;
}
