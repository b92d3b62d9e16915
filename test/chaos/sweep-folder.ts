/** The folder of one sweep: its file, the fake tools that its processes find, what they may know. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { SweepPlan } from './plan.js';

export const sweepName = 'chaos';

export interface SweepFolder {
  readonly path: string;
  readonly results: string;
  readonly sweepFile: string;
  /** One line of JSON a call of a tool. */
  readonly calls: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface FolderOptions {
  /** The checkout. */
  readonly root: string;
  /** Absolute; is made. */
  readonly path: string;
  readonly plan: Pick<SweepPlan, 'mode' | 'seed' | 'trials'>;
  /** Of a merge, and of an evaluation. */
  readonly seconds: readonly [number, number];
  readonly heartbeatSeconds: number;
}

export function makeSweepFolder(options: FolderOptions): SweepFolder {
  const { root, path, plan, seconds, heartbeatSeconds } = options;
  for (const name of ['tools', 'home', 'tmp', 'sweeps'])
    mkdirSync(join(path, name), { recursive: true });
  const calls = join(path, 'calls.jsonl');
  const faults = join(path, 'faults.json');
  const busy = { name: 'busy', seconds, grandchildren: 0.3 };
  writeFileSync(
    faults,
    JSON.stringify({
      ...{ 'mergekit-yaml': busy, lm_eval: busy, 'warm-merge': busy, 'warm-evaluate': busy },
      'warm-save': { ...busy, seconds: [0, 0.05] },
    }),
  );
  for (const name of ['mergekit-yaml', 'lm_eval', 'python']) {
    // Tools get an allowed few variables, so these come by a script.
    const tool = join(root, 'test', 'fixtures', 'fake-tools', name);
    const script = `#!/bin/sh\nFAKE_FAULTS='${faults}' FAKE_CALLS='${calls}' exec python3 -S '${tool}' "$@"\n`;
    writeFileSync(join(path, 'tools', name), script);
    chmodSync(join(path, 'tools', name), 0o755);
  }
  const sweepFile = join(path, 'sweeps', 'chaos.yaml');
  writeFileSync(sweepFile, renderSweepFile(root, plan));
  return {
    ...{ path, sweepFile, calls, results: join(path, 'results') },
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: join(path, 'home'),
      // It reaches every process of the sweep, and so tells them from all others.
      TMPDIR: join(path, 'tmp'),
      TEMPORAL_CONFIG_FILE: join(path, 'none.toml'),
      MERGESWEEP_MERGEKIT_YAML: join(path, 'tools', 'mergekit-yaml'),
      MERGESWEEP_LM_EVAL: join(path, 'tools', 'lm_eval'),
      MERGESWEEP_PYTHON: join(path, 'tools', 'python'),
      MERGESWEEP_HEARTBEAT_SECONDS: String(heartbeatSeconds),
      ...(process.env['MERGESWEEP_TEMPORAL_CLI'] === undefined
        ? {}
        : { MERGESWEEP_TEMPORAL_CLI: process.env['MERGESWEEP_TEMPORAL_CLI'] }),
    },
  };
}

/** A sweep of two parents of the zoo; what is given is written over the rest. */
export function renderSweepFile(
  root: string,
  { mode, seed, trials }: FolderOptions['plan'],
  more: Readonly<Record<string, unknown>> = {},
): string {
  const task = (name: string, skill: string) => ({
    ...{ name, metric: 'exact_match,none', for: skill },
  });
  return stringify({
    version: 1,
    name: sweepName,
    genome: {
      merge_method: 'dare_ties',
      base_model: join(root, 'zoo/models/base'),
      models: [join(root, 'zoo/models/spec-shift'), join(root, 'zoo/models/spec-rev')],
      parameters: { weight: { min: 0.2, max: 0.8 }, density: { min: 0.3, max: 0.9 } },
      dtype: 'float32',
    },
    optimizer: { max_trials: trials, seed, finalists: 1 },
    evaluation: { mode, batch_size: 8, device: 'cpu', include_path: join(root, 'zoo/tasks') },
    tasks: {
      search: [task('zoo_shift_search', 'spec-shift'), task('zoo_rev_search', 'spec-rev')],
      confirm: [task('zoo_shift_confirm', 'spec-shift'), task('zoo_rev_confirm', 'spec-rev')],
    },
    // Deaths of a node are attempts.
    limits: { attempts: 10 },
    ...more,
  });
}
