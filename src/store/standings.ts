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

type Stored = [
  TrialId,
  Standing['kind'],
  number,
  Standing['state'],
  number | null,
  string | null,
  TrialId | null,
  TrialId | null,
  number | null,
];

/** Every trial of the sweep, by ordinal. */
export function listStandings(db: Connection, sweep: string): Standing[] {
  const rows = db
    .prepare(
      'SELECT trial, kind, ordinal, state, fitness, node, confirms, promotes, rung FROM trials WHERE sweep = ? ORDER BY ordinal',
    )
    .raw()
    .all(sweep) as Stored[];
  return rows.map(
    ([trial, kind, ordinal, state, fitness, node, confirms, promotes, rung]): Standing => {
      const standing: { -readonly [Key in keyof Standing]: Standing[Key] } = {
        trial,
        kind,
        ordinal,
        state,
      };
      if (fitness !== null) standing.fitness = fitness;
      if (node !== null) standing.node = node;
      if (confirms !== null) standing.confirms = confirms;
      if (promotes !== null) standing.promotes = promotes;
      if (rung !== null) standing.rung = rung;
      return standing;
    },
  );
}
