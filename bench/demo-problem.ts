/** What all sides of a benchmark get: the demo's sweep file, and the same environment. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findProjectRoot } from '../src/config.js';
import { parseSweepSpec } from '../src/spec/parse-sweep-spec.js';
import type { SweepSpec } from '../src/spec/sweep-spec.js';

export const root = findProjectRoot();
export const sweepFile = join(root, 'sweeps', 'demo.yaml');

export const offline = { HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' };

export function readDemoSpec(): SweepSpec {
  const result = parseSweepSpec(readFileSync(sweepFile, 'utf8'), sweepFile);
  if (!result.ok) throw new Error(`${sweepFile} has errors: mergesweep check ${sweepFile}`);
  return result.spec;
}

/** What mergesweep gives its tools on this machine, one evaluation and one merge at once. */
export function peerEnvironment(): Record<string, string> {
  const threads = String(toolThreads());
  return {
    ...offline,
    OMP_NUM_THREADS: threads,
    MKL_NUM_THREADS: threads,
    OMP_WAIT_POLICY: 'PASSIVE',
  };
}

/** As src/worker/local-node.ts gives its tools: cores ÷ (evaluations + merges at once). */
export function toolThreads(): number {
  const cores = availableParallelism();
  return Math.max(1, Math.floor(cores / (Math.max(1, cores >> 1) + 1)));
}
