import { LedgerError, MergesweepError } from '../src/errors.js';
import type { Sampler } from '../src/samplers/sampler.js';
import { createSearchSpace, type SearchSpace } from '../src/space/search-space.js';
import { formatDiagnostic } from '../src/spec/diagnostic.js';
import { parseSweepSpec } from '../src/spec/parse-sweep-spec.js';
import { bindingText } from '../src/spec/pinned-spec.js';
import type { SweepSpec } from '../src/spec/sweep-spec.js';
import type { TrialId } from './contracts.js';
import type { CoordinatorDeps } from './coordinator-deps.js';
import { loadSampler } from './load-sampler.js';

/** A sweep that is open in this process. The sampler stands after the ledger's latest event. */
export interface SweepSession {
  readonly spec: SweepSpec;
  readonly space: SearchSpace;
  readonly sampler: Sampler;
  /** The trial that `best_config.yaml` holds, as far as this process knows. */
  bestWritten?: TrialId | undefined;
  /** Whether `trials.jsonl` has every ended trial, as far as this process knows. */
  isLogWhole?: boolean;
}

/**
 * The open sweeps. Nothing in here is worth keeping: a session is made anew from the ledger, and
 * must be dropped when a transaction that used its sampler failed.
 */
export class SweepSessions {
  readonly #deps: Pick<CoordinatorDeps, 'ledger' | 'clock'>;
  readonly #sessions = new Map<string, SweepSession>();
  /** Sweeps whose optimizer was made anew from its events in this process. */
  readonly #checked = new Set<string>();

  constructor(deps: Pick<CoordinatorDeps, 'ledger' | 'clock'>) {
    this.#deps = deps;
  }

  /**
   * @throws LedgerError `sweep_unknown`; `ledger_other_search` of a sweep that another version of the
   *   search began; `ledger_state_mismatch` when the optimizer, folded from its events, is not what it
   *   was when they were written
   */
  get(sweep: string): SweepSession {
    const open = this.#sessions.get(sweep) ?? this.#load(sweep);
    this.#sessions.set(sweep, open);
    return open;
  }

  drop(sweep: string): void {
    this.#sessions.delete(sweep);
  }

  #load(sweep: string): SweepSession {
    const { ledger, clock } = this.#deps;
    const row = ledger.getSweep(sweep);
    if (row === undefined) {
      throw new LedgerError(
        'sweep_unknown',
        `${ledger.path} holds no sweep ${sweep}; start it with \`mergesweep run FILE\``,
      );
    }
    const spec = parseOrThrow(bindingText(row), row.specPath);
    const space = createSearchSpace(spec);
    const isKnown = this.#checked.has(sweep);
    const at = clock.now().toISOString();
    const sampler = ledger.transact((db) => loadSampler(db, { sweep, spec, space, at, isKnown }));
    this.#checked.add(sweep);
    return { spec, space, sampler };
  }
}

/** @throws MergesweepError `configuration` with every error of the file, one a line */
export function parseOrThrow(text: string, path: string): SweepSpec {
  const parsed = parseSweepSpec(text, path);
  if (parsed.ok) return parsed.spec;
  throw new MergesweepError(
    'configuration',
    parsed.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n'),
  );
}
