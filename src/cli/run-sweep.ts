/** The running part of `run`: as the folder's holder, or through the one that is there. */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { registryTaskQueue } from '../worker/coordinator.js';
import type { Log } from '../worker/json-log.js';
import type { Observer } from '../worker/observer.js';
import { openObserver } from '../worker/open-observer.js';
import { openSession } from '../worker/session.js';
import type { Session } from '../worker/session.js';
import { connectTemporal } from '../client/connect.js';
import { holderAnswerMs, locateHolder, silentHolder } from '../client/holder.js';
import { lookAgain } from '../client/look-again.js';
import { resolveTemporal } from '../client/resolve-temporal.js';
import { askStatus, startSweep } from '../client/start-sweep.js';
import type { SweepHandle } from '../client/start-sweep.js';
import { steerSweep } from '../client/steer.js';
import { watchSweep } from '../client/watch-sweep.js';
import type { Config, Environment } from '../config.js';
import { MergesweepError, UsageError } from '../errors.js';
import { acquireWriterLock, isLockHeld } from '../store/writer-lock.js';
import type { WriterDescription, WriterLock } from '../store/writer-lock.js';
import type { LedgerReader } from '../store/rows.js';
import type { SweepSummary, SweepTurn } from '../../activities/contracts.js';
import { adoptEdits } from './adopt-edits.js';
import type { Reporter } from './live/reporter.js';
import type { RunOptions } from './run-options.js';
import { findReader, requireSameSweep } from './run-target.js';
import type { RunTarget } from './run-target.js';
import { serveOthers } from './serve-others.js';
import { exitCodes } from './verb.js';
import type { ExitCode } from './verb.js';

export interface RunSweepOrder {
  readonly config: Config;
  readonly target: RunTarget;
  readonly options: RunOptions;
  readonly reporter: Reporter;
  readonly env: Environment;
  readonly versions: Readonly<Record<string, string>>;
  /** The command that goes on with the sweep. */
  readonly goOn: string;
  /** The file says something else than the ledger, and may. */
  readonly isEdited: boolean;
  /** The user holds the sweep, and lets it go now. */
  readonly isReleasing: boolean;
  /** A new sweep begins with what this one knows. */
  readonly forkOf?: string;
  /** Present where stderr is JSON: what happens goes there. */
  readonly log?: Log;
  /** Aborted at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Is given what to do at the second Ctrl-C. */
  readonly onInsist: (act: () => void) => void;
  readonly printResult: (reader: LedgerReader, sweep: string) => void;
}

/** How long a holder may take to start its server. */
const holderReadyMs = 20_000;
/** After Ctrl-C a holder's answer is waited for no longer. */
const answerOrLeaveMs = 2_000;
/** Ctrl-C ends within this, whatever hangs. */
const closeWithinMs = 9_000;

export async function runSweep(order: RunSweepOrder): Promise<ExitCode> {
  const { config } = order;
  const observer = await openObserver({
    ...{ config, log: order.log, say: order.reporter.say },
    logPath: join(config.resultsDir, 'logs', 'temporal-sdk.jsonl'),
  });
  const deadline = performance.now() + holderReadyMs;
  for (;;) {
    const lock = acquireWriterLock(config.resultsDir);
    if (!isLockHeld(lock)) return holdAndRun(order, lock, observer);
    try {
      return await Promise.race([runThroughHolder(order, lock.holder), giveUp(order.signal)]);
    } catch (error) {
      // It may have just started, and not have said yet where its server is; or be about to end.
      const isEarly = error instanceof MergesweepError && notReadyCodes.has(error.code);
      if (!isEarly || performance.now() > deadline || order.signal.aborted) throw error;
      await delay(500);
    }
  }
}

/** Ctrl-C also ends the waiting for a holder that does not answer: there is nothing to hand back. */
async function giveUp(signal: AbortSignal): Promise<ExitCode> {
  if (!signal.aborted) await once(signal, 'abort');
  await delay(answerOrLeaveMs);
  return exitCodes.interrupted;
}

async function holdAndRun(
  order: RunSweepOrder,
  lock: WriterLock,
  observer: Observer,
): Promise<ExitCode> {
  try {
    return await runAsHolder(order, lock, observer);
  } finally {
    lock.release();
  }
}

const notReadyCodes = new Set(['writer_silent', 'temporal_connect']);

async function runAsHolder(
  order: RunSweepOrder,
  lock: WriterLock,
  observer: Observer,
): Promise<ExitCode> {
  const { config, target, options, reporter, signal } = order;
  if (options.detach === true)
    throw new UsageError(
      'detach',
      `--detach hands the sweep to the process that runs the folder, and none runs ${config.resultsDir}: leave --detach away (under tmux or nohup to log off).`,
    );
  const temporalTarget = resolveTemporal(options, order.env);
  if (order.isEdited) adoptEdits(order);
  const session = await openSession({
    ...{ config, lock, env: order.env, versions: order.versions, slots: options.slots },
    target: temporalTarget,
    permissions: target.permissions,
    hasLocalNode: options.worker,
    ...{ adopt: options.adopt, observer },
    onMessage: reporter.say,
  });
  order.onInsist(session.kill);
  try {
    const { temporal, ledger } = session;
    const others = ledger.listSweeps().filter((row) => row.state === 'running');
    for (const { name } of others)
      if (name !== target.spec.name)
        reporter.say(`The sweep ${name} was interrupted and goes on as well.`);
    // Their workflows outlived the holder before us; orders may have come to the ledger meanwhile.
    const open = ledger.listSweeps().filter((row) => row.state !== 'finished');
    await lookAgain(
      temporal.client,
      ledger.ledgerId,
      open.map(({ name }) => name),
    );
    const handle = await startSweep({
      client: temporal.client,
      open: openInput(order, ledger.ledgerId),
      pool: config.pool,
      heartbeatSeconds: config.heartbeatSeconds,
      capacity: session.capacity,
      ...{ turn: turnOf(target), traits: traitsOf(target) },
      registryTaskQueue: session.registryTaskQueue,
    });
    await letGo(order, ledger.ledgerId);
    const watching = watchSweep({
      ...{ client: temporal.client, handle, signal, reader: ledger, pool: config.pool },
      sweep: target.spec.name,
      onSnapshot: reporter.show,
    });
    const summary = await Promise.race([watching, dieWith(session)]);
    if (summary === undefined) return stopped(order, session);
    const exitCode = conclude(order, ledger, summary);
    await serveOthers({ client: temporal.client, ledger, signal, say: reporter.say });
    return exitCode;
  } finally {
    await closeInTime(session);
  }
}

/** Never resolves: a worker that dies by itself is the end of the run. */
async function dieWith(session: Session): Promise<never> {
  await session.ended;
  return new Promise(() => undefined);
}

async function closeInTime(session: Session): Promise<void> {
  const late = new Promise<'late'>((resolve) => {
    setTimeout(resolve, closeWithinMs, 'late').unref();
  });
  // Trials that could not be handed back are noticed by their missing heartbeat.
  if ((await Promise.race([session.close(), late])) === 'late') session.kill();
}

/** @param holder who has the lock, as far as they have said */
async function runThroughHolder(
  order: RunSweepOrder,
  holder: WriterDescription | undefined,
): Promise<ExitCode> {
  const { config, target, options, reporter, signal } = order;
  const reader = findReader(config.resultsDir);
  try {
    if (holder === undefined || reader === undefined) throw silentHolder(config.resultsDir, holder);
    const temporal = await connectToHolder(order, holder);
    try {
      const handle = await startSweep({
        client: temporal.client,
        open: openInput(order, reader.ledgerId),
        pool: config.pool,
        heartbeatSeconds: config.heartbeatSeconds,
        capacity: 1,
        ...{ turn: turnOf(target), traits: traitsOf(target) },
        registryTaskQueue: registryTaskQueue(reader.ledgerId, temporal.isShared),
      });
      if (!(await isTaken(temporal.client, handle))) throw silentHolder(config.resultsDir, holder);
      reporter.say(
        `Process ${holder.pid} on ${holder.host} runs this folder: it has taken the sweep ${target.spec.name}.`,
      );
      sayWhatWaits(order, reader);
      await letGo(order, reader.ledgerId);
      if (options.detach === true) return exitCodes.ok;
      const summary = await watchSweep({
        ...{ client: temporal.client, handle, signal, reader, pool: config.pool },
        sweep: target.spec.name,
        onSnapshot: reporter.show,
      });
      if (summary !== undefined) return conclude(order, reader, summary);
      reporter.say(`Watching ended; the sweep goes on there. Watch again: ${order.goOn}`);
      return exitCodes.interrupted;
    } finally {
      await temporal.connection.close();
    }
  } finally {
    reader?.close();
  }
}

/** Whether a coordinator answers for the sweep; one that has ended meanwhile had one. */
async function isTaken(client: Client, handle: SweepHandle): Promise<boolean> {
  try {
    return (await askStatus(client, handle, holderAnswerMs)) !== undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return true;
    throw error;
  }
}

async function connectToHolder(order: RunSweepOrder, holder: WriterDescription | undefined) {
  const { config, options, env } = order;
  const where = locateHolder(config.resultsDir, holder, options, env);
  const { address, namespace, connectionOptions, isShared } = where;
  return { ...(await connectTemporal(address, namespace, connectionOptions)), isShared };
}

function openInput({ target, forkOf }: RunSweepOrder, ledgerId: string) {
  const { spec, specText, specPath, asked, estimate } = target;
  const isAsked = asked !== undefined && (asked.taskCode || asked.pickle.length > 0);
  return {
    ledgerId,
    sweep: spec.name,
    specText,
    specPath,
    ...(isAsked && { allowed: asked }),
    ...(estimate !== undefined && { estimate }),
    ...(forkOf !== undefined && { forkOf }),
  };
}

const traitsOf = ({ spec: { file } }: RunTarget): string[] => [
  file.genome.merge_method,
  `${file.optimizer.max_trials} trials`,
];

const turnOf = ({ spec }: RunTarget): SweepTurn => {
  const { priority, weight } = spec.file.nodes;
  return { priority, weight };
};

/** Through its workflow, which knows the hold as well. */
async function letGo(order: RunSweepOrder, ledgerId: string): Promise<void> {
  if (!order.isReleasing) return;
  const { config, target, options, env, reporter } = order;
  const { message } = await steerSweep({
    ...{ resultsDir: config.resultsDir, ledgerId, sweep: target.spec.name },
    ...{ order: { kind: 'resume' }, flags: options, env },
  });
  reporter.say(message);
}

/** Its workflow may have begun before the file was edited; then only the next one reads it. */
function sayWhatWaits({ target, isEdited, reporter }: RunSweepOrder, reader: LedgerReader): void {
  const row = isEdited ? reader.getSweep(target.spec.name) : undefined;
  if (row === undefined || requireSameSweep(reader, row, target).length === 0) return;
  const { name } = row;
  reporter.say(
    `The edits of its file wait until it is opened again: npx mergesweep stop ${name}, then run it again.`,
  );
}

function conclude(order: RunSweepOrder, reader: LedgerReader, summary: SweepSummary): ExitCode {
  order.printResult(reader, summary.sweep);
  if (summary.state === 'finished') return exitCodes.ok;
  const reason = summary.reason?.replace(/\.$/, '') ?? 'no reason given';
  order.reporter.say(
    `The sweep ${summary.sweep} is paused: ${reason}. Once that is mended it goes on with: ${order.goOn} (with its file edited, too, where that changes no score; else: npx mergesweep fork ${summary.sweep})`,
  );
  return exitCodes.stopped;
}

function stopped({ reporter, goOn }: RunSweepOrder, { isEmbedded }: Session): ExitCode {
  reporter.end();
  reporter.say(
    isEmbedded
      ? `Stopping; what was scored is kept. Go on with: ${goOn}`
      : `Stopping the workers on this machine; the sweep stays on the cluster and waits for its coordinator. Go on with: ${goOn}`,
  );
  return exitCodes.interrupted;
}
