/** The folder of a run with the stand-in tools in it: see stand_in.py. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../src/config.js';
import { root } from '../demo-problem.js';
import { parseTimeline, type TimelineEvent } from './timeline.js';

/** How long the stand-ins take; the same for every system that is compared. */
export interface Pace {
  readonly seed: number;
  /** Of an evaluation, s. */
  readonly medianSeconds: number;
  /** σ of the logarithm of an evaluation's time, ≥ 0. */
  readonly spread: number;
  /** Of every merge, s. */
  readonly mergeSeconds: number;
}

export interface StandInTools {
  readonly mergekitYaml: string;
  readonly lmEval: string;
  readonly python: string;
  readTimeline(): TimelineEvent[];
  /** CPU-seconds of the stand-ins that have ended, and their number. */
  readCost(): { readonly calls: number; readonly cpuSeconds: number };
}

const versions = {
  python: '3.11.7',
  mergekit: '0.1.5',
  lm_eval: '0.4.13',
  torch: '2.13.0',
  transformers: '5.23.0',
};

export function makeStandIns(folder: string, pace: Pace): StandInTools {
  const tools = join(folder, 'tools');
  mkdirSync(tools, { recursive: true });
  const settings = join(folder, 'stand-in.json');
  const timeline = join(folder, 'timeline.jsonl');
  const cpu = join(folder, 'stand-in-cpu');
  const [numbers, base] = [join(folder, 'numbers'), join(root, 'zoo', 'models', 'base')];
  writeFileSync(settings, JSON.stringify({ ...pace, timeline, cpu, numbers, base }));
  // The program itself: a version manager's shim costs more than the work.
  const python = realpathSync(readConfig({}, process.env, root).tools.python);
  const script = join(root, 'bench', 'nodes', 'stand_in.py');
  const place = (name: string, text: string): string => {
    const path = join(tools, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const run = (verb: string): string =>
    `exec '${python}' -I -S '${script}' '${settings}' ${verb} "$@"`;
  place('nvidia-smi', renderCards());
  return {
    mergekitYaml: place('mergekit-yaml', run('merge')),
    lmEval: place('lm_eval', run('evaluate')),
    python: place('python', `echo '${JSON.stringify(versions)}'`),
    readTimeline: () => parseTimeline(readIfThere(timeline)),
    readCost: () => {
      const lines = readIfThere(cpu).split('\n').filter(Boolean).map(Number);
      return { calls: lines.length, cpuSeconds: lines.reduce((sum, each) => sum + each, 0) };
    },
  };
}

/** Cards that nobody uses, whoever asks: more than any node takes. */
function renderCards(): string {
  const cards = Array.from(
    { length: 8 },
    (_, card) => `${card}, GPU-stand-in-${card}, made up, 81559`,
  );
  return `case "$*" in *--query-gpu*) cat <<'CARDS'\n${cards.join('\n')}\nCARDS\n;; esac`;
}

const readIfThere = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
