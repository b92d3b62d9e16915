import { describe, expect, it } from 'vitest';
import type { LiveSource } from '../client/sweep-nodes.js';
import type { LiveSweep } from '../report/live-sweep.js';
import { demoSketches, sketchSweep, sweepRow } from '../report/ledger.fixture.js';
import { runFake } from './cli.fixture.js';

const row = sweepRow({ state: 'running', maxTrials: 9 });
const sketches = [...demoSketches(), { id: '9', state: 'proposed' as const }];
const sweeps = [sketchSweep(row, sketches)];

const live: LiveSweep = {
  nodes: [
    { id: 'laptop', state: 'ready', slots: 2, busy: 2, gpus: [{ id: '0' }], lastSeenSeconds: 4 },
  ],
  running: [{ trial: '9', node: 'laptop', slot: 'slot-1', stage: 'evaluate', percent: 50 }],
};

/** Answers to one look after the other; the last one stays. */
function sourceOf(...answers: Awaited<ReturnType<LiveSource['look']>>[]) {
  const asked: unknown[] = [];
  const source: LiveSource & { isClosed: boolean } = {
    isClosed: false,
    look: (sweep, open) => {
      asked.push([sweep, open.map(({ trial }) => trial)]);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return answer === undefined
        ? Promise.reject(new Error('no answer'))
        : Promise.resolve(answer);
    },
    close: () => {
      source.isClosed = true;
      return Promise.resolve();
    },
  };
  return { source, asked, openLive: () => Promise.resolve(source) };
}

describe('status of a sweep that runs', () => {
  it('shows the nodes and what each trial does', async () => {
    const { openLive, source, asked } = sourceOf(live);
    const { out, err } = await runFake(['status'], { sweeps, dependencies: { openLive } });
    expect(err).toBe('');
    expect(out).toContain('  nodes      1 ready, 2 of 2 slots busy\n');
    expect(out).toContain('             laptop  ready  2/2 busy  card  seen 4.0s ago\n');
    expect(out).toContain('  running    #9  evaluate  50 %  laptop slot-1  –\n');
    expect(asked).toEqual([['demo', ['9']]]);
    expect(source.isClosed).toBe(true);
  });

  it('has the same in JSON, under stable names', async () => {
    const { openLive } = sourceOf(live);
    const { out } = await runFake(['status', '--json'], { sweeps, dependencies: { openLive } });
    expect(JSON.parse(out)).toMatchObject({
      isLive: true,
      nodes: live.nodes,
      running: live.running,
    });
  });

  it('falls back to the ledger, and says why in one dim line', async () => {
    const { openLive } = sourceOf({ unreached: 'it did not answer within 2 s' });
    const dependencies = { openLive };
    const { out } = await runFake(['status'], {
      ...{ sweeps, dependencies, io: { isTty: true, hasColor: true } },
    });
    expect(out).toContain(
      '\u001b[2m  nodes      not asked: it did not answer within 2 s\u001b[22m\n',
    );
    const json = await runFake(['status', '--json'], { sweeps, dependencies });
    expect(JSON.parse(json.out)).toMatchObject({
      ...{ isLive: false, notLiveReason: 'it did not answer within 2 s', running: [] },
    });
  });

  it('asks nobody about a finished one', async () => {
    const { openLive, asked } = sourceOf(live);
    const finished = [sketchSweep(sweepRow(), demoSketches())];
    await runFake(['status'], { sweeps: finished, dependencies: { openLive } });
    expect(asked).toEqual([]);
  });

  it('--watch on a terminal takes back as many rows as a wide line had', async () => {
    const reason = 'x'.repeat(200);
    const [node] = live.nodes;
    if (node === undefined) throw new Error('no node');
    const wide: LiveSweep = { ...live, nodes: [{ ...node, reason }] };
    const { openLive } = sourceOf(wide, live);
    let sleeps = 0;
    const sleep = (): Promise<void> => {
      sleeps += 1;
      return sleeps < 2 ? Promise.resolve() : Promise.reject(new Error('watched enough'));
    };
    const { out } = await runFake(['status', '--watch'], {
      ...{ sweeps, dependencies: { openLive, sleep }, io: { isTty: true, columns: 100 } },
    });
    const [first = '', up] = out.split('\u001b[');
    const lines = first.split('\n').slice(0, -1);
    const wider = lines.filter((line) => line.length > 100);
    expect(wider.map((line) => Math.ceil(line.length / 100))).toContain(3);
    const extra = wider.reduce((sum, line) => sum + Math.ceil(line.length / 100) - 1, 0);
    expect(up).toBe(`${lines.length + extra}A`);
  });

  it('--watch in a pipe prints no record for seconds and percentages that go by', async () => {
    const [trial] = live.running;
    if (trial === undefined) throw new Error('no trial');
    const later: LiveSweep = { ...live, running: [{ ...trial, percent: 60, seconds: 9 }] };
    const next: LiveSweep = { ...live, running: [{ ...trial, stage: 'collect', percent: 0 }] };
    const { openLive, source } = sourceOf(live, later, next);
    let sleeps = 0;
    const sleep = (): Promise<void> => {
      sleeps += 1;
      return sleeps < 4 ? Promise.resolve() : Promise.reject(new Error('watched enough'));
    };
    const { out } = await runFake(['status', '--watch'], {
      ...{ sweeps, dependencies: { openLive, sleep } },
    });
    expect(out.match(/ running {4}#9 .*/g)).toEqual([
      ' running    #9  evaluate  50 %  laptop slot-1  –',
      ' running    #9  collect  0 %  laptop slot-1  –',
    ]);
    expect(source.isClosed).toBe(true);
  });
});
