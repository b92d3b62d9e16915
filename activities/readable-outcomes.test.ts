import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunTrialInput, TrialOutcome } from './contracts.js';
import { complete, CoordinatorFixture } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
let damaged: RunTrialInput;
let sound: RunTrialInput;
beforeEach(async () => {
  fixture = new CoordinatorFixture({ hasConfirm: false, optimizer: 'name: random' });
  await fixture.open();
  const { trials } = await fixture.pastBaselines(2);
  [damaged, sound] = trials as [RunTrialInput, RunTrialInput];
});
afterEach(() => {
  fixture.dispose();
});

/** The damaged outcome beside a sound one, in one request; returns the damaged trial as it ended. */
async function tell(change: (outcome: Record<string, unknown>) => object) {
  const outcome = change(structuredClone<object>(complete(damaged)) as Record<string, unknown>);
  await fixture.tellAsk([outcome as TrialOutcome, complete(sound)], 0);
  expect(fixture.ledger.getTrial('demo', sound.trial)?.state).toBe('complete');
  return fixture.ledger.getTrial('demo', damaged.trial);
}

type Result = Record<string, unknown> & { report: Record<string, unknown> };
const withResult = (change: (result: Result) => object) => (outcome: Record<string, unknown>) => ({
  ...outcome,
  result: change(outcome['result'] as Result),
});
const withReport = (over: object) =>
  withResult((result) => ({ ...result, report: { ...result.report, ...over } }));
const withScore = (over: object) =>
  withResult((result) => {
    const [first, ...others] = result.report['scores'] as object[];
    return { ...result, report: { ...result.report, scores: [{ ...first, ...over }, ...others] } };
  });
const withoutNode = withResult(({ node: _, ...result }) => result);
const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown;

it.each([
  ['nothing', (outcome: object) => ({ ...outcome, result: null })],
  ['a list', (outcome: object) => ({ ...outcome, result: [] })],
  ['no report', withResult((result) => ({ ...result, report: null }))],
  ['no node', withoutNode],
  ['scores that are none', withReport({ scores: { length: 2 } })],
  ['documents that are none', withReport({ documents: null })],
  [
    'endless seconds',
    withResult((result) => ({ ...result, seconds: { merge: 1e308, evaluate: 1 } })),
  ],
  ['an attempt of 0', withResult((result) => ({ ...result, attempt: 0 }))],
  ['a direction that is none', withScore({ higherIsBetter: null })],
  ['the other direction', withScore({ higherIsBetter: false })],
  ['half a document', withScore({ documents: 0.5 })],
  ['another task', withScore({ task: 'other' })],
  ['values without a hash', withReport({ documents: [{ task: 'shift', documentsHash: '' }] })],
  ['something very deep', withResult((result) => ({ ...result, versions: { a: deep } }))],
])('a result with %s fails its own trial, and the sweep goes on', async (_, change) => {
  const row = await tell(change);
  expect(row?.failure?.class).toBe('truncated_results');
});

it.each([null, 7, -0.1, 1e301])('a score of %s fails its own trial as bad_score', async (value) => {
  expect((await tell(withScore({ value })))?.failure?.class).toBe('bad_score');
});

it('what is in a result beside what we know is left out', async () => {
  const row = await tell(withResult((result) => ({ ...result, later: deep })));
  expect(row?.state).toBe('complete');
});

it.each([
  ['of a class that only another version knows', { class: 'gremlins' }],
  ['without a reason', { reason: null }],
  ['of no attempt', { attempt: 'first' }],
])('a failure %s is a failure', async (_, over) => {
  const failure = { class: 'hang', reason: 'it hung', stage: 'merge', attempt: 1, ...over };
  const row = await tell(({ trial }) => ({ trial, status: 'failed', failure }));
  expect(row?.failure?.class).toMatch(/^(crash|hang)$/);
  expect(row?.failure?.reason).toMatch(/./);
});
