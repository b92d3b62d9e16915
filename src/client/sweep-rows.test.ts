import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { complete, CoordinatorFixture, failed } from '../../activities/coordinator.fixture.js';
import { openLedgerReader } from '../store/ledger.js';
import type { LedgerReader } from '../store/rows.js';
import { SweepRowReader } from './sweep-rows.js';

let fixture: CoordinatorFixture;
let readers: LedgerReader[];

beforeEach(() => {
  fixture = new CoordinatorFixture();
  readers = [];
});
afterEach(() => {
  for (const reader of readers) reader.close();
  fixture.dispose();
});

/** Of the writer's own process, and of another one. */
function openReaders(): LedgerReader[] {
  const other = openLedgerReader(fixture.folder);
  readers.push(other);
  return [fixture.ledger, other];
}

it('are those of the ledger at every moment, for the writer and for others', async () => {
  await fixture.open();
  const watched = openReaders().map((reader) => new SweepRowReader(reader, 'demo'));
  const check = (): void => {
    for (const rows of watched) {
      const { trials = [], scores = [] } = rows.read() ?? {};
      expect(trials).toEqual(fixture.ledger.listTrials('demo'));
      const byTrial = [...scores].sort((a, b) => a.trial.localeCompare(b.trial));
      const all = fixture.ledger.listScores('demo');
      expect(byTrial).toEqual(all.sort((a, b) => a.trial.localeCompare(b.trial)));
    }
  };
  check();
  let { trials } = await fixture.tellAsk([], 4);
  check();
  for (let round = 0; trials.length > 0; round += 1) {
    const outcomes = trials.map((trial, index) =>
      round === 1 && index === 0 ? failed(trial, 'bad_score') : complete(trial),
    );
    ({ trials } = await fixture.tellAsk(outcomes, 4));
    check();
  }
});

it('reads what has ended once', async () => {
  await fixture.open();
  const { trials } = await fixture.tellAsk([], 4);
  await fixture.tellAsk(
    trials.map((trial) => complete(trial)),
    1,
  );
  const rows = new SweepRowReader(fixture.ledger, 'demo');
  rows.read();
  const list = vi.spyOn(fixture.ledger, 'listTrials');
  const get = vi.spyOn(fixture.ledger, 'getTrial');
  rows.read();
  expect(list).not.toHaveBeenCalled();
  expect(get.mock.calls.map(([, trial]) => trial)).not.toContain(trials[0]?.trial);
});

it('knows of no sweep that the ledger does not know yet', () => {
  expect(new SweepRowReader(fixture.ledger, 'demo').read()).toBeUndefined();
});
