/** Finding the process that holds a results folder, by what it said of itself in `writer.json`. */
import type { Environment } from '../config.js';
import { LedgerError, UsageError } from '../errors.js';
import type { WriterDescription } from '../store/writer-lock.js';
import { isLoopback, resolveTemporal } from './resolve-temporal.js';
import type { ConnectionOptions, TemporalFlags } from './resolve-temporal.js';

/** How long a holder may take to answer before its folder counts as stuck. */
export const holderAnswerMs = 15_000;

export interface HolderAddress {
  readonly address: string;
  readonly namespace: string;
  /** Holds secrets: never print it. */
  readonly connectionOptions: ConnectionOptions;
  /** Whether others than this folder use the server. */
  readonly isShared: boolean;
}

/**
 * Where the holder can be reached, with the keys that flags and environment give for that address.
 *
 * @throws LedgerError `writer_silent` when it has not said yet; UsageError `other_temporal` when its
 *   server is on another machine and nothing here names it
 */
export function locateHolder(
  resultsDir: string,
  holder: WriterDescription | undefined,
  flags: TemporalFlags,
  env: Environment,
): HolderAddress {
  const { temporalAddress: address, namespace = 'default' } = holder ?? {};
  if (holder === undefined || address === undefined) throw silentHolder(resultsDir, holder);
  const target = resolveTemporal(flags, env);
  const isShared = target.kind === 'external';
  if (isShared && target.address === address)
    return { address, namespace, connectionOptions: target.connectionOptions, isShared };
  // The holder's own server: only reachable, and only unprotected, on this machine.
  if (isLoopback(address)) return { address, namespace, connectionOptions: {}, isShared };
  throw new UsageError(
    'other_temporal',
    `Process ${holder.pid} on ${holder.host} runs this folder through the Temporal server ${address}: name the same one (--address ${address}, or its profile).`,
  );
}

export function silentHolder(
  resultsDir: string,
  holder: WriterDescription | undefined,
): LedgerError {
  const who = holder === undefined ? 'Another process' : `Process ${holder.pid} on ${holder.host}`;
  return new LedgerError(
    'writer_silent',
    `${who} holds ${resultsDir} and does not answer. Wait if it has just started; else end it, or choose another folder with --results.`,
  );
}
