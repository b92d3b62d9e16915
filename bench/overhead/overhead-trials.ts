/**
 * Search trials one by one in this process: the real coordinator and the real node, on a ledger and a
 * warm child of their own, without Temporal between them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { parseDocument } from 'yaml';
import type {
  NodeActivities,
  RunTrialInput,
  RunTrialResult,
  TellAskReply,
  TrialOutcome,
} from '../../activities/contracts.js';
import { createCoordinatorActivities } from '../../activities/coordinator.js';
import { createNodeActivities } from '../../activities/run-trial.js';
import { createSlotPool } from '../../activities/slots.js';
import { readConfig } from '../../src/config.js';
import { planCalls } from '../../src/evaluation/calls.js';
import { joinReports, readOutput } from '../../src/external/lm-eval-output.js';
import { packReport } from '../../src/external/packed-report.js';
import { openLedger } from '../../src/store/ledger.js';
import { splitRequests } from './child-parts.js';
import { addCosts, divideCost, noCost, startCost, subtractCost, type Cost } from './cost.js';
import { offline, readDemoSpec, root, sweepFile, toolThreads } from '../demo-problem.js';
import { CommitClock } from './commit-clock.js';
import { ObservedChildren } from './observed-children.js';
import type { OverheadOrder } from './overhead-sweep.js';

/** In the order of a trial; none holds another. */
export const trialParts = [
  'merge',
  'copy',
  'forward',
  'score',
  'write',
  'ipc',
  'read',
  'files',
  'tellAsk',
  'commit',
] as const;
export type TrialPart = (typeof trialParts)[number];
export type TrialCost = Readonly<Record<TrialPart, Cost>>;

/** Round trips that are measured for the cost of one. */
const pings = 200;

/**
 * The mean of `trials` search trials; the baselines, which start the child and warm everything up,
 * are left out.
 */
export async function measureTrials(order: OverheadOrder): Promise<TrialCost> {
  const { name } = readDemoSpec();
  const resultsDir = join(order.folder, 'alone');
  const ledger = openLedger(resultsDir, { mode: 'write' });
  const commits = new CommitClock();
  const children = new ObservedChildren();
  try {
    const coordinator = createCoordinatorActivities({
      ledger: commits.watch(ledger),
      resultsDir,
      clock: { now: () => new Date() },
    });
    const node = createNode(resultsDir, children);
    const sweep = { ledgerId: ledger.ledgerId, sweep: name };
    const opened = await coordinator.openSweep({
      ...sweep,
      specText: renderSweep(order),
      specPath: sweepFile,
    });
    let requestId = opened.nextRequestId;
    const tellAsk = async (outcomes: TrialOutcome[]) => {
      commits.cost = noCost;
      const stop = startCost();
      const reply = await coordinator.tellAsk({
        ...sweep,
        ...{ requestId: requestId++, outcomes, want: 1 },
      });
      const { cost: commit } = commits;
      return { reply, cost: { tellAsk: subtractCost(stop(), commit), commit } };
    };
    const costs: TrialCost[] = [];
    let { reply } = await tellAsk([]);
    let ping = noCost;
    while (costs.length < order.trials) {
      const trial = requireTrial(reply);
      if (trial.kind === 'search' && ping === noCost)
        ping = await measurePing(children, resultsDir);
      const { result, cost } = await runOne(node, children, ping, trial);
      const told = await tellAsk([{ trial: trial.trial, status: 'complete', result }]);
      ({ reply } = told);
      if (trial.kind === 'search') costs.push({ ...cost, ...told.cost });
    }
    return meanOf(costs);
  } finally {
    await children.close();
    ledger.close();
  }
}

/** One more than is measured: the reply to the last outcome proposes a candidate like all others. */
function renderSweep({ trials, seed }: OverheadOrder): string {
  const document = parseDocument(readFileSync(sweepFile, 'utf8'));
  document.setIn(['optimizer', 'max_trials'], trials + 1);
  document.setIn(['optimizer', 'seed'], seed);
  return document.toString();
}

/** As src/worker/local-node.ts makes it, with one place. */
function createNode(resultsDir: string, children: ObservedChildren): NodeActivities {
  return createNodeActivities({
    nodeId: 'bench',
    workRoot: join(resultsDir, '.work'),
    publishRoot: resultsDir,
    tools: readConfig({}, process.env, root).tools,
    deviceClass: 'cpu',
    mergePool: createSlotPool([{ id: 'merge' }]),
    gpuPool: createSlotPool([{ id: 'slot' }]),
    warm: {
      children,
      places: createSlotPool([{ id: 'place' }]),
      pythonPath: join(root, 'python'),
    },
    threadsPerChild: toolThreads(),
    extraEnv: offline,
  });
}

function requireTrial({ trials, reason }: TellAskReply): RunTrialInput {
  const [trial] = trials;
  if (trial === undefined) throw new Error(`expected a trial, got none: ${reason ?? '?'}`);
  return trial;
}

async function runOne(
  node: NodeActivities,
  children: ObservedChildren,
  ping: Cost,
  trial: RunTrialInput,
): Promise<{ result: RunTrialResult; cost: Omit<TrialCost, 'tellAsk' | 'commit'> }> {
  const { evaluator } = trial;
  if (evaluator === undefined) throw new Error(`trial ${trial.trial} does not say how it may run`);
  // What the proof costs, the sweep pays once.
  const input = { ...trial, evaluator: { ...evaluator, isVerified: false } };
  const environment = new MockActivityEnvironment(
    { attempt: 1 },
    { logger: new DefaultLogger('ERROR') },
  );
  children.answered = [];
  const stop = startCost();
  const result = await environment.run<[RunTrialInput], RunTrialResult, NodeActivities['runTrial']>(
    (order) => node.runTrial(order),
    input,
  );
  const whole = stop();
  if (result.mode !== 'warm') {
    throw new Error(`expected a warm trial ${trial.trial}, got a cold one: ${result.modeReason}`);
  }
  const read = await readAgain(input, result);
  const { answered } = children;
  const { ipcMs, ...child } = splitRequests(answered);
  // The child's side of it is in the child's parts.
  const ipc = { wallMs: ipcMs, cpuMs: answered.length * ping.cpuMs };
  const requestsMs = answered.reduce((sum, { cost }) => sum + cost.wallMs, 0);
  const files = {
    wallMs: whole.wallMs - requestsMs - read.wallMs,
    cpuMs: whole.cpuMs - ipc.cpuMs - read.cpuMs,
  };
  return { result, cost: { ...child, ipc, read, files } };
}

/** What the node did with the output of lm-eval, once more and alone. */
async function readAgain(
  { evaluation }: RunTrialInput,
  { workDir, attempt }: RunTrialResult,
): Promise<Cost> {
  const stop = startCost();
  const parts = [];
  for (const [index, call] of planCalls(evaluation).entries()) {
    const folder = join(workDir, `attempt-${attempt}`, `evaluation-${index + 1}`);
    parts.push(await readOutput(join(folder, 'output'), call));
  }
  packReport(joinReports(evaluation, parts));
  return stop();
}

/** What a round trip that does nothing costs this process. */
async function measurePing({ child }: ObservedChildren, folder: string): Promise<Cost> {
  if (child === undefined) throw new Error('expected a warm child, got none');
  const stop = startCost();
  for (let ping = 0; ping < pings; ping++) {
    await child.request({
      ...{ op: 'ping', params: {}, stage: 'evaluate', logPath: join(folder, 'ping.log') },
      ...{ stallMs: 60_000, timeoutMs: 60_000, signal: new AbortController().signal },
    });
  }
  return divideCost(stop(), pings);
}

function meanOf(costs: readonly TrialCost[]): TrialCost {
  return Object.fromEntries(
    trialParts.map((part) => [
      part,
      divideCost(addCosts(...costs.map((cost) => cost[part])), costs.length),
    ]),
  ) as TrialCost;
}
