/** Giving an order to a sweep: through the process that runs it, or on the ledger where none does. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Client,
  Connection,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { SteerInput, SteerOrder, SteerReply } from '../../activities/contracts.js';
import { steer } from '../../activities/steer.js';
import { SweepSessions } from '../../activities/sweep-session.js';
import {
  coordinatorQueue,
  refusedOrderType,
  steerUpdateName,
  steerWorkflowId,
  sweepEndedType,
  sweepWorkflowId,
} from '../../workflows/messages.js';
import type { SteerMessage } from '../../workflows/messages.js';
import type { Environment } from '../config.js';
import { LedgerError, MergesweepError, UsageError } from '../errors.js';
import { openLedger } from '../store/ledger.js';
import { acquireWriterLock, isLockHeld } from '../store/writer-lock.js';
import type { WriterDescription } from '../store/writer-lock.js';
import { holderAnswerMs, locateHolder, silentHolder } from './holder.js';
import type { TemporalFlags } from './resolve-temporal.js';

export interface SteerOptions {
  readonly resultsDir: string;
  /** Of the ledger there. */
  readonly ledgerId: string;
  readonly sweep: string;
  readonly order: SteerOrder;
  /** The same one again is carried out once. @default a new one */
  readonly requestId?: string;
  /** Which keys open the Temporal server of whoever runs the folder. */
  readonly flags?: TemporalFlags;
  readonly env: Environment;
  /** @default 15000 */
  readonly answerWithinMs?: number;
}

export interface SteerOutcome extends SteerReply {
  /** Whether a process runs the folder; else the order waits in the ledger. */
  readonly isLive: boolean;
}

/** What the sweep's workflow, or the folder's holder, may be asked again: it begins or ends just now. */
const passingMs = 300;

/**
 * Gives the order and waits until it is carried out.
 *
 * @throws UsageError `steer_refused` where it makes no sense; LedgerError `writer_silent` when the
 *   folder's holder does not answer in time
 */
export async function steerSweep(options: SteerOptions): Promise<SteerOutcome> {
  const { ledgerId, sweep, order, requestId = randomUUID() } = options;
  const input: SteerInput = { ledgerId, sweep, requestId, order };
  const deadline = performance.now() + (options.answerWithinMs ?? holderAnswerMs);
  for (;;) {
    const lock = acquireWriterLock(options.resultsDir);
    if (!isLockHeld(lock)) {
      try {
        return { ...steerLedger(options, input), isLive: false };
      } finally {
        lock.release();
      }
    }
    try {
      const reply = await steerThroughHolder(options, input, lock.holder, deadline);
      return { ...reply, isLive: true };
    } catch (error) {
      const isPassing = error instanceof MergesweepError && passingCodes.has(error.code);
      if (!isPassing) throw error;
      // It has just started, and not said yet where its server is; or it is about to end.
      if (performance.now() + passingMs > deadline)
        throw silentHolder(options.resultsDir, lock.holder);
      await delay(passingMs);
    }
  }
}

const passingCodes = new Set<string>(['writer_silent', 'temporal_connect', sweepEndedType]);

/** The caller holds the writer's lock. */
function steerLedger({ resultsDir }: SteerOptions, input: SteerInput): SteerReply {
  const ledger = openLedger(resultsDir, { mode: 'write' });
  try {
    const { kind } = input.order;
    const row = ledger.getSweep(input.sweep);
    if (row !== undefined && (kind === 'stop' || kind === 'cancel')) {
      const { isHeld, state } = row;
      return {
        message: `Nothing runs ${row.name}: no process holds ${resultsDir}.`,
        isHeld,
        state,
      };
    }
    const deps = { ledger, resultsDir, clock: { now: () => new Date() } };
    return steer(deps, new SweepSessions(deps), input);
  } finally {
    ledger.close();
  }
}

async function steerThroughHolder(
  { resultsDir, flags = {}, env }: SteerOptions,
  input: SteerInput,
  holder: WriterDescription | undefined,
  deadline: number,
): Promise<SteerReply> {
  const { address, namespace, connectionOptions } = locateHolder(resultsDir, holder, flags, env);
  const connection = await connect(address, connectionOptions);
  try {
    const client = new Client({ connection, namespace });
    const until = Date.now() + Math.max(0, deadline - performance.now());
    return await client.withDeadline(until, () => order(client, input));
  } catch (error) {
    throw explain(error, holder);
  } finally {
    await connection.close();
  }
}

async function connect(
  address: string,
  options: ReturnType<typeof locateHolder>['connectionOptions'],
): Promise<Connection> {
  try {
    return await Connection.connect({ ...options, address, connectTimeout: '5 seconds' });
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new MergesweepError(
      'temporal_connect',
      `Expected a Temporal server at ${address}, got: ${what}. Check that the process that runs the folder is alive.`,
      { cause: error },
    );
  }
}

/** By its workflow, or by one of its own where the sweep has none now. */
async function order(client: Client, input: SteerInput): Promise<SteerReply> {
  const { ledgerId, sweep, ...message } = input;
  try {
    return await client.workflow
      .getHandle(sweepWorkflowId(ledgerId, sweep))
      .executeUpdate<SteerReply, [SteerMessage]>(steerUpdateName, {
        args: [message],
        updateId: input.requestId,
      });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return client.workflow.execute<(input: SteerInput) => Promise<SteerReply>>('steerWorkflow', {
      workflowId: steerWorkflowId(input),
      taskQueue: coordinatorQueue(ledgerId),
      args: [input],
      // An order that nobody waits for any more is not carried out.
      workflowExecutionTimeout: '1 minute',
      staticSummary: `${input.order.kind} ${sweep}`,
    });
  }
}

function explain(error: unknown, holder: WriterDescription | undefined): unknown {
  if (error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError) {
    let cause: unknown = error;
    while (cause instanceof Error && !(cause instanceof ApplicationFailure)) cause = cause.cause;
    if (!(cause instanceof ApplicationFailure)) return error;
    const code = cause.type ?? 'steer_failed';
    const Thrown = code === refusedOrderType ? UsageError : MergesweepError;
    return new Thrown(code, cause.message, { cause: error });
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof ServiceError) {
    const who = holder === undefined ? 'The holder' : `Process ${holder.pid} on ${holder.host}`;
    return new LedgerError(
      'order_unanswered',
      `${who} runs this folder and has not answered the order in time. It may still carry it out: \`mergesweep status\` shows the latest orders. If it hangs, end it and order again.`,
      { cause: error },
    );
  }
  return error;
}
