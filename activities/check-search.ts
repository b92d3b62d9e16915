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
  setSnapshotState,
  sha256,
} from '../src/store/optimizer-log.js';
import { getSweep } from '../src/store/reader.js';
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
