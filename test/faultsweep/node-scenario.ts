import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { NodeActivities, RunTrialInput, RunTrialResult } from '../../activities/contracts.js';
import { createNodeActivities } from '../../activities/run-trial.js';
import { createSlotPool } from '../../activities/slots.js';
import { type FailureClass, failureClasses, failureOwner, isRetryable } from '../../src/errors.js';
import { describe } from './clear-error.js';
import type { Scenario, Violation } from './scenario.js';
import { trialInput } from './trial-input.js';

const tools = fileURLToPath(new URL('../fixtures/fake-tools/', import.meta.url));

/** One trial on a node with fake tools: merge, evaluate, result.json; then the next attempt at it. */
export function createNodeScenario(): Scenario {
  let reference: string | undefined;
  let python = '';
  let cases = 0;
  return {
    kinds: ['open', 'write', 'fsync', 'rename', 'unlink', 'mkdir', 'spawn'],
    start: async (folder) => {
      // A name of its own: the versions behind it are asked anew, and that is part of the trial.
      python = join(dirname(folder), `python-${(cases += 1)}`);
      writeFileSync(python, `#!/bin/sh\nexec ${join(tools, 'python')} "$@"\n`, { mode: 0o700 });
      try {
        const result = await runTrial(folder, python, 1);
        return reference === undefined ? [] : compare(reference, result);
      } catch (error) {
        return checkFailure(error);
      }
    },
    goOn: async (folder) => {
      try {
        const result = await runTrial(folder, python, 2);
        reference ??= describeResult(result);
        return [...compare(reference, result), ...findLeftovers(folder)];
      } catch (error) {
        return [{ kind: 'stuck', what: describe(error) }];
      }
    },
  };
}

const input = trialInput(42, 'r-e');

function runTrial(folder: string, python: string, attempt: number): Promise<RunTrialResult> {
  const activities = createNodeActivities({
    nodeId: 'n1',
    workRoot: join(folder, 'work'),
    publishRoot: join(folder, 'results'),
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
    extraEnv: { FAULTSWEEP_FOLDER: folder },
  });
  const logger = new DefaultLogger('ERROR');
  const environment = new MockActivityEnvironment({ attempt }, { logger });
  return environment.run<[RunTrialInput], RunTrialResult, NodeActivities['runTrial']>(
    (order) => activities.runTrial(order),
    input,
  );
}

/** What fails here must be tried again, and never counts against the candidate. */
function checkFailure(error: unknown): Violation[] {
  if (!(error instanceof ApplicationFailure)) return [{ kind: 'unclear', what: describe(error) }];
  const failureClass = failureClasses.find((known): known is FailureClass => known === error.type);
  if (failureClass === undefined) return [{ kind: 'unclear', what: describe(error) }];
  const isBlamed = failureOwner(failureClass) === 'candidate' || !isRetryable(failureClass);
  return isBlamed ? [{ kind: 'wrong', what: `${failureClass}: ${error.message}` }] : [];
}

function compare(reference: string, result: RunTrialResult): Violation[] {
  const got = describeResult(result);
  return got === reference ? [] : [{ kind: 'wrong', what: `expected ${reference}, got ${got}` }];
}

const describeResult = ({ report, checkpoint }: RunTrialResult): string =>
  JSON.stringify({ scores: report.scores, documents: report.documents, checkpoint });

function findLeftovers(folder: string): Violation[] {
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => /\.(tmp|partial|tail\d)$/.test(path));
  const processes = readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      const isZombie = readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
      return !isZombie && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
  return [
    ...files.map((path): Violation => ({ kind: 'leftover', what: path })),
    ...processes.map((pid): Violation => ({ kind: 'leftover', what: `process ${pid}` })),
  ];
}
