import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selectDocuments } from '../src/evaluation/document-share.js';
import { packReport, unpackDocuments } from '../src/external/packed-report.js';
import { selectBest } from '../src/scoring/select-best.js';
import type { RunTrialInput, TrialOutcome } from './contracts.js';
import { complete, CoordinatorFixture, defaultScore, failed } from './coordinator.fixture.js';

const documentsPerTask = 20;

/** Scored document by document: document i is right when i/20 is below the trial's quality. */
function completeWithDocuments(
  trial: RunTrialInput,
  quality = defaultScore(trial),
  isMean = true,
  isOnDisk = true,
): TrialOutcome {
  const { documents: share, tasks } = trial.evaluation;
  const counts = Object.fromEntries(tasks.map(({ name }) => [name, documentsPerTask]));
  const selected = share === undefined ? undefined : selectDocuments(share);
  const documents = tasks.map(({ name, metric }) => {
    const ids = selected?.[name] ?? Array.from({ length: documentsPerTask }, (_, index) => index);
    return {
      task: name,
      metric,
      documentIds: ids,
      values: ids.map((id) => (id / documentsPerTask < quality ? 1 : 0)),
      documentsHash: ids
        .reduce((hash, id) => hash ^ BigInt(id + 1), 0n)
        .toString(16)
        .padStart(64, '0'),
    };
  });
  const scores = documents.map(({ task, metric, values }) => ({
    task,
    metric,
    value: isMean
      ? values.reduce<number>((sum, value) => sum + value, 0) / values.length
      : quality / 2,
    stderr: 0.01,
    documents: values.length,
    higherIsBetter: true,
  }));
  const report = packReport({
    split: trial.evaluation.split,
    scores,
    documents,
    taskHashes: {},
    taskVersions: {},
    leafCounts: counts,
  });
  return complete(trial, quality, { report, isOnDisk: isOnDisk && trial.subject.kind === 'merge' });
}

let fixture: CoordinatorFixture;
const start = async (fidelity: string, maxTrials = 12): Promise<void> => {
  fixture = new CoordinatorFixture({ maxTrials });
  fixture.specText += `fidelity: ${fidelity}\n`;
  await fixture.open();
};
beforeEach(() => start('{strategy: race, rungs: [0.2, 0.5, 1], window: 6}'));
afterEach(() => {
  fixture.dispose();
});
const rows = () => fixture.ledger.listTrials('demo');
const row = (trial: string) => fixture.ledger.getTrial('demo', trial);
const events = () =>
  fixture.ledger.transact((db) =>
    db.prepare("SELECT kind || ' ' || trial FROM optimizer_events ORDER BY sequence").pluck().all(),
  ) as string[];

/** All baselines done. */
async function pastBaselines(want: number) {
  const { trials } = await fixture.tellAsk([], 5);
  return fixture.tellAsk(
    trials.map((trial) => completeWithDocuments(trial)),
    want,
  );
}

describe('a sweep with rungs', () => {
  it('hands out no candidate before a baseline told how many documents there are', async () => {
    const first = await fixture.tellAsk([], 9);
    expect(first.trials.map(({ trial }) => trial)).toEqual(['b1', 'b2', 'b3', 'b4', 'b5']);
    expect(first.trials.every(({ evaluation }) => evaluation.documents === undefined)).toBe(true);
    const [uniform] = first.trials;
    const next = await fixture.tellAsk(uniform ? [completeWithDocuments(uniform)] : [], 1);
    expect(next.trials[0]?.evaluation.documents).toEqual({
      ...{ seed: 7, rungs: [0.2, 0.5, 1], rung: 1, isExtension: false },
      counts: { shift: documentsPerTask, rev: documentsPerTask },
    });
  });

  it('scores every candidate on the same few documents and tells the optimizer that score', async () => {
    const { trials } = await pastBaselines(2);
    expect(trials[0]?.evaluation.documents).toEqual(trials[1]?.evaluation.documents);
    await fixture.tellAsk(
      trials.map((trial) => completeWithDocuments(trial)),
      0,
    );
    expect(events().filter((event) => event.startsWith('tell'))).toEqual(['tell 1', 'tell 2']);
    expect(row('1')?.rung).toBe(1);
  });

  it('tells the optimizer of the uniform merge what it scored on the documents of the first rung', async () => {
    await pastBaselines(0);
    const [payload] = fixture.ledger.transact((db) =>
      db.prepare("SELECT payload FROM optimizer_events WHERE kind = 'foreign'").pluck().all(),
    ) as string[];
    const uniform = row('b1')?.input;
    if (uniform === undefined) throw new Error('expected the uniform merge');
    const share = (await fixture.tellAsk([], 1)).trials[0]?.evaluation.documents;
    const quality = defaultScore(uniform);
    const onRung = Object.values(share === undefined ? {} : selectDocuments(share)).map(
      (ids) => ids.filter((id) => id / documentsPerTask < quality).length / ids.length,
    );
    const expected = onRung.reduce((sum, value) => sum + value, 0) / onRung.length;
    expect((JSON.parse(payload ?? '') as { fitness: number }).fitness).toBeCloseTo(expected, 12);
  });

  it('promotes without a trial number, and scores only the documents that are missing', async () => {
    const { trials } = await pastBaselines(1);
    const [first] = trials;
    const outcome = first ? [completeWithDocuments(first, 0.75)] : [];
    const { trials: next } = await fixture.tellAsk(outcome, 2);
    expect(next.map(({ trial }) => trial)).toEqual(['1r2', '2']);
    const [promotion] = next;
    expect(promotion?.subject).toEqual(first?.subject);
    expect(promotion?.evaluation.documents).toMatchObject({ rung: 2, isExtension: true });
    const end = promotion ? [completeWithDocuments(promotion, 0.75)] : [];
    await fixture.tellAsk(end, 0);
    const [shift] = fixture.ledger.listDocuments('demo', '1r2');
    expect(shift?.count).toBe(10);
    expect(fixture.ledger.listScores('demo', '1r2')[0]?.documents).toBe(10);
    // From rung 2 it climbs to all documents, where its score is that of a full evaluation.
    const [last] = (await fixture.tellAsk([], 1)).trials;
    expect(last?.trial).toBe('1r3');
    await fixture.tellAsk(last ? [completeWithDocuments(last, 0.75)] : [], 0);
    expect(row('1r3')).toMatchObject({ kind: 'promotion', promotes: '1r2', fitness: 0.75 });
    expect(row('1r3')?.rung).toBeUndefined();
    const whole = fixture.ledger.listDocuments('demo', '1r3').map((each) => unpackDocuments(each));
    expect(whole[0]?.documentIds).toEqual(Array.from({ length: 20 }, (_, id) => id));
    expect(whole[0]?.documentsHash).toBe(
      fixture.ledger.listDocuments('demo', 'b1')[0]?.documentsHash,
    );
  });

  it('sends a promotion to the node that has the merge, which keeps it until the promotion has ended', async () => {
    const { trials } = await pastBaselines(1);
    const [first] = trials;
    const told = await fixture.tellAsk(first ? [completeWithDocuments(first, 0.75)] : [], 1);
    const [second] = told.trials;
    expect(second?.holder).toEqual({ node: 'node-1', workKey: first?.workKey });
    expect(told.releases).toEqual([]);
    const next = await fixture.tellAsk(second ? [completeWithDocuments(second, 0.75)] : [], 1);
    expect(next.trials[0]?.holder?.workKey).toBe(second?.workKey);
    expect(next.releases).toEqual([
      { trial: '1', node: 'node-1', workKey: first?.workKey, keep: false },
    ]);
    const [last] = next.trials;
    const { releases } = await fixture.tellAsk(last ? [failed(last, 'crash')] : [], 0);
    expect(releases.map(({ trial }) => trial)).toEqual(['1r2', '1r3']);
  });

  it('merges anew for a promotion where the merge was only held in memory', async () => {
    const { trials } = await pastBaselines(1);
    const outcomes = trials.map((trial) => completeWithDocuments(trial, 0.75, true, false));
    const { trials: next } = await fixture.tellAsk(outcomes, 1);
    expect(next[0]).toMatchObject({ trial: '1r2' });
    expect(next[0]?.holder).toBeUndefined();
  });

  it('calls nothing best that was not scored on all documents', async () => {
    const { trials } = await pastBaselines(1);
    const [first] = trials;
    await fixture.tellAsk(first ? [completeWithDocuments(first, 1)] : [], 0);
    expect(selectBest(rows())).toBeUndefined();
  });

  it('does not promote what is clearly worse than the best on the same documents', async () => {
    const { trials } = await pastBaselines(1);
    let pending = trials;
    for (const quality of [0.9, 0.9, 0.9]) {
      const reply = await fixture.tellAsk(
        pending.map((trial) => completeWithDocuments(trial, quality)),
        1,
      );
      pending = reply.trials;
    }
    // 1, 1r2 and 1r3 are done: the best stands on all documents.
    expect(selectBest(rows())?.trial).toBe('1r3');
    const reply = await fixture.tellAsk(
      pending.map((trial) => completeWithDocuments(trial, 0.2)),
      1,
    );
    expect(reply.trials.map(({ trial }) => trial)).toEqual(['3']);
  });

  it('spends exactly max_trials numbers, and ends with a best that is confirmed', async () => {
    const handedOut: string[] = [];
    await fixture.runToEnd((trial) => {
      handedOut.push(trial.trial);
      return completeWithDocuments(trial);
    });
    expect(handedOut.filter((trial) => /^\d+$/.test(trial))).toHaveLength(12);
    const best = selectBest(rows());
    expect(best?.trial).toMatch(/^\d+r3$/);
    expect(rows().find(({ kind }) => kind === 'confirm')?.confirms).toBe(best?.trial);
    expect(fixture.ledger.getSweep('demo')?.state).toBe('finished');
  });

  it('still has a best when every promotion on the way failed', async () => {
    await fixture.runToEnd((trial) =>
      trial.trial.endsWith('r2') && trial.trial !== '12r2'
        ? failed(trial, 'crash')
        : completeWithDocuments(trial, /^\d+$/.test(trial.trial) ? Number(trial.trial) / 20 : 0.5),
    );
    expect(fixture.ledger.getSweep('demo')?.state).toBe('finished');
    expect(selectBest(rows())?.trial).toBe('12r3');
  });

  it('scores a metric that is no mean anew on all documents of a rung', async () => {
    const { trials } = await pastBaselines(1);
    const outcome = trials.map((trial) => completeWithDocuments(trial, 0.7, false));
    const { trials: next } = await fixture.tellAsk(outcome, 1);
    expect(next[0]?.evaluation.documents).toMatchObject({ rung: 2, isExtension: false });
  });

  it('scores anew what only looks like a mean on few documents, as a perplexity of one does', async () => {
    const { trials } = await fixture.tellAsk([], 5);
    const baselines = trials.map((trial) => completeWithDocuments(trial, 0.5, false));
    const [first] = (await fixture.tellAsk(baselines, 1)).trials;
    const outcome = first ? [completeWithDocuments(first, 0.75)] : [];
    const { trials: next } = await fixture.tellAsk(outcome, 1);
    expect(next[0]?.trial).toBe('1r2');
    expect(next[0]?.evaluation.documents).toMatchObject({ rung: 2, isExtension: false });
  });

  it('fails a promotion whose scores can not be joined with those before, and goes on', async () => {
    const { trials } = await pastBaselines(1);
    const outcomes = trials.map((trial) => completeWithDocuments(trial, 0.75));
    const [promotion] = (await fixture.tellAsk(outcomes, 1)).trials;
    const next = await fixture.tellAsk(
      promotion ? [completeWithDocuments(promotion, 0.75, false)] : [],
      1,
    );
    expect(row('1r2')?.failure).toMatchObject({ class: 'truncated_results' });
    expect(row('1r2')?.failure?.reason).toContain('mean of their documents');
    expect(next.trials.map(({ trial }) => trial)).toEqual(['2']);
  });

  it('judges a trial by those that ended before it, though the clock was set back since', async () => {
    let { trials } = await pastBaselines(1);
    const searched: string[] = [];
    for (const quality of [0.75, 0.75, 0.75, 0.2]) {
      if (quality === 0.2) fixture.now = new Date('2025-12-31T00:00:00Z');
      let isSearched = false;
      while (!isSearched) {
        const [trial] = trials;
        if (trial === undefined) throw new Error('expected a trial');
        isSearched = trial.kind === 'search';
        if (isSearched) searched.push(trial.trial);
        const outcome = isSearched
          ? completeWithDocuments(trial, quality)
          : failed(trial, 'degenerate_merge');
        ({ trials } = await fixture.tellAsk([outcome], 1));
      }
    }
    expect(searched).toEqual(['1', '2', '3', '4']);
    expect(row('1r2')).toBeDefined();
    expect(row('4r2')).toBeUndefined();
  });

  it('pauses with the reason when no baseline could be scored', async () => {
    const { trials } = await fixture.tellAsk([], 5);
    const reply = await fixture.tellAsk(
      trials.map((trial) => failed(trial, 'bad_score')),
      1,
    );
    expect(reply).toMatchObject({ trials: [], state: 'paused' });
    expect(reply.reason).toContain('no baseline was scored');
  });

  it('goes on with the same documents after a restart and from another folder', async () => {
    const { trials } = await pastBaselines(1);
    fixture.restart();
    const { pending } = await fixture.open(false, '/moved/demo.yaml');
    expect(pending[0]?.evaluation.documents).toEqual(trials[0]?.evaluation.documents);
  });
});
