import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { complete, CoordinatorFixture, failed } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
beforeEach(async () => {
  fixture = new CoordinatorFixture();
  await fixture.open();
});
afterEach(() => {
  fixture.dispose();
});

const tools = { mergekit: '0.1.5', lm_eval: '0.4.13', torch: '2.11.0', transformers: '4.57.0' };
const versions = { python: '3.12.3', ...tools };

describe('the tool versions of a sweep', () => {
  it('are those of its first score, and go with every later trial, also after a restart', async () => {
    const { trials } = await fixture.tellAsk([], 2);
    expect(trials[0]).not.toHaveProperty('pinnedTools');
    const [first, second] = trials;
    const later = await fixture.tellAsk([complete(first!, 0.5, { versions })], 1);
    const pinned = { versions: tools, policy: 'refuse' };
    expect(later.trials[0]?.pinnedTools).toEqual(pinned);
    fixture.now = new Date('2026-01-01T00:01:00Z');
    const other = { ...versions, torch: '2.10.0' };
    const next = await fixture.tellAsk([complete(second!, 0.5, { versions: other })], 1);
    expect(next.trials[0]?.pinnedTools).toEqual(pinned);
    fixture.restart();
    const { pending } = await fixture.open();
    expect(pending.map(({ pinnedTools }) => pinnedTools)).toEqual([pinned, pinned]);
  });

  it('are not pinned by a trial that failed', async () => {
    const { trials } = await fixture.tellAsk([], 1);
    const later = await fixture.tellAsk([failed(trials[0]!, 'crash')], 1);
    expect(later.trials[0]).not.toHaveProperty('pinnedTools');
  });

  it('go with what the sweep file says about nodes that have others', async () => {
    fixture.dispose();
    fixture = new CoordinatorFixture();
    fixture.specText += 'nodes: {tool_versions: warn}\n';
    await fixture.open();
    const { trials } = await fixture.tellAsk([], 1);
    const later = await fixture.tellAsk([complete(trials[0]!, 0.5, { versions })], 1);
    expect(later.trials[0]?.pinnedTools?.policy).toBe('warn');
  });
});
