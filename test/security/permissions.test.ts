/** What the user lets run as code is written down, and comes from nowhere else. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoordinatorFixture } from '../../activities/coordinator.fixture.js';
import { permitModels } from '../../src/client/check-sweep.js';
import { parseSweepSpec } from '../../src/spec/parse-sweep-spec.js';
import { edit, sweepText } from '../../src/spec/sweep-text.fixture.js';
import { listJournal } from '../../src/store/journal.js';

let coordinator: CoordinatorFixture;
beforeEach(() => {
  coordinator = new CoordinatorFixture();
});
afterEach(() => {
  coordinator.dispose();
});

describe('the journal of a sweep', () => {
  const open = (allowed?: { pickle: readonly string[]; taskCode: boolean }) =>
    coordinator.activities.openSweep({
      ...coordinator.names,
      specText: coordinator.specText,
      specPath: '/sweeps/demo.yaml',
      ...(allowed !== undefined && { allowed }),
    });
  const entries = () =>
    coordinator.ledger.transact((db) =>
      listJournal(db, 'demo').flatMap(({ kind, detail }) =>
        kind === 'code_allowed' ? [detail] : [],
      ),
    );

  it('says what was allowed, once for each wish', async () => {
    await open();
    expect(entries()).toEqual([]);
    const first = { pickle: ['spec-a'], taskCode: false };
    const second = { pickle: ['spec-a'], taskCode: true };
    for (const allowed of [first, first, second, first]) await open(allowed);
    expect(entries()).toEqual([first, second]);
  });
});

describe('a permission', () => {
  it('is of the models that carry the labels, and of no others', () => {
    const parsed = parseSweepSpec(sweepText, '/sweeps/mix.yaml', '/home/me');
    if (!parsed.ok) throw new Error('the fixture is valid');
    const permitted = permitModels(parsed.spec, { pickle: ['beta', 'base'], taskCode: false });
    expect(permitted).toEqual({ pickle: ['/models/base', 'org/beta'], taskCode: false });
  });

  it.each(['allow_pickle: [alpha]', 'allow_task_code: true', 'allowed: { pickle: [alpha] }'])(
    'can not stand in a sweep file: %s',
    (line) => {
      const parsed = parseSweepSpec(
        edit(sweepText, 'version: 1', `version: 1\n${line}`),
        '/sweeps/mix.yaml',
        '/home/me',
      );
      expect(parsed.ok).toBe(false);
    },
  );
});
