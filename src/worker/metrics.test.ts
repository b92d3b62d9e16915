import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { metricFamilies, type Metrics } from './metrics.js';
import { openObserver } from './open-observer.js';

let address = '';
let metrics: Metrics;

beforeAll(async () => {
  const said: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'metrics-'));
  const observer = await openObserver({
    ...{ config: { metricsPort: '0' }, log: undefined, logPath: join(folder, 'sdk.jsonl') },
    say: (message) => said.push(message),
  });
  if (observer.metrics === undefined) throw new Error('no metrics');
  metrics = observer.metrics;
  address = said.join().replace('Metrics: ', '');
});

const scrape = async (): Promise<string> => (await fetch(address)).text();

describe('the metrics', () => {
  it('are served where it is said, with what they mean', async () => {
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    metrics.record('slots_busy', 2, { node: 'n', stage: 'merge' });
    metrics.record('stage_duration_seconds', 4, { node: 'n', stage: 'merge' });
    const text = await scrape();
    expect(text).toContain('# TYPE mergesweep_slots_busy gauge');
    expect(text).toContain('mergesweep_slots_busy{node="n",stage="merge"} 2');
    expect(text).toContain('stage_duration_seconds_bucket{node="n",stage="merge",le="2"} 0');
    expect(text).toContain('stage_duration_seconds_bucket{node="n",stage="merge",le="5"} 1');
  });

  it('add up parts of a second, though the exporter counts whole ones', async () => {
    for (let count = 0; count < 5; count += 1)
      metrics.record('card_seconds_total', 0.9, { node: 'n' });
    expect(await scrape()).toContain('mergesweep_card_seconds_total{node="n"} 4');
  });

  it('leave out what is no number', async () => {
    metrics.record('best_score', Number.NaN, { sweep: 'none' });
    expect(await scrape()).not.toContain('none');
  });

  it('are all listed in docs/operating.md, with kind and labels, and no others are', () => {
    const page = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| `(mergesweep_\w+)` +\| (\w+) +\| ([^|]*?) +\|/gm)].map(
      ([, name, kind, labels]) => `${name ?? ''} ${kind ?? ''} ${labels ?? ''}`,
    );
    const known = Object.entries(metricFamilies).map(
      ([name, { kind, labels }]) =>
        `mergesweep_${name} ${kind} ${labels.length === 0 ? '–' : labels.map((label) => `\`${label}\``).join(', ')}`,
    );
    expect(listed.sort()).toEqual(known.sort());
  });
});
