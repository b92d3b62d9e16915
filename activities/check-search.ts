import { LedgerError } from '../src/errors.js';
import { foldEvents, samplerVersion } from '../src/samplers/create-sampler.js';
import { createSearchSpace } from '../src/space/search-space.js';
import { parseSweepSpec } from '../src/spec/parse-sweep-spec.js';
import { bindingText } from '../src/spec/pinned-spec.js';
import type { Connection } from '../src/store/connection.js';
import {
  isSameEngine,
  listEvents,
  nameEngine,
  readStoredSearch,
  refuseOtherSearch,
  refuseOtherState,
  setSnapshotState,
} from '../src/store/optimizer-log.js';
import { sha256 } from '../src/store/sha256.js';
import { getSweep } from '../src/store/reader.js';
import type { SweepRow } from '../src/store/rows.js';
import { foldAnew } from './load-sampler.js';
import type { SearchCheck } from '../src/store/recover-ledger.js';

/**
 * Makes a sweep's optimizer anew from all of its events, compares it with the hash that was stored when they
 * were written, and stores its state where it is the same: a ledger that was recovered has none.
 */
export function checkSearch(db: Connection, sweep: string): SearchCheck {
  const row = getSweep(db, sweep);
  const stored = readStoredSearch(db, sweep);
  if (row === undefined || stored.sequence === 0) return 'none';
  const parsed = parseSweepSpec(bindingText(row), row.specPath);
  if (!parsed.ok) return { reason: 'its sweep file can not be read by this version' };
  const { spec } = parsed;
  const state = JSON.stringify(
    foldEvents(spec, createSearchSpace(spec), listEvents(db, sweep)).toJSON(),
  );
  if (sha256(state) === stored.sha256) {
    setSnapshotState(db, sweep, stored.sequence, state);
    return 'same';
  }
  const engine = isSameEngine(stored.engine, nameEngine())
    ? `with version ${samplerVersion(spec)} of the search it comes out otherwise`
    : `it was written by ${stored.engine}, this is ${nameEngine()}`;
  return { reason: `${engine}: open it with the mergesweep and Node that wrote it` };
}

/**
 * For `doctor`: what is wrong with a sweep's search when all of it is made anew from its events; undefined
 * where it comes out as stored, or where it is another version's.
 */
export function describeOtherState(db: Connection, row: SweepRow): string | undefined {
  const sweep = row.name;
  const parsed = parseSweepSpec(bindingText(row), row.specPath);
  if (!parsed.ok) return `the sweep file of ${sweep} can't be read any more`;
  const { spec } = parsed;
  try {
    refuseOtherSearch(db, sweep, samplerVersion(spec));
    const stored = readStoredSearch(db, sweep, true);
    if (stored.sequence === 0 || !isSameEngine(stored.engine, nameEngine())) return undefined;
    const { got } = foldAnew(spec, createSearchSpace(spec), stored.fold);
    return got === stored.sha256 ? undefined : refuseOtherState(sweep, stored, got);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return error.code === 'ledger_other_search' ? undefined : error.message;
  }
}
