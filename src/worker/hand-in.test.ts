import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusalWith } from '../client/ask-workflow.fixture.js';
import { WorkFolder } from '../external/work-folder.js';
import { makeComplete, makeResult } from '../../workflows/trial.fixture.js';
import { HandIn } from './hand-in.js';

let folder: string;
/** What the sweep answers, or why it does not. */
let sweep: { inFlight?: string[]; isOpening?: boolean; isAway?: boolean };
let asked: string[];
let signals: unknown[];
let messages: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-'));
  [sweep, asked, signals, messages] = [{}, [], [], []];
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const client = {
  withDeadline: (_: number, act: () => unknown) => act(),
  workflow: {
    getHandle: (id: string) => ({
      executeUpdate: (name: string) => {
        asked.push(`${name} of ${id}`);
        if (sweep.isAway === true) return Promise.reject(new Error('away'));
        const { inFlight = [], isOpening } = sweep;
        return Promise.reject(refusalWith({ inFlight, ...(isOpening && { isOpening }) }));
      },
      signal: (name: string, outcome: unknown) => {
        signals.push([id, name, outcome]);
        return Promise.resolve();
      },
    }),
  },
} as unknown as Client;
const newHandIn = (): HandIn =>
  new HandIn({ client, nodeId: 'n1', workRoot: folder, onMessage: (text) => messages.push(text) });

const owner = { ledgerId: 'ledger', sweep: 'demo', trial: '7' };
async function finish(workKey: string, minutes: number, trials: string[] = ['7']): Promise<void> {
  for (const trial of trials) {
    const work = await WorkFolder.open(folder, workKey, {}, { ...owner, trial });
    await work.writeResult(makeResult('7'));
  }
  const at = Date.now() / 1000 - 60 * minutes;
  utimesSync(join(folder, workKey, 'result.json'), at, at);
}
const handedIn = (trial: string) => [
  'mergesweep/ledger/demo',
  'handIn',
  { ...makeComplete('7'), trial },
];

describe('a node with a result that its sweep awaits still', () => {
  it('hands it in, once, and says so', async () => {
    await finish('a', 2);
    sweep = { inFlight: ['7'] };
    const handIn = newHandIn();
    await handIn.look();
    await handIn.look();
    expect(signals).toEqual([handedIn('7')]);
    expect(messages).toEqual([expect.stringContaining('Node n1 handed in trial 7 of demo')]);
    expect(asked).toEqual(['status of mergesweep/ledger/demo']);
  });

  it('does so for each trial of equal work', async () => {
    await finish('a', 2, ['7', '9']);
    sweep = { inFlight: ['7', '8', '9'] };
    await newHandIn().look();
    expect(signals).toEqual([handedIn('7'), handedIn('9')]);
  });

  it('asks again while the sweep can not answer, or has not yet read what it awaits', async () => {
    await finish('a', 2);
    const handIn = newHandIn();
    sweep = { isAway: true };
    await handIn.look();
    sweep = { isOpening: true };
    await handIn.look();
    expect(signals).toEqual([]);
    sweep = { inFlight: ['7'] };
    await handIn.look();
    expect(signals).toHaveLength(1);
  });
});

describe('a node', () => {
  it('hands in nothing that the sweep has, and asks no more for it', async () => {
    await finish('a', 2);
    sweep = { inFlight: ['8'] };
    const handIn = newHandIn();
    await handIn.look();
    await handIn.look();
    expect([signals, asked.length]).toEqual([[], 1]);
  });

  it('asks one question for all results of a sweep', async () => {
    await finish('a', 2, ['1']);
    await finish('b', 2, ['2']);
    await newHandIn().look();
    expect(asked).toEqual(['status of mergesweep/ledger/demo']);
  });

  it('leaves results alone whose completion is on its way, or that are of yesterday', async () => {
    await finish('a', 0.5);
    await finish('b', 25 * 60);
    sweep = { inFlight: ['7'] };
    await newHandIn().look();
    expect(asked).toEqual([]);
  });

  it('passes over folders of versions that did not note the trial, and torn results', async () => {
    mkdirSync(join(folder, 'old'));
    writeFileSync(join(folder, 'old', 'inputs.json'), '{"hash": "x", "inputs": {}}');
    await finish('a', 2);
    for (const key of ['old', 'a']) {
      const path = join(folder, key, 'result.json');
      writeFileSync(path, '{"report"');
      utimesSync(path, Date.now() / 1000 - 120, Date.now() / 1000 - 120);
    }
    sweep = { inFlight: ['7'] };
    await newHandIn().look();
    expect(signals).toEqual([]);
  });
});
