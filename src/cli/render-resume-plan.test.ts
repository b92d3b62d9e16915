import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  cancelled,
  complete,
  CoordinatorFixture,
  failed,
} from '../../activities/coordinator.fixture.js';
import { renderResumePlan } from './render-resume-plan.js';
import { compareSpec } from '../spec/spec-change.js';
import { openLedgerReader } from '../store/ledger.js';
import { setHeld } from '../store/steering.js';
import { acquireWriterLock, isLockHeld } from '../store/writer-lock.js';
import { planResume, type PlanResumeOptions, type ResumePlan } from '../client/plan-resume.js';

let fixture: CoordinatorFixture;
afterEach(() => {
  fixture.dispose();
});

const path = '/sweeps/demo.yaml';

function plan(
  specText = fixture.specText,
  more: Partial<PlanResumeOptions> = {},
): ResumePlan & { readonly text: string } {
  const reader = openLedgerReader(fixture.folder);
  try {
    const row = reader.getSweep('demo');
    if (row === undefined) throw new Error('the sweep was opened');
    const found = planResume({
      ...{ resultsDir: fixture.folder, reader, row, temporal: { kind: 'embedded' } },
      file: { isThere: true, change: compareSpec(row, specText, path) },
      ...{ hasConfirm: true, ...more },
    });
    return { ...found, text: renderResumePlan(found, 'demo.yaml', 'GO ON').join('\n') };
  } finally {
    reader.close();
  }
}

describe('the plan of a sweep that stopped in the middle', () => {
  it('says what is reused, what is under way, what runs again and why, and what comes next', async () => {
    fixture = new CoordinatorFixture({ maxTrials: 8 });
    await fixture.open();
    const { trials } = await fixture.pastBaselines(4);
    const [one, two, three, four] = trials;
    await fixture.tellAsk([complete(one!), failed(two!, 'bad_score'), cancelled(three!)], 0);
    const work = join(fixture.folder, '.work', 'node-1', four!.workKey);
    const before = plan();
    mkdirSync(work, { recursive: true });
    writeFileSync(join(work, 'result.json'), '{}');
    const found = plan();
    expect(found).toMatchObject({
      ...{ sweep: 'demo', state: 'running', isHeld: false },
      ...{ reused: { baseline: 5, search: 1 }, failed: 1, waiting: [] },
      underWay: [{ trial: '4', isHere: true }],
      again: [{ trial: '3', why: 'it was cancelled' }],
      next: { candidates: 4, maxTrials: 8, confirmations: 'to come' },
      temporal: { kind: 'embedded', database: 'gone' },
      ledger: { wasClosed: false },
      search: { hasState: true, isSameEngine: true },
      file: { kind: 'allowed', edits: [] },
    });
    expect(before.underWay).toEqual([{ trial: '4', isHere: false }]);
    expect(before.text).toContain('4: run again, unless their node goes on with them');
    expect(found.text).toContain('4: the results lie here and are taken over');
    expect(found.text).toContain('scored: 5 baseline, 1 search');
    expect(found.text).toContain('1 failed trial stay');
    expect(found.text).toContain('3: it was cancelled');
    expect(found.text).toContain('4 of 8 candidates left to propose, then finalists');
    expect(found.text).toContain('go on with  GO ON');
    // As opening does it.
    fixture.restart();
    await fixture.open();
    const { trials: next } = await fixture.tellAsk([], 1);
    expect(next.map(({ trial }) => trial)).toEqual(['3']);
  });

  it('says of a failure of the whole sweep that it runs again, and why it stopped', async () => {
    fixture = new CoordinatorFixture();
    await fixture.open();
    const { trials } = await fixture.pastBaselines(1);
    await fixture.tellAsk([failed(trials[0]!, 'tool_missing')], 0);
    const { again, text } = plan();
    expect(again).toEqual([{ trial: '1', why: 'it was tool_missing' }]);
    expect(text.split('\n')[0]).toBe('demo  paused: trial 1: it was tool_missing');
  });

  it('names who runs the folder, a hold, another host, a lost file and another server', async () => {
    fixture = new CoordinatorFixture({ hasConfirm: false });
    await fixture.open();
    fixture.ledger.transact((db) => {
      setHeld(db, 'demo', true);
    });
    expect(plan().holder).toBeUndefined();
    const lock = acquireWriterLock(fixture.folder);
    if (isLockHeld(lock)) throw new Error('nobody else holds it');
    expect(plan().text).toContain('a process runs it');
    lock.describe({ pid: 42, host: 'far', startedAt: 'now' });
    const held = plan(undefined, {
      ...{ hasConfirm: false, host: { id: 'other', name: 'other' } },
      file: {
        isThere: false,
        change: compareSpec(fixture.ledger.getSweep('demo')!, fixture.specText, path),
      },
      temporal: {
        kind: 'external',
        address: 'lan:7233',
        namespace: 'default',
        connectionOptions: {},
      },
    });
    expect(held.holder).toMatchObject({ pid: 42, host: 'far' });
    expect(held.otherHost).toEqual(expect.any(String));
    expect(held.text).toContain('demo  held by you, running');
    expect(held.text).toContain('it is let go; 6 of 6 candidates left to propose');
    expect(held.text).toContain('process 42 on far runs it');
    expect(held.text).toContain('demo.yaml is gone: what the ledger holds of it');
    expect(held.text).toContain('the server lan:7233');
    lock.release();
    const free = plan(undefined, { host: { id: 'other', name: 'other' } });
    expect(free.text).toContain('say --adopt');
    // The look took no lock.
    expect(isLockHeld(acquireWriterLock(fixture.folder))).toBe(false);
  });

  it('shows edits of the file, and does not go on with those that need a fork', async () => {
    fixture = new CoordinatorFixture();
    await fixture.open();
    const more = plan(fixture.specText.replace('max_trials: 6', 'max_trials: 9'));
    expect(more.next).toMatchObject({ candidates: 9, maxTrials: 9 });
    expect(more.text).toContain('optimizer.max_trials: 6 → 9  (may be raised');
    const other = plan(fixture.specText.replace('seed: 7', 'seed: 8'));
    expect(other.text).toContain('optimizer.seed: 7 → 8  (needs a fork)');
    expect(other.text).not.toContain('GO ON');
  });

  it('says of a finished sweep that only its result is printed', async () => {
    fixture = new CoordinatorFixture({ maxTrials: 2 });
    await fixture.open();
    await fixture.runToEnd();
    expect(plan().text).toContain('it is finished: its result is printed');
  });
});
