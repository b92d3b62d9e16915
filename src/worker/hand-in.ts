/**
 * What a node finished while nobody could hear of it: its completion was dropped after 10 s without an
 * answer, or came when the trial had been given to another node. The first of all of them counts.
 */
import type { Client } from '@temporalio/client';
import type { TrialOutcome } from '../../activities/contracts.js';
import { askWorkflow } from '../client/ask-workflow.js';
import { listFinishedWork } from '../external/finished-work.js';
import type { WorkOwner } from '../external/work-folder.js';
import {
  handInSignalName,
  sweepStatusQuestion,
  sweepWorkflowId,
} from '../../workflows/messages.js';
import type { SweepStatus } from '../../workflows/messages.js';

/** A completion takes milliseconds: what the sweep still awaits after so long did not get through. */
const youngestMs = 60_000;
/** Sweeps that ended longer ago are not asked for again after a restart. */
const oldestMs = 24 * 3_600_000;
const lookEveryMs = 60_000;
const askWithinMs = 10_000;

export interface HandInOptions {
  readonly client: Client;
  readonly nodeId: string;
  /** Absolute. */
  readonly workRoot: string;
  readonly onMessage?: ((message: string) => void) | undefined;
  /** @default 60000 */
  readonly youngestMs?: number;
}

/** Looks at once and each minute, until it is stopped. Never throws: what can't be asked is asked again. */
export function handInFinished(options: HandInOptions): { stop(): void } {
  const finished = new HandIn(options);
  let looking: Promise<void> | undefined;
  const look = (): void => {
    looking ??= finished.look().finally(() => (looking = undefined));
  };
  look();
  const timer = setInterval(look, lookEveryMs).unref();
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}

interface Finished extends WorkOwner {
  readonly readOutcome: () => Promise<TrialOutcome | undefined>;
}

export class HandIn {
  private readonly options: HandInOptions;
  /** Trials that their sweeps have, or were given. */
  private readonly settled = new Set<string>();

  constructor(options: HandInOptions) {
    this.options = options;
  }

  async look(): Promise<void> {
    const bySweep = new Map<string, Finished[]>();
    for (const finished of await this.listUnsettled()) {
      const id = sweepWorkflowId(finished.ledgerId, finished.sweep);
      bySweep.set(id, [...(bySweep.get(id) ?? []), finished]);
    }
    for (const [workflowId, finished] of bySweep) {
      const awaited = await this.askAwaited(workflowId);
      // Not there, not able to answer, or not yet: asked again at the next look.
      if (awaited === undefined) continue;
      for (const trial of finished) await this.settle(workflowId, trial, awaited);
    }
  }

  private async listUnsettled(): Promise<Finished[]> {
    const limits = { youngestMs: this.options.youngestMs ?? youngestMs, oldestMs };
    const works = await listFinishedWork(this.options.workRoot, limits).catch(() => []);
    return works.flatMap(({ owners, readResult }) =>
      owners
        .filter((owner) => !this.settled.has(nameOf(owner)))
        .map((owner) => ({
          ...owner,
          readOutcome: async () => {
            const result = await readResult();
            return result && { trial: owner.trial, status: 'complete', result };
          },
        })),
    );
  }

  /** Trials that a sweep which runs has in flight. */
  private async askAwaited(workflowId: string): Promise<readonly string[] | undefined> {
    const { client } = this.options;
    try {
      const ask = askWorkflow<SweepStatus>;
      const status = await ask(client, workflowId, sweepStatusQuestion, askWithinMs);
      return status.isOpening === true ? undefined : status.inFlight;
    } catch {
      return undefined;
    }
  }

  private async settle(
    workflowId: string,
    finished: Finished,
    awaited: readonly string[],
  ): Promise<void> {
    const { client, nodeId, onMessage } = this.options;
    const { trial, sweep } = finished;
    try {
      if (awaited.includes(trial)) {
        const outcome = await finished.readOutcome();
        if (outcome === undefined) return;
        await client.workflow.getHandle(workflowId).signal(handInSignalName, outcome);
        onMessage?.(
          `Node ${nodeId} handed in trial ${trial} of ${sweep}: it had finished it, and the sweep had not heard of it`,
        );
      }
      this.settled.add(nameOf(finished));
    } catch {
      // It has ended, or the server is away.
    }
  }
}

const nameOf = ({ ledgerId, sweep, trial }: WorkOwner): string =>
  JSON.stringify([ledgerId, sweep, trial]);
