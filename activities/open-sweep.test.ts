import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { complete, CoordinatorFixture, type SweepFixtureOptions } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
afterEach(() => {
  fixture.dispose();
});

async function start(options: SweepFixtureOptions = {}): Promise<CoordinatorFixture> {
  fixture = new CoordinatorFixture(options);
  await fixture.open();
  return fixture;
}

describe('openSweep', () => {
  it('creates the sweep once, with its baselines in order', async () => {
    await start();
    await fixture.open();
    expect(fixture.ledger.listTrials('demo').map(({ trial, label }) => [trial, label])).toEqual([
      ['b1', 'uniform'],
      ['b2', 'ties'],
      ['b3', 'base'],
      ['b4', 'spec-a'],
      ['b5', 'spec-b'],
    ]);
  });

  it('gives back what was handed out and has not ended', async () => {
    await start();
    const { trials } = await fixture.tellAsk([], 3);
    await fixture.tellAsk([complete(trials[1]!)], 0);
    fixture.restart();
    const reply = await fixture.open();
    expect(reply.pending).toEqual([trials[0], trials[2]]);
    expect(reply.nextRequestId).toBe(3);
  });

  it('refuses another spec under the same name, for good', async () => {
    await start();
    fixture.specText = fixture.specText.replace('seed: 7', 'seed: 8');
    await expect(fixture.open()).rejects.toMatchObject({
      type: 'spec_changed',
      nonRetryable: true,
      message: expect.stringContaining('optimizer.seed: 7 → 8') as string,
    });
    fixture.specText = `# a comment\n${fixture.specText.replace('seed: 8', 'seed: 7')}`;
    expect((await fixture.open()).state).toBe('running');
  });

  it('refuses a broken file with every error, and leaves no sweep behind', async () => {
    fixture = new CoordinatorFixture();
    fixture.specText = fixture.specText
      .replace('dare_ties', 'dare_tise')
      .replace('seed: 7', 'sed: 7');
    await expect(fixture.open()).rejects.toMatchObject({
      type: 'configuration',
      nonRetryable: true,
      message: expect.stringMatching(/dare_tise[^]*sed/) as string,
    });
    expect(fixture.ledger.listSweeps()).toEqual([]);
  });

  it('finds the parents again when the folder of the sweep file has moved', async () => {
    await start();
    const before = await fixture.tellAsk([], 4);
    const { pending } = await fixture.open(false, '/moved/demo.yaml');
    expect(before.trials[3]?.subject).toMatchObject({ model: '/sweeps/spec-a' });
    expect(pending[3]?.subject).toMatchObject({ model: '/moved/spec-a' });
    const later = await fixture.tellAsk([], 1);
    expect(later.trials[0]?.subject).toMatchObject({ model: '/moved/spec-b' });
  });

  it("refuses another ledger's requests", async () => {
    await start();
    const request = { ledgerId: 'another', sweep: 'demo' };
    const refusal = { type: 'ledger_other', nonRetryable: true };
    const { activities } = fixture;
    await expect(
      activities.tellAsk({ ...request, requestId: 1, outcomes: [], want: 1 }),
    ).rejects.toMatchObject(refusal);
    await expect(activities.finishSweep(request)).rejects.toMatchObject(refusal);
    await expect(
      activities.openSweep({ ...request, specText: fixture.specText, specPath: '/demo.yaml' }),
    ).rejects.toMatchObject(refusal);
  });

  it('writes the spec, what it came to mean, and the log of trials', async () => {
    await start();
    const read = (name: string) => readFileSync(join(fixture.folder, 'demo', name), 'utf8');
    expect(read('sweep.yaml')).toBe(fixture.specText);
    expect(JSON.parse(read('sweep.lock.json'))).toMatchObject({
      sweep: 'demo',
      dimensions: [
        { name: 'weight.spec-a' },
        { name: 'weight.spec-b' },
        { name: 'density.spec-a' },
        { name: 'density.spec-b' },
      ],
    });
    expect(read('trials.jsonl')).toBe('');
  });
});
