/**
 * A node under the recorder, and its fake tools too: trials, a checkpoint that another trial takes over,
 * releases, and work that is done anew because a tool was replaced.
 *
 *     node-child.ts WORK_ROOT MARKS TRIALS
 */
import { openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { NodeActivities, RunTrialInput, RunTrialResult } from '../../activities/contracts.js';
import { createNodeActivities } from '../../activities/run-trial.js';
import { createSlotPool } from '../../activities/slots.js';
import { trialInput } from '../faultsweep/trial-input.js';
import { formatMark } from './marks.js';

const [workRoot = '', marksPath = '', trials = ''] = process.argv.slice(2);
const tools = fileURLToPath(new URL('../fixtures/fake-tools/', import.meta.url));
const marks = openSync(marksPath, 'a');

const node = createNode('python-of-today', 'cat');
const updated = createNode('python-of-tomorrow', 'sed s/0.1.5/0.1.6/');
for (let trial = 1; trial <= Number(trials); trial += 1) {
  const workKey = `r${trial}-e`;
  await run(node, trialInput(trial, workKey));
  const again = `r${trial}-f`;
  await run(node, { ...trialInput(trial, again), holder: { node: 'n1', workKey } });
  await node.releaseCheckpoint({ trial: `${trial}`, node: 'n1', workKey, keep: trial % 2 === 0 });
  if (trial % 2 === 1) await run(updated, trialInput(trial, workKey));
}
process.exit(0);

function createNode(name: string, filter: string) {
  const python = join(dirname(marksPath), name);
  writeFileSync(python, `#!/bin/sh\n${join(tools, 'python')} "$@" | ${filter}\n`, { mode: 0o700 });
  return createNodeActivities({
    nodeId: 'n1',
    workRoot,
    tools: {
      mergekitYaml: join(tools, 'mergekit-yaml'),
      lmEval: join(tools, 'lm_eval'),
      python,
      temporal: 'temporal',
    },
    deviceClass: 'cpu',
    mergePool: createSlotPool([{ id: 'merge' }]),
    gpuPool: createSlotPool([{ id: 'gpu' }]),
    threadsPerChild: 1,
    env: { PATH: process.env['PATH'] },
    graceMs: 200,
    extraEnv: recorderOfThisProcess(),
  });
}

function recorderOfThisProcess(): Record<string, string> {
  const names = ['LD_PRELOAD', 'RECORD_ROOT', 'RECORD_TRACE', 'RECORD_MARK'];
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
}

async function run(activities: NodeActivities, input: RunTrialInput): Promise<void> {
  const logger = new DefaultLogger('ERROR');
  const environment = new MockActivityEnvironment({ attempt: 1 }, { logger });
  await environment.run<[RunTrialInput], RunTrialResult, NodeActivities['runTrial']>(
    (order) => activities.runTrial(order),
    input,
  );
  const folder = join(workRoot, input.workKey);
  const { hash } = JSON.parse(readFileSync(join(folder, 'inputs.json'), 'utf8')) as {
    hash: string;
  };
  const result = readFileSync(join(folder, 'result.json'), 'utf8');
  writeSync(marks, formatMark({ kind: 'result', inputsHash: hash, result }));
}
