import type { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { NodeAnnouncement } from '../../workflows/messages.js';
import { refusalWith } from '../client/ask-workflow.fixture.js';
import { PoolView } from './pool-view.js';

/** A view of node `me`, with a registry that answers so; how often it was asked. */
function setUp(answer: () => readonly NodeAnnouncement[] | readonly string[]) {
  const clock = { now: 0, asked: 0 };
  const executeUpdate = () => {
    clock.asked += 1;
    return new Promise((_, reject) => {
      reject(refusalWith(answer()));
    });
  };
  const client = {
    withDeadline: (_: number, work: () => unknown) => work(),
    workflow: { getHandle: () => ({ executeUpdate }) },
  } as unknown as Client;
  const view = new PoolView({ client, nodeId: 'me', now: () => clock.now });
  return { view, clock };
}

const me: NodeAnnouncement = { nodeId: 'me', slots: 4, freeSlots: 4 };

describe('PoolView', () => {
  it('counts free slots of other nodes that take trials, and looks again after 5 s', async () => {
    let nodes: NodeAnnouncement[] = [
      me,
      { nodeId: 'a', slots: 2, freeSlots: 2 },
      { nodeId: 'b', slots: 2, freeSlots: 1, state: 'draining' },
      { nodeId: 'old', slots: 2 },
    ];
    const { view, clock } = setUp(() => nodes);
    expect(view.freeElsewhere).toBe('unknown');
    await view.refresh();
    expect(view.freeElsewhere).toBe(2);
    nodes = [me, { nodeId: 'a', slots: 2, freeSlots: 0 }];
    clock.now = 5_000;
    expect(view.freeElsewhere).toBe(2);
    clock.now = 5_001;
    expect(view.freeElsewhere).toBe('unknown');
    await view.refresh();
    expect(view.freeElsewhere).toBe(0);
    expect(clock.asked).toBe(2);
  });

  it('asks once a minute while it is alone', async () => {
    const { view, clock } = setUp(() => [me]);
    await view.refresh();
    clock.now = 60_000;
    expect(view.freeElsewhere).toBe(0);
    expect(clock.asked).toBe(1);
  });

  it('holds nobody up where the registry does not answer', async () => {
    const { view } = setUp(() => {
      throw new Error('away');
    });
    await view.refresh();
    expect(view.freeElsewhere).toBe(0);
    expect(await view.isToldToDrain()).toBeUndefined();
  });

  it('knows whether it was told to drain', async () => {
    expect(await setUp(() => ['a', 'me']).view.isToldToDrain()).toBe(true);
    expect(await setUp(() => ['a']).view.isToldToDrain()).toBe(false);
  });
});
