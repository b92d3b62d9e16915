import type { TrialId } from '../../activities/contracts.js';
import type { Connection } from './connection.js';
import type { TrialRow } from './rows.js';

/** A trial as far as choosing and counting need it: whole rows cost a millisecond per dozen. */
export type Standing = Pick<TrialRow, 'kind' | 'ordinal' | 'state'> & {
  readonly trial: TrialId;
  readonly fitness?: number;
  readonly node?: string;
};

/** Every trial of the sweep, by ordinal. */
export function listStandings(db: Connection, sweep: string): Standing[] {
  const rows = db
    .prepare(
      'SELECT trial, kind, ordinal, state, fitness, node FROM trials WHERE sweep = ? ORDER BY ordinal',
    )
    .all(sweep) as (Omit<Standing, 'fitness' | 'node'> & {
    readonly fitness: number | null;
    readonly node: string | null;
  })[];
  return rows.map(({ fitness, node, ...row }) => ({
    ...row,
    ...(fitness !== null && { fitness }),
    ...(node !== null && { node }),
  }));
}
