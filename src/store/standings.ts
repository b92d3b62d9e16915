import type { TrialId } from '../../activities/contracts.js';
import type { Connection } from './connection.js';
import type { TrialRow } from './rows.js';

/** A trial as far as choosing and counting need it: whole rows cost a millisecond per dozen. */
export type Standing = Pick<TrialRow, 'kind' | 'ordinal' | 'state'> & {
  readonly trial: TrialId;
  readonly fitness?: number;
  readonly node?: string;
  readonly confirms?: TrialId;
  readonly promotes?: TrialId;
  readonly rung?: number;
};

/** Every trial of the sweep, by ordinal. */
export function listStandings(db: Connection, sweep: string): Standing[] {
  const rows = db
    .prepare(
      'SELECT trial, kind, ordinal, state, fitness, node, confirms, promotes, rung FROM trials WHERE sweep = ? ORDER BY ordinal',
    )
    .all(sweep) as (Omit<Standing, 'fitness' | 'node' | 'confirms' | 'promotes' | 'rung'> & {
    readonly fitness: number | null;
    readonly node: string | null;
    readonly confirms: TrialId | null;
    readonly promotes: TrialId | null;
    readonly rung: number | null;
  })[];
  return rows.map(({ fitness, node, confirms, promotes, rung, ...row }) => ({
    ...row,
    ...(fitness !== null && { fitness }),
    ...(node !== null && { node }),
    ...(confirms !== null && { confirms }),
    ...(promotes !== null && { promotes }),
    ...(rung !== null && { rung }),
  }));
}
