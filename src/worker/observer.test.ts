import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NodeState } from '../../workflows/messages.js';
import { makeResult, makeRun } from '../../workflows/trial.fixture.js';
import type { LogEvent } from './json-log.js';
import type { RunTrial } from './node-events.js';
import { observeNode } from './observer.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function makeNode() {
  const standing: { state: NodeState; reason: string | undefined } = {
    ...{ state: 'ready', reason: undefined },
  };
  const runTrial: RunTrial = ({ trial }) => Promise.resolve(makeResult(trial));
  return { slots: 2, standing, activities: { runTrial } };
}

describe('a node that is watched', () => {
  it('is the node itself where nobody wants to know', () => {
    const node = makeNode();
    const observed = observeNode('n', {});
    expect(observed.attach(node, tmpdir())).toBe(node);
    expect(observed).not.toHaveProperty('onProgress');
  });

  it('logs that it is ready, its trials, how it stands and its end', async () => {
    const events: LogEvent[] = [];
    const node = makeNode();
    const observed = observeNode('n', { log: (event) => events.push(event) });
    const { activities } = observed.attach(node, tmpdir());
    await activities.runTrial(makeRun('1'));
    node.standing.state = 'set-aside';
    node.standing.reason = '3 trials failed';
    vi.advanceTimersByTime(5_000);
    node.standing.state = 'ready';
    vi.advanceTimersByTime(1_000);
    observed.end();
    node.standing.state = 'draining';
    vi.advanceTimersByTime(5_000);
    expect(events.map(({ level, event, state }) => [level, event, state].join(' ').trim())).toEqual(
      [
        ...['info node_ready', 'info trial_taken', 'info trial_ended'],
        ...['warn node_state set-aside', 'info node_state ready', 'info node_ended'],
      ],
    );
    expect(events[3]).toMatchObject({ node: 'n', reason: '3 trials failed' });
  });

  it('measures its slots and the space for its work', async () => {
    vi.useRealTimers();
    const recorded = new Map<string, number>();
    const metrics = {
      record: (name: string, value: number) => void recorded.set(name, value),
    };
    const observed = observeNode('n', { metrics });
    observed.attach(makeNode(), tmpdir());
    expect(recorded.get('slots_total')).toBe(2);
    await vi.waitFor(() => {
      expect(recorded.get('disk_free_bytes')).toBeGreaterThan(0);
    });
    observed.end();
    expect(recorded.get('slots_total')).toBe(0);
  });
});
