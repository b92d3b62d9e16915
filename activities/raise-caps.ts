import { raiseBudget, type CapKey } from '../src/budget/raise-budget.js';
import { bindingText, pinSpec, tryToPin } from '../src/spec/pinned-spec.js';
import { listStandings } from '../src/store/standings.js';
import { setPinnedSpec, setSearchEnded } from '../src/store/sweeps.js';
import type { Extension } from './contracts.js';
import { refused, reopen, type Steered, type SteeredSweep } from './steered-sweep.js';
import { parseOrThrow } from './sweep-session.js';

/** Flag and key of each cap. */
const caps: Readonly<Record<Exclude<keyof Extension, 'trials'>, readonly [CapKey, string]>> = {
  gpuHours: ['gpu_hours', 'GPU-hours'],
  usd: ['usd', 'US dollars'],
  wallClockHours: ['wall_clock_hours', 'hours of wall clock'],
};

/**
 * Raises caps of the sweep, in what the ledger holds of its file. A search that a cap had ended goes on,
 * unless its finalists are being confirmed: then only those go on.
 *
 * @throws UsageError `steer_refused` where it has no such cap, or nothing is left to run
 */
export function raiseCaps(sweep: SteeredSweep, more: Omit<Extension, 'trials'>): Steered {
  const { db, row } = sweep;
  const { name, specPath } = row;
  const spec = parseOrThrow(bindingText(row), specPath);
  const confirmations = listStandings(db, name).filter(({ kind }) => kind === 'confirm');
  const isConfirmed =
    confirmations.length > 0 && confirmations.every(({ state }) => state === 'complete');
  if (isConfirmed) throw refused(`${name} has nothing left to run: every finalist is confirmed`);
  let { budget } = spec.file;
  const said: string[] = [];
  const raised: Record<string, number> = {};
  for (const [flag, [key, noun]] of Object.entries(caps)) {
    const by = more[flag as keyof typeof caps];
    if (by === undefined) continue;
    const before = budget[key];
    if (before === undefined)
      throw refused(`${name} has no cap budget.${key}: there is nothing to raise`);
    budget = raiseBudget(budget, key, by);
    raised[key] = budget[key] ?? before;
    said.push(`${raised[key]} ${noun}`);
  }
  const file = { ...spec.file, budget };
  const pinned = tryToPin(parseOrThrow(pinSpec({ ...spec, file }), specPath), specPath);
  if (pinned === undefined)
    throw refused(
      `the sweep file of ${name} is too long for its caps to be changed in the ledger: edit budget in it, and run it again`,
    );
  setPinnedSpec(db, name, pinned);
  const isGoingOn = row.searchEnded !== undefined && confirmations.length === 0;
  if (isGoingOn) setSearchEnded(db, name, undefined);
  if (isGoingOn) reopen(sweep, `its caps were raised to ${said.join(', ')}`);
  const then =
    confirmations.length > 0 ? ' Its finalists are chosen: only their confirmations go on.' : '';
  return { message: `${name} may use ${said.join(', ')} in all.${then}`, caps: raised };
}
