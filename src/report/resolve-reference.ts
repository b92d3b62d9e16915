/** What people type for a sweep and a trial: `demo`, `@last`, `demo#7`, `demo#best`, `demo#spec-rev`. */
import { UsageError } from '../errors.js';
import { selectBest } from '../scoring/select-best.js';
import { suggest } from '../spec/suggest.js';
import type { LedgerReader, SweepRow, TrialRow } from '../store/rows.js';

export interface TrialReference {
  readonly sweep: SweepRow;
  readonly trial: TrialRow;
}

/** The sweep that was created last. */
export const lastSweep = '@last';

/**
 * A sweep by name, by the beginning of exactly one name, or `@last`.
 * @throws UsageError `no_sweeps`, `unknown_sweep`, `ambiguous_sweep`
 */
export function resolveSweep(reader: LedgerReader, text: string = lastSweep): SweepRow {
  const sweeps = reader.listSweeps();
  const names = sweeps.map(({ name }) => name);
  const last = sweeps.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0];
  if (last === undefined) {
    throw new UsageError(
      'no_sweeps',
      'no sweep has been run in this results folder; start one with `mergesweep run FILE`',
    );
  }
  if (text === lastSweep || text === '') return last;
  const exact = sweeps.find(({ name }) => name === text);
  if (exact !== undefined) return exact;
  const matches = sweeps.filter(({ name }) => name.startsWith(text));
  if (matches.length > 1) {
    throw new UsageError(
      'ambiguous_sweep',
      `${quote(text)} begins ${matches.length} sweeps: ${list(matches.map(({ name }) => name))}; type more of the name`,
    );
  }
  const [only] = matches;
  if (only !== undefined) return only;
  throw new UsageError(
    'unknown_sweep',
    `no sweep is called ${quote(text)}${didYouMean(text, names)} (there ${names.length === 1 ? 'is' : 'are'} ${list(names)})`,
  );
}

/**
 * A trial as `SWEEP#T`, where T is its number (`7`, `b2`, `c1`), `best`, or a baseline's label.
 * @throws UsageError `unknown_trial`, `no_trial` (no number given), or as {@link resolveSweep}
 */
export function resolveTrial(reader: LedgerReader, text: string): TrialReference {
  const hash = text.indexOf('#');
  const sweep = resolveSweep(reader, hash < 0 ? text : text.slice(0, hash));
  if (hash < 0 || hash === text.length - 1) {
    throw new UsageError(
      'no_trial',
      `expected a trial as SWEEP#T, got the sweep ${quote(text)}; for its best type ${sweep.name}#best`,
    );
  }
  return { sweep, trial: resolveTrialIn(reader, sweep, text.slice(hash + 1)) };
}

/**
 * Models to compare: `SWEEP#T`, a bare sweep (its best), or a bare label of a baseline in the sweep
 * of the first argument that names one (else the last sweep).
 * @throws UsageError as {@link resolveTrial}
 */
export function resolveModels(reader: LedgerReader, texts: readonly string[]): TrialReference[] {
  const names = reader.listSweeps().map(({ name }) => name);
  const isSweepName = (text: string): boolean =>
    text.includes('#') || text === lastSweep || names.includes(text);
  const first = texts.find(isSweepName)?.split('#')[0];
  const context = resolveSweep(reader, first);
  const labels = baselinesOf(reader, context).map(({ label }) => label);
  return texts.map((text) => {
    if (text.includes('#')) return resolveTrial(reader, text);
    if (!isSweepName(text) && labels.includes(text)) {
      return { sweep: context, trial: resolveTrialIn(reader, context, text) };
    }
    try {
      return resolveTrial(reader, `${resolveSweep(reader, text).name}#best`);
    } catch (error) {
      if (!(error instanceof UsageError) || error.code !== 'unknown_sweep') throw error;
      const known = [...names, ...labels.flatMap((label) => label ?? [])];
      throw new UsageError(
        'unknown_model',
        `${quote(text)} is neither a sweep nor a baseline of ${context.name}${didYouMean(text, known)} ` +
          `(there are the sweeps ${list(names)} and the baselines ${list(known.slice(names.length))})`,
        { cause: error },
      );
    }
  });
}

function resolveTrialIn(reader: LedgerReader, sweep: SweepRow, text: string): TrialRow {
  const trials = reader.listTrials(sweep.name);
  const id = text.replace(/^([bc]?)0+(?=\d)/, '$1');
  const found =
    trials.find(({ trial }) => trial === id) ??
    trials.find(({ kind, label }) => kind === 'baseline' && label === text) ??
    (text === 'best' ? selectBest(trials) : undefined);
  if (found !== undefined) return found;
  if (text === 'best') {
    throw new UsageError(
      'no_best',
      `${sweep.name} has no scored search trial yet; see \`mergesweep status ${sweep.name}\``,
    );
  }
  const ids = trials.map(({ trial }) => trial);
  const labels = trials.flatMap(({ kind, label }) => (kind === 'baseline' && label ? label : []));
  const numbers = ids.filter((each) => /^\d+$/.test(each)).map(Number);
  const there = numbers.length === 0 ? 'no search trial' : `trials 1 to ${Math.max(...numbers)}`;
  // "Did you mean 1?" for 99 helps nobody: numbers get the range only.
  const known = /^[bc]?\d+$/.test(text) ? [] : ['best', ...labels];
  throw new UsageError(
    'unknown_trial',
    `${sweep.name} has no trial ${quote(text)}${didYouMean(text, known)} ` +
      `(there are ${there}${labels.length === 0 ? '' : ` and the baselines ${list(labels)}`})`,
  );
}

function baselinesOf(reader: LedgerReader, sweep: SweepRow): TrialRow[] {
  return reader.listTrials(sweep.name).filter(({ kind }) => kind === 'baseline');
}

const quote = (text: string): string => `\`${text}\``;

function didYouMean(text: string, known: readonly string[]): string {
  const near = suggest(text, known);
  return near === undefined ? '' : `; did you mean ${quote(near)}?`;
}

function list(names: readonly string[]): string {
  if (names.length === 0) return '(none)';
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
