import type { TrialFailure } from '../src/errors.js';
import type { Connection } from '../src/store/connection.js';
import { addToJournal } from '../src/store/journal.js';
import { getSweep } from '../src/store/reader.js';
import { pinParents } from '../src/store/sweeps.js';
import type { RunTrialInput, RunTrialResult } from './contracts.js';
import { describeParentChange } from './require-parents.js';
import type { Turn } from './turn.js';

/** Trials as a node gets them now: with the bytes that were pinned since they were proposed. */
export function withPinnedParents(
  db: Connection,
  sweep: string,
  inputs: readonly RunTrialInput[],
): RunTrialInput[] {
  const parents = getSweep(db, sweep)?.parents;
  return inputs.map((input) => (parents === undefined ? input : { ...input, parents }));
}

/**
 * Pins the bytes of base and parents with the first result that tells them.
 * @returns the failure of a result that is from other bytes than those
 */
export function settleParents(turn: Turn, result: RunTrialResult): TrialFailure | undefined {
  const { db, sweep, at } = turn;
  const found = result.parents ?? {};
  const pinned = getSweep(db, sweep)?.parents ?? {};
  for (const [label, sha256] of Object.entries(found)) {
    const wanted = pinned[label];
    if (wanted === undefined || wanted === sha256) continue;
    const { node, attempt, workDir } = result;
    return {
      class: 'parent_changed',
      reason: describeParentChange({
        ...{
          sweep,
          label,
          node,
          pinned: wanted,
          found: sha256,
          where: 'another node has the first',
        },
      }),
      ...{ stage: 'collect', attempt, node, logPath: workDir },
    };
  }
  const news = Object.entries(found).filter(([label]) => pinned[label] === undefined);
  if (news.length === 0) return undefined;
  pinParents(db, sweep, { ...pinned, ...found });
  const message = `the bytes of ${news.map(([label]) => label).join(', ')} are known now: a trial from others fails`;
  const detail = { message, ...Object.fromEntries(news) };
  addToJournal(db, sweep, { kind: 'parents_pinned', detail, at });
  return undefined;
}
