import { createSampler, restoreSampler, samplerVersion } from '../src/samplers/create-sampler.js';
import type { Sampler } from '../src/samplers/sampler.js';
import type { SearchSpace } from '../src/space/search-space.js';
import type { SweepSpec } from '../src/spec/sweep-spec.js';
import type { Connection } from '../src/store/connection.js';
import { addToJournal } from '../src/store/journal.js';
import {
  isSameEngine,
  nameEngine,
  readStoredSearch,
  refuseOtherSearch,
  refuseOtherState,
  type StoredSearch,
} from '../src/store/optimizer-log.js';
import { sha256 } from '../src/store/sha256.js';

export interface LoadOptions {
  readonly sweep: string;
  readonly spec: SweepSpec;
  readonly space: SearchSpace;
  /** ISO 8601, for the journal. */
  readonly at: string;
  /** The fold was compared before in this process: once is enough. */
  readonly isKnown: boolean;
}

/**
 * The sampler as it stands after the ledger's latest event: made anew from the events (long sweeps: from
 * a former state and the events since) and compared with what was stored. Where only the engine is
 * another one and the bits differ, it goes on from what is stored, and the journal says so.
 *
 * @throws LedgerError `ledger_other_search`, `ledger_state_mismatch`
 */
export function loadSampler(db: Connection, options: LoadOptions): Sampler {
  const { sweep, spec, space, at, isKnown } = options;
  refuseOtherSearch(db, sweep, samplerVersion(spec));
  const stored = readStoredSearch(db, sweep);
  if (stored.sequence === 0) return createSampler(spec, space);
  const restored = (): Sampler | undefined =>
    stored.state === undefined ? undefined : restoreSampler(spec, space, stored.state);
  if (isKnown || stored.fold === undefined) {
    const sampler = restored();
    if (sampler !== undefined) return sampler;
  }
  const fold = stored.fold ?? readStoredSearch(db, sweep, true).fold;
  const { folded, got } = foldAnew(spec, space, fold);
  const isSame = got === stored.sha256;
  const isOtherEngine = !isSameEngine(stored.engine, nameEngine());
  if (!isSame && !isOtherEngine) refuseOtherState(sweep, stored, got);
  const sampler = isSame ? folded : (restored() ?? refuseOtherState(sweep, stored, got));
  if (isOtherEngine) {
    const detail = { from: stored.engine, to: nameEngine(), event: stored.sequence, isSame };
    addToJournal(db, sweep, { kind: 'engine_changed', detail, at });
  }
  return sampler;
}

/** The sampler as the events make it from where the fold starts, and the SHA-256 of its state. */
export function foldAnew(spec: SweepSpec, space: SearchSpace, fold: StoredSearch['fold']) {
  const folded =
    fold?.from === undefined ? createSampler(spec, space) : restoreSampler(spec, space, fold.from);
  for (const event of fold?.events ?? []) folded.apply(event);
  return { folded, got: sha256(JSON.stringify(folded.toJSON())) };
}
