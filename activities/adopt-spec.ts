import { realpathSync } from 'node:fs';
import { LedgerError } from '../src/errors.js';
import { isBudgetEdit } from '../src/budget/raise-budget.js';
import { tryToPin } from '../src/spec/pinned-spec.js';
import { compareSpec, describeRefusal } from '../src/spec/spec-change.js';
import type { SweepSpec } from '../src/spec/sweep-spec.js';
import type { Connection } from '../src/store/connection.js';
import { addToJournal } from '../src/store/journal.js';
import type { SweepRow } from '../src/store/rows.js';
import { setSearchEnded, setSpec, setSweepState } from '../src/store/sweeps.js';
import { countTrials, listProposed, setTrialInput } from '../src/store/trials.js';
import type { OpenSweepInput } from './contracts.js';
import { createTrialInput } from './trial-input.js';

export interface AdoptSpecOptions extends Pick<
  OpenSweepInput,
  'ledgerId' | 'specText' | 'specPath'
> {
  /** ISO 8601, for the journal. */
  readonly at: string;
}

/**
 * Lets a sweep that exists go on with its file as it is now: edits that change no score are taken over, also
 * by the trials that have not ended, and recorded. Twice is once.
 *
 * @returns what the sweep is from now on
 * @throws LedgerError `spec_changed` with the difference, where that would be another sweep
 */
export function adoptSpec(db: Connection, row: SweepRow, options: AdoptSpecOptions): SweepSpec {
  const { ledgerId, specText, specPath, at } = options;
  const { name } = row;
  const isConfirming = countTrials(db, name, 'confirm') > 0;
  const change = compareSpec({ ...row, isConfirming }, specText, specPath, { realPath });
  if (change.kind !== 'allowed')
    throw new LedgerError('spec_changed', describeRefusal(name, change, specPath));
  const { spec, edits, maxTrials } = change;
  const pinnedSpec = tryToPin(spec, specPath);
  const isSame =
    row.specText === specText && row.specPath === specPath && row.pinnedSpec === pinnedSpec;
  if (isSame && edits.length === 0) return spec;
  setSpec(db, { name, specText, specPath, specHash: spec.hash, pinnedSpec, maxTrials });
  for (const isHandedOut of [true, false]) {
    for (const trial of listProposed(db, name, isHandedOut)) {
      setTrialInput(db, createTrialInput(ledgerId, spec, trial));
    }
  }
  if (edits.length > 0) {
    const fields = edits.map(({ path, before, after }) => ({ path, before, after }));
    addToJournal(db, name, { kind: 'spec_edited', detail: { edits: fields }, at });
  }
  // Held-out documents are looked at once: after that the search stays ended.
  if (row.searchEnded !== undefined && !isConfirming && edits.some(isBudgetEdit)) {
    setSearchEnded(db, name, undefined);
    if (row.state === 'finished')
      setSweepState(db, name, 'paused', { reason: 'its budget was changed' });
  }
  // There is something to do again.
  if (row.state === 'finished' && maxTrials > row.maxTrials) {
    setSweepState(db, name, 'paused', { reason: `extended to ${maxTrials} trials` });
  }
  return spec;
}

/** Through links; a path that leads nowhere is itself. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
