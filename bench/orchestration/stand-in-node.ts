/**
 * A node of its own process whose trials take a set time and cost nothing else: what is left is the worker,
 * its heartbeats and announcements. Arguments: address, slots, milliseconds of a trial.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { complete } from '../../activities/coordinator.fixture.js';
import type { RunTrialInput, RunTrialResult } from '../../activities/contracts.js';
import { NodeStanding } from '../../activities/node-standing.js';
import { ProgressHeartbeat } from '../../activities/progress-heartbeat.js';
import { TakenTrials } from '../../activities/taken-trials.js';
import { connectTemporal } from '../../src/client/connect.js';
import { startNodeWorker } from '../../src/worker/node.js';
import { registryQueue } from '../../workflows/messages.js';

const [address = '', slotsText = '1', trialMs = '0'] = process.argv.slice(2);
const nodeId = 'stand-in';
const slots = Number(slotsText);
let busy = 0;

/** As a warm trial looks from outside: a merge, an evaluation, no checkpoint on disk. */
async function runTrial(input: RunTrialInput): Promise<RunTrialResult> {
  const context = Context.current();
  const heartbeat = new ProgressHeartbeat(
    nodeId,
    (progress) => {
      context.heartbeat(progress);
    },
    { timeoutMs: context.info.heartbeatTimeoutMs },
  );
  busy += 1;
  try {
    heartbeat.enter('merge');
    await delay(Number(trialMs) / 2);
    heartbeat.enter('evaluate');
    await delay(Number(trialMs) / 2);
    heartbeat.enter('collect');
    const outcome = complete(input, undefined, { node: nodeId, mode: 'warm', isOnDisk: false });
    if (outcome.status !== 'complete') throw new Error('it was made complete');
    return outcome.result;
  } finally {
    busy -= 1;
    heartbeat.stop();
  }
}

const { connection } = await connectTemporal(address, 'default');
const worker = await startNodeWorker({
  ...{ connection, namespace: 'default', nodeId, registryTaskQueue: registryQueue },
  node: {
    ...{ slots, prefetch: 1, strategy: 'overlap', gpusPerTrial: 1, deviceClass: 'cpu' },
    // It keeps nothing: there is no such folder to hand in from.
    workRoot: '/nonexistent',
    freeSlots: () => Math.max(0, slots - busy),
    standing: new NodeStanding(),
    taken: new TakenTrials(),
    facts: new Promise(() => undefined),
    activities: { runTrial, releaseCheckpoint: () => Promise.resolve() },
  },
});
process.stdout.write('ready\n');
process.on('SIGTERM', () => {
  void worker.stop().then(() => process.exit(0));
});
