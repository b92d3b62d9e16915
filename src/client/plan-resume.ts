/** What going on with a sweep will reuse, repeat and do next, and why: before anything starts. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { failureOwner } from '../errors.js';
import type { SpecChange, SpecEdit } from '../spec/spec-change.js';
import { findWriter } from '../store/find-writer.js';
import { identifyHost, type Host } from '../store/host.js';
import { readResumeFacts, type ResumeFacts } from '../store/resume-facts.js';
import type { LedgerReader, SweepRow, TrialRow } from '../store/rows.js';
import type { WriterDescription } from '../store/writer-lock.js';
import type { TemporalTarget } from './resolve-temporal.js';

export interface ResumePlan {
  readonly sweep: string;
  readonly state: SweepRow['state'];
  readonly reason?: string;
  readonly isHeld: boolean;
  /** Scored: never run again. */
  readonly reused: Readonly<Partial<Record<TrialRow['kind'], number>>>;
  /** Failed through their candidate, or after every attempt: they keep their end. */
  readonly failed: number;
  /** Handed out and not ended. */
  readonly underWay: readonly {
    readonly trial: string;
    /** Its result lies on this machine and is taken over; else its node may still have it. */
    readonly isHere: boolean;
  }[];
  /** Run again under their numbers. */
  readonly again: readonly { readonly trial: string; readonly why: string }[];
  /** Proposed, and not handed out yet. */
  readonly waiting: readonly string[];
  readonly next: {
    /** Candidates that may still be proposed. */
    readonly candidates: number;
    readonly maxTrials: number;
    readonly confirmations: 'none' | 'to come' | 'begun';
  };
  /** Who writes the folder now; absent: nobody. */
  readonly holder?: Partial<WriterDescription>;
  readonly temporal:
    | { readonly kind: 'embedded'; readonly database: 'there' | 'gone' }
    | { readonly kind: 'external'; readonly address: string };
  readonly ledger: Pick<ResumeFacts, 'links' | 'damage' | 'wasClosed'>;
  /** The machine that wrote last, where that is another one: it must be said to take the folder over. */
  readonly otherHost?: string;
  readonly search: ResumeFacts['search'];
  /** Models whose bytes are pinned: nodes compare them with their files. */
  readonly pinnedModels: readonly string[];
  readonly file: {
    readonly path: string;
    /** False: it goes on by what the ledger holds of it. */
    readonly isThere: boolean;
    readonly kind: SpecChange['kind'];
    readonly edits: readonly SpecEdit[];
  };
}

export interface PlanResumeOptions {
  readonly resultsDir: string;
  readonly reader: LedgerReader;
  readonly row: SweepRow;
  readonly temporal: TemporalTarget;
  readonly file: { readonly isThere: boolean; readonly change: SpecChange };
  /** Of the sweep's file: whether finalists are confirmed at all. */
  readonly hasConfirm: boolean;
  /** @default this machine */
  readonly host?: Host;
}

/** Reads only: takes no lock, starts no server. */
export function planResume(options: PlanResumeOptions): ResumePlan {
  const { resultsDir, reader, row, file, host = identifyHost() } = options;
  const trials = reader.listTrials(row.name);
  const facts = readResumeFacts(resultsDir, row.name);
  const holder = findWriter(resultsDir);
  const open = trials.filter(({ state }) => state === 'proposed');
  const underWay = new Set(facts.underWay);
  const search = trials.filter(({ kind }) => kind === 'search');
  const maxTrials = file.change.kind === 'allowed' ? file.change.maxTrials : row.maxTrials;
  const isOther = facts.host !== undefined && facts.host.id !== host.id;
  const { links, damage, wasClosed } = facts;
  return {
    ...{ sweep: row.name, state: row.state, isHeld: row.isHeld },
    ...(row.reason !== undefined && { reason: row.reason }),
    reused: countKinds(trials.filter(({ state }) => state === 'complete')),
    failed: trials.filter((trial) => trial.state === 'failed' && !isRunAgain(trial)).length,
    underWay: open
      .filter(({ trial }) => underWay.has(trial))
      .map(({ trial, input }) => ({ trial, isHere: hasResult(resultsDir, input.workKey) })),
    again: trials
      .filter(isRunAgain)
      .map(({ trial, failure }) => ({ trial, why: failure?.reason ?? 'it was cancelled' })),
    waiting: open.filter(({ trial }) => !underWay.has(trial)).map(({ trial }) => trial),
    next: {
      candidates: Math.max(0, maxTrials - search.length),
      maxTrials,
      confirmations: trials.some(({ kind }) => kind === 'confirm')
        ? 'begun'
        : options.hasConfirm
          ? 'to come'
          : 'none',
    },
    ...(holder !== undefined && { holder }),
    temporal: describeTemporal(options),
    ledger: { links, wasClosed, ...(damage !== undefined && { damage }) },
    ...(isOther && { otherHost: facts.host.name }),
    search: facts.search,
    pinnedModels: Object.keys(row.parents ?? {}),
    file: {
      ...{ path: row.specPath, isThere: file.isThere, kind: file.change.kind },
      edits: 'edits' in file.change ? file.change.edits : [],
    },
  };
}

/** As the ledger puts trials back in line when a sweep is opened. */
function isRunAgain({ state, failure }: TrialRow): boolean {
  if (state === 'cancelled') return true;
  return state === 'failed' && failure !== undefined && failureOwner(failure.class) === 'sweep';
}

function countKinds(trials: readonly TrialRow[]): Partial<Record<TrialRow['kind'], number>> {
  const counts: Partial<Record<TrialRow['kind'], number>> = {};
  for (const { kind } of trials) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** In the work folder of a node of this results folder; those of other machines can't be seen. */
function hasResult(resultsDir: string, workKey: string): boolean {
  const work = join(resultsDir, '.work');
  if (!existsSync(work)) return false;
  return readdirSync(work).some((node) => existsSync(join(work, node, workKey, 'result.json')));
}

function describeTemporal({ resultsDir, temporal }: PlanResumeOptions): ResumePlan['temporal'] {
  if (temporal.kind === 'external') return { kind: 'external', address: temporal.address };
  const isThere = existsSync(join(resultsDir, '.temporal', 'temporal.db'));
  return { kind: 'embedded', database: isThere ? 'there' : 'gone' };
}
