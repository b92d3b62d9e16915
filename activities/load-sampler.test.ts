import { afterEach, describe, expect, it } from 'vitest';
import type { Connection } from '../src/store/connection.js';
import { listJournal } from '../src/store/journal.js';
import { nameEngine } from '../src/store/optimizer-log.js';
import { sha256 } from '../src/store/sha256.js';
import { CoordinatorFixture, complete } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
afterEach(() => {
  fixture.dispose();
});

const change = (work: (db: Connection) => void): void => {
  fixture.ledger.transact(work);
};
const journal = () => fixture.ledger.transact((db) => listJournal(db, 'demo'));

/** The stored state of the latest event becomes another one: as another engine's rounding would. */
function nudge(db: Connection, engine: string): void {
  const { sequence, state } = db
    .prepare('SELECT sequence, state FROM snapshots ORDER BY sequence DESC LIMIT 1')
    .get() as { sequence: number; state: string };
  const other = state.replace(/"sigma":0\.(\d+?)\d([,}])/, '"sigma":0.$11$2');
  expect(other).not.toBe(state);
  db.prepare('UPDATE snapshots SET state = ?, sha256 = ?, engine = ? WHERE sequence = ?').run(
    other,
    sha256(other),
    engine,
    sequence,
  );
}

describe('a sweep that is opened again', () => {
  it('is made anew from its events, although its state is stored', async () => {
    fixture = new CoordinatorFixture({ maxTrials: 8, optimizer: 'surrogate: off, start: single' });
    await fixture.open();
    await fixture.pastBaselines(3);
    change((db) => {
      nudge(db, nameEngine());
    });
    fixture.restart();
    await expect(fixture.tellAsk([], 1)).rejects.toMatchObject({
      type: 'ledger_state_mismatch',
      message: expect.stringContaining('Going on would be another search') as string,
    });
  });

  it('goes on from what is stored where only the engine is another, and says so', async () => {
    fixture = new CoordinatorFixture({ maxTrials: 40, optimizer: 'surrogate: off, start: single' });
    await fixture.open();
    let { trials } = await fixture.pastBaselines(3);
    change((db) => {
      nudge(db, 'v18.0.0 v8 10.2 arm64');
    });
    fixture.restart();
    ({ trials } = await fixture.tellAsk(
      trials.map((trial) => complete(trial)),
      1,
    ));
    expect(trials).toHaveLength(1);
    expect(journal()).toMatchObject([
      {
        kind: 'engine_changed',
        detail: { from: 'v18.0.0 v8 10.2 arm64', to: nameEngine(), isSame: false },
      },
    ]);
    // And later from there: what the other engine made is not made anew.
    fixture.restart();
    ({ trials } = await fixture.tellAsk(
      trials.map((trial) => complete(trial)),
      1,
    ));
    expect(trials).toHaveLength(1);
    expect(journal()).toHaveLength(1);
  });
});
