import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { recoverLedger } from '../src/store/recover-ledger.js';
import { checkSearch } from './check-search.js';
import { complete, CoordinatorFixture } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
afterEach(() => {
  fixture.dispose();
});

const at = '2026-01-01T00:00:00Z';

function lose(): void {
  fixture.ledger.close();
  rmSync(join(fixture.folder, 'ledger.sqlite'));
}

it('a sweep whose ledger was lost in the middle ends as one that was not disturbed', async () => {
  fixture = new CoordinatorFixture();
  await fixture.open();
  const end = async () => {
    await fixture.runToEnd();
    return fixture.ledger
      .listTrials('demo')
      .map(({ trial, state, params, fitness }) => ({ trial, state, params, fitness }));
  };
  const undisturbed = await end();
  fixture.dispose();

  fixture = new CoordinatorFixture();
  await fixture.open();
  const { trials } = await fixture.pastBaselines(3);
  const before = fixture.ledger.listTrials('demo');
  const { ledgerId } = fixture.ledger;
  lose();
  const recovery = recoverLedger(fixture.folder, { checkSearch, at });
  expect(recovery).toMatchObject({
    ledgerId,
    sweeps: [{ name: 'demo', scored: 5, open: 3, search: 'same' }],
  });
  fixture.start();
  expect(fixture.ledger.listTrials('demo')).toEqual(before);
  const { pending } = await fixture.open();
  // Nodes and Temporal know them by the same names and work keys.
  expect(pending).toEqual(trials);
  for (const trial of pending) await fixture.tellAsk([complete(trial)], 0);
  expect(await end()).toEqual(undisturbed);
});

it('answers a request that was answered before the loss with the same reply', async () => {
  fixture = new CoordinatorFixture();
  await fixture.open();
  const first = await fixture.tellAsk([], 2);
  lose();
  recoverLedger(fixture.folder, { checkSearch, at });
  fixture.start();
  fixture.nextRequest -= 1;
  expect(await fixture.tellAsk([], 2)).toEqual(first);
});

it('a transaction that the log lacks is asked for again, and gives the same trials', async () => {
  fixture = new CoordinatorFixture();
  await fixture.open();
  await fixture.pastBaselines(1);
  const log = readFileSync(join(fixture.folder, 'recovery.jsonl'));
  const { trials: lost } = await fixture.tellAsk([], 2);
  lose();
  writeFileSync(join(fixture.folder, 'recovery.jsonl'), log);
  recoverLedger(fixture.folder, { checkSearch, at });
  fixture.start();
  // Temporal's workflow lives on, and knows trials that the ledger does not.
  const { trials } = await fixture.tellAsk([complete(lost[0]!)], 2);
  expect(trials).toEqual(lost);
  const { trials: next } = await fixture.tellAsk(
    trials.map((trial) => complete(trial)),
    1,
  );
  expect(next.map(({ trial }) => trial)).toEqual(['4']);
  expect(fixture.ledger.getTrial('demo', '2')?.state).toBe('complete');
});

it('says of a search that does not come out as it was that it can not be proved', async () => {
  fixture = new CoordinatorFixture();
  await fixture.open();
  await fixture.pastBaselines(2);
  fixture.ledger.transact((db) =>
    db.prepare(`UPDATE snapshots SET sha256 = ?`).run('0'.repeat(64)),
  );
  const found = (engine?: string) =>
    fixture.ledger.transact((db) => {
      if (engine !== undefined) db.prepare('UPDATE snapshots SET engine = ?').run(engine);
      return checkSearch(db, 'demo');
    });
  expect(found()).toMatchObject({
    reason: expect.stringContaining('comes out otherwise') as string,
  });
  expect(found('v1.0.0 other')).toMatchObject({
    reason: expect.stringContaining('v1.0.0') as string,
  });
});
