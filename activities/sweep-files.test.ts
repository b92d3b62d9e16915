import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { complete, CoordinatorFixture } from './coordinator.fixture.js';

let fixture: CoordinatorFixture;
afterEach(() => {
  fixture.dispose();
});

describe('results/<sweep>', () => {
  it('holds the best merge as soon as there is one, and a line per ended trial', async () => {
    fixture = new CoordinatorFixture();
    await fixture.open();
    const path = join(fixture.folder, 'demo', 'best_config.yaml');
    const { trials } = await fixture.pastBaselines(2);
    expect(existsSync(path)).toBe(false);
    await fixture.tellAsk([complete(trials[0]!, 0.4)], 0);
    expect(readFileSync(path, 'utf8')).toContain('trial 1');
    await fixture.tellAsk([complete(trials[1]!, 0.7)], 0);
    expect(readFileSync(path, 'utf8')).toContain('trial 2');
    const folder = join(fixture.folder, 'demo', 'trials', '2');
    expect(readFileSync(join(folder, 'merge.yaml'), 'utf8')).toContain('dare_ties');
    expect(JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'))).toMatchObject({
      node: 'node-1',
      report: { split: 'search' },
    });
    const lines = () =>
      readFileSync(join(fixture.folder, 'demo', 'trials.jsonl'), 'utf8')
        .trim()
        .split('\n');
    expect(lines()).toHaveLength(7);
    expect(JSON.parse(lines().at(-1)!)).toMatchObject({ trial: '2', fitness: 0.7 });
    const before = lines();
    await fixture.open();
    expect(lines().toSorted()).toEqual(before.toSorted());
  });

  it('gets what a coordinator left out that died right after its commit', async () => {
    fixture = new CoordinatorFixture();
    await fixture.open();
    const { trials } = await fixture.pastBaselines(1);
    const folder = join(fixture.folder, 'demo', 'trials', '1');
    await fixture.tellAsk([complete(trials[0]!)], 0);
    const paths = ['merge.yaml', 'result.json'].map((name) => join(folder, name));
    const before = paths.map((path) => readFileSync(path, 'utf8'));
    rmSync(folder, { recursive: true });
    fixture.restart();
    fixture.nextRequest--;
    await fixture.tellAsk([complete(trials[0]!)], 0);
    expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(before);
  });
});
