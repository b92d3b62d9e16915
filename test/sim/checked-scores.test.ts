import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TellAskInput, TrialOutcome } from '../../activities/contracts.js';
import { complete } from '../../activities/coordinator.fixture.js';
import { CheckedScores } from './checked-scores.js';
import { CoordinatorProcess, SimulatedCrash } from './coordinator-process.js';
import { planSeed } from './seed-plan.js';

const sweep = 'demo';
const { specText } = planSeed(1, { trials: 6, mode: 'safety' });

let folder: string;
let coordinator: CoordinatorProcess;
let violations: string[];
let scores: CheckedScores;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'checked-scores-'));
  coordinator = new CoordinatorProcess({ folder, now: () => new Date(0) });
  coordinator.start();
  violations = [];
  scores = new CheckedScores((kind, text) => violations.push(`${kind}: ${text}`));
  await open();
});

afterEach(() => {
  coordinator.close();
  rmSync(folder, { recursive: true });
});

const names = () => ({ ledgerId: coordinator.ledger.ledgerId, sweep });

function open() {
  return coordinator.run('openSweep', { ...names(), specText, specPath: '/sweeps/demo.yaml' });
}

const request = (requestId: number, outcomes: readonly TrialOutcome[], want = 0): TellAskInput => ({
  ...names(),
  ...{ requestId, outcomes, want },
});

function acknowledge(input: TellAskInput): void {
  scores.acknowledge(coordinator.ledger, input, () => coordinator.mayHavePutBackSince(input));
}

/** It is carried out, and nobody hears of it. */
async function loseReply(input: TellAskInput): Promise<void> {
  for (let point = 1; !coordinator.effective.some((call) => call.input === input); point += 1) {
    coordinator.dieAtPoint(point);
    await expect(coordinator.run('tellAsk', input)).rejects.toThrow(SimulatedCrash);
    coordinator.start();
  }
}

describe('CheckedScores', () => {
  it('takes no cancellation for lost whose reply came when its trial was in line again', async () => {
    const { trials } = await coordinator.run('tellAsk', request(1, [], 1));
    const [first] = trials;
    const told = request(2, [{ trial: first?.trial ?? '', status: 'cancelled', reason: 'test' }]);
    await loseReply(told);
    await open();
    await coordinator.run('tellAsk', told);
    expect(coordinator.ledger.getTrial(sweep, 'b1')?.state).toBe('proposed');
    acknowledge(told);
    expect(violations).toEqual([]);
  });

  it('tells of a trial that is in line though nothing put it back', async () => {
    await coordinator.run('tellAsk', request(1, [], 1));
    acknowledge(request(2, [{ trial: 'b1', status: 'cancelled', reason: 'test' }]));
    expect(violations).toEqual(['I1: trial b1 was told cancelled, and the ledger has it proposed']);
  });

  it('tells of scores that were told and are not there, for their trial was cancelled', async () => {
    const { trials } = await coordinator.run('tellAsk', request(1, [], 1));
    await coordinator.run(
      'tellAsk',
      request(2, [{ trial: 'b1', status: 'cancelled', reason: 'test' }]),
    );
    acknowledge(
      request(
        3,
        trials.map((trial) => complete(trial)),
      ),
    );
    expect(violations).toEqual(['I1: trial b1 was told complete, and the ledger has it cancelled']);
  });
});
