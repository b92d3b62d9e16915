/**
 * What nodes send is read before anything is made of it: a node may be of another version, or broken, and
 * one result that the ledger can't hold must end its own trial, not the sweep.
 */
import { z } from 'zod';
import { failureClasses, type TrialFailure } from '../src/errors.js';
import type { RunTrialResult, TellAskInput, TrialOutcome } from './contracts.js';

/** JSON makes null of a NaN, and infinite what is too large: `verifyReport` says what is wrong with it. */
const maybeNumber = z.custom<number>((value) => typeof value !== 'object' || value === null);
const count = z.int().min(1);
/** The ledger takes no more of seconds; no trial lasts so long. */
const seconds = z.number().max(1e12);
/** Of cards, or of waiting. */
const held = z.number().min(0).max(1e12);
const texts = z.record(z.string(), z.string());

const failureSchema = z.object({
  // Another version's class is a failure all the same.
  class: z.enum(failureClasses).catch('crash'),
  reason: z.string(),
  stage: z.enum(['queued', 'merge', 'evaluate', 'collect']),
  attempt: count,
  node: z.string().optional(),
  logPath: z.string().optional(),
  logTail: z.string().optional(),
  batchSize: count.optional(),
  isRetried: z.boolean().optional(),
  // Not known where it makes no sense: the ledger counts with more then.
  gpuSeconds: held.optional().catch(undefined),
});
const lastFailureSchema = failureSchema.extend({ earlier: z.array(failureSchema).optional() });

const reportSchema = z.object({
  split: z.enum(['search', 'confirm']),
  scores: z.array(
    z.object({
      task: z.string(),
      metric: z.string(),
      value: maybeNumber,
      stderr: maybeNumber.optional(),
      documents: z.number(),
      higherIsBetter: z.boolean(),
    }),
  ),
  documents: z.array(
    z.object({
      task: z.string(),
      metric: z.string(),
      count: z.number(),
      encoding: z.enum(['bits', 'float32']),
      values: z.string(),
      documentIds: z.string().optional(),
      documentsHash: z.string(),
    }),
  ),
  taskHashes: texts,
  taskVersions: z.record(z.string(), z.union([z.string(), z.number()])),
  leafCounts: z.record(z.string(), count).optional(),
});

const resultSchema = z.object({
  report: reportSchema,
  checkpoint: z.object({ files: texts, sha256: z.string(), bytes: z.number().min(0) }).optional(),
  node: z.string(),
  attempt: count,
  seconds: z.object({ merge: seconds, evaluate: seconds }),
  gpuSeconds: held.optional().catch(undefined),
  waitSeconds: z.object({ merge: held, slot: held }).optional().catch(undefined),
  isPrefetched: z.boolean().optional().catch(undefined),
  slot: z.string().max(100).optional().catch(undefined),
  mode: z.enum(['cold', 'warm']).optional(),
  modeReason: z.string().optional(),
  batchSize: count.optional(),
  failures: z.array(failureSchema).optional(),
  parents: texts.optional(),
  deviceClass: z.string(),
  versions: texts,
  workDir: z.string(),
});

/** The input with every outcome readable: what is no result or failure has become a failure. */
export function withReadableOutcomes(input: TellAskInput): TellAskInput {
  return { ...input, outcomes: input.outcomes.map(readOutcome) };
}

function readOutcome(outcome: TrialOutcome): TrialOutcome {
  const { trial, status } = outcome;
  switch (status) {
    case 'complete': {
      const read = resultSchema.safeParse(outcome.result);
      if (read.success) return { trial, status, result: read.data as RunTrialResult };
      return { trial, status: 'failed', failure: unreadable('result', read.error, outcome.result) };
    }
    case 'failed': {
      const read = lastFailureSchema.safeParse(outcome.failure);
      const failure = read.success
        ? (read.data as TrialFailure)
        : unreadable('failure', read.error, outcome.failure);
      return { trial, status, failure };
    }
    case 'cancelled':
      return outcome;
  }
}

function unreadable(what: string, { issues }: z.ZodError, sent: unknown): TrialFailure {
  const [issue] = issues;
  const node: unknown =
    typeof sent === 'object' && sent !== null ? (sent as { node?: unknown }).node : undefined;
  return {
    class: what === 'result' ? 'truncated_results' : 'crash',
    reason:
      `the node sent a ${what} that can't be read (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}); ` +
      'see that its mergesweep is of the version of this one',
    stage: 'collect',
    attempt: 1,
    ...(typeof node === 'string' && { node }),
  };
}
