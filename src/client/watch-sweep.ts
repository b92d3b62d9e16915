/** Following a sweep: the ledger for what is accepted, Temporal for what is under way. */
import type { Client } from '@temporalio/client';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { SweepSummary } from '../../activities/contracts.js';
import { MergesweepError } from '../errors.js';
import type { LedgerReader } from '../store/rows.js';
import { readNodes } from './ask-nodes.js';
import type { SweepHandle } from './start-sweep.js';
import { type SweepRows, SweepRowReader } from './sweep-rows.js';
import { readProgress } from './trial-progress.js';
import type { ProgressByTrial } from './trial-progress.js';

/** A sweep as it stands. */
export interface SweepSnapshot extends SweepRows {
  /** Of trials in flight. */
  readonly progress: ProgressByTrial;
  /** Slots of the pool's nodes that are ready; absent while it is not known. */
  readonly slots?: { readonly total: number; readonly free: number };
  /** Wall clock, for display only. */
  readonly atMs: number;
}

export interface WatchOptions {
  readonly client: Client;
  readonly handle: SweepHandle;
  readonly sweep: string;
  readonly reader: LedgerReader;
  readonly onSnapshot: (snapshot: SweepSnapshot) => void;
  /** Ends the watching, not the sweep. */
  readonly signal: AbortSignal;
  /** Of the nodes. */
  readonly pool?: string | undefined;
  /** @default 500 */
  readonly intervalMs?: number;
}

/** Most warm trials have ended before this: each question costs the server as much as their own. */
const askAfterMs = 1_000;
const slotsEveryMs = 10_000;

/**
 * Calls `onSnapshot` until the sweep's workflow ends; then once more, with the end in it.
 * @returns its summary, or undefined when the signal ended the watching
 * @throws {MergesweepError} when the coordinator refused the sweep, with its code and words
 */
export async function watchSweep(options: WatchOptions): Promise<SweepSummary | undefined> {
  const { client, sweep, reader, signal } = options;
  const end = awaitResult(options);
  const over = new AbortController();
  const markOver = (): void => {
    over.abort();
  };
  void end.then(markOver, markOver);

  const rows = new SweepRowReader(reader, sweep);
  const openSince = new Map<string, number>();
  const countSlots = createSlotCounter(options);
  while (!over.signal.aborted && !signal.aborted) {
    const snapshot = readSnapshot(rows);
    if (snapshot !== undefined) {
      const open = snapshot.trials.filter((trial) => trial.state === 'proposed');
      const ids = open
        // Those that wait in line are on no node, and each question costs the server.
        .filter(({ startedAt }) => startedAt !== undefined)
        .map(({ trial }) => trial)
        .filter((trial) => {
          const since = openSince.get(trial) ?? snapshot.atMs;
          openSince.set(trial, since);
          return snapshot.atMs - since >= askAfterMs;
        });
      const progress = await readProgress(client, reader.ledgerId, sweep, ids);
      const slots = countSlots();
      options.onSnapshot({ ...snapshot, progress, ...(slots === undefined ? {} : { slots }) });
    }
    await Promise.race([end.catch(() => undefined), pause(options.intervalMs ?? 500, signal)]);
  }
  if (signal.aborted) return undefined;
  const summary = await end;
  const last = readSnapshot(rows);
  if (last !== undefined) options.onSnapshot(last);
  return summary;
}

/**
 * Asks the pool's registry now and then: each question costs its coordinator a workflow task. No snapshot
 * waits for the answer, which takes a while where that coordinator has just started.
 */
function createSlotCounter({ client, pool }: WatchOptions) {
  let slots: SweepSnapshot['slots'];
  let askedAt = -Infinity;
  const ask = async (): Promise<void> => {
    const nodes = await readNodes(client, pool, askAfterMs);
    const ready = nodes.filter(({ state = 'ready' }) => state === 'ready');
    const total = ready.reduce((sum, node) => sum + node.slots, 0);
    const free = ready.reduce((sum, node) => sum + (node.freeSlots ?? 0), 0);
    const isKnown = ready.some(({ freeSlots }) => freeSlots !== undefined);
    slots = isKnown ? { total, free } : undefined;
  };
  return (): SweepSnapshot['slots'] => {
    if (performance.now() - askedAt >= slotsEveryMs) {
      askedAt = performance.now();
      void ask();
    }
    return slots;
  };
}

function readSnapshot(reader: SweepRowReader): SweepSnapshot | undefined {
  const rows = reader.read();
  return rows === undefined ? undefined : { ...rows, progress: new Map(), atMs: Date.now() };
}

/** A server that is away for a while does not end the watching. */
async function awaitResult({ handle, signal }: WatchOptions): Promise<SweepSummary | undefined> {
  while (!signal.aborted) {
    try {
      return await handle.result();
    } catch (error) {
      if (error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError)
        throw explainFailure(error);
      await pause(1_000, signal);
    }
  }
  return undefined;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

/** What an activity said, out of the failures that Temporal wraps it in. */
export function explainFailure(
  error: WorkflowFailedError | WorkflowNotFoundError,
): MergesweepError {
  if (error instanceof WorkflowNotFoundError)
    return new MergesweepError(
      'sweep_failed',
      "Temporal no longer knows the sweep: its database was lost, or the sweep's workflow deleted. Nothing that was scored is lost. Run the sweep again to go on.",
      { cause: error },
    );
  let cause: unknown = error;
  while (cause instanceof Error && !(cause instanceof ApplicationFailure)) cause = cause.cause;
  // The SDK's own, of a history that can't be repeated, has no type.
  const type = cause instanceof ApplicationFailure ? (cause.type ?? '') : '';
  if (cause instanceof Error && type !== '')
    return new MergesweepError(type, cause.message, { cause: error });
  const what = error.cause instanceof Error ? error.cause.message : error.message;
  return new MergesweepError(
    'sweep_failed',
    `The sweep's workflow ended by force (${what}); nothing that was scored is lost. Run the sweep again to go on.`,
    { cause: error },
  );
}
