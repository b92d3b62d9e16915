/** A worker's ways to go: by SIGTERM, by Ctrl-C, and by an order from elsewhere. Fake tools, a real server. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config.js';
import { ensureTemporalServer, type EmbeddedServer } from '../../src/external/temporal-server.js';
import { openLedgerReader } from '../../src/store/ledger.js';
import { handedBackFailureType, sweepWorkflowId } from '../../workflows/messages.js';
import { makeSweepFolder, sweepName, type SweepFolder } from '../chaos/sweep-folder.js';

const root = process.cwd();
let path: string;
let folder: SweepFolder;
let server: EmbeddedServer;
let connection: Connection;
let client: Client;
const children: ChildProcess[] = [];

beforeAll(async () => {
  path = mkdtempSync(join(tmpdir(), 'mergesweep-worker-'));
  folder = makeSweepFolder({
    ...{ root, path, seconds: [0, 0.05], heartbeatSeconds: 30 },
    plan: { mode: 'cold', seed: 1, trials: 3 },
  });
  server = await ensureTemporalServer({
    resultsDir: join(path, 'server'),
    temporalCommand: readConfig({}, process.env, root).tools.temporal,
  });
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await connection.close();
  await server.stop();
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
});

function mergesweep(...words: readonly string[]) {
  const child = spawn(
    process.execPath,
    [join(root, 'bin', 'mergesweep.js'), ...words, '--address', server.address],
    { cwd: path, env: folder.env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, exit, output: () => output };
}
const startWorker = (name: string) =>
  mergesweep('worker', '--slots', '1', '--work-dir', join(path, name));

/** How long evaluations take from now on; merges take no time. */
function setEvaluations(seconds: number): void {
  const lmEval = { name: 'busy', seconds: [seconds, seconds], grandchildren: 0 };
  writeFileSync(join(path, 'faults.json'), JSON.stringify({ lm_eval: lmEval }));
}
const countEvaluations = (): number =>
  existsSync(folder.calls) ? readFileSync(folder.calls, 'utf8').split('lm_eval').length : 0;
async function waitForEvaluation(): Promise<void> {
  const before = countEvaluations();
  await vi.waitFor(() => {
    expect(countEvaluations()).toBeGreaterThan(before);
  }, within);
}
const within = { timeout: 60_000, interval: 50 };

/** When trials were handed back, by the server's clock, in ms. */
async function findHandBacks(): Promise<number[]> {
  const reader = openLedgerReader(folder.results);
  const handle = client.workflow.getHandle(sweepWorkflowId(reader.ledgerId, sweepName));
  reader.close();
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ activityTaskFailedEventAttributes: failed, eventTime }) =>
    failed?.failure?.applicationFailureInfo?.type === handedBackFailureType
      ? [Number(eventTime?.seconds) * 1000 + Number(eventTime?.nanos) / 1e6]
      : [],
  );
}
/** On which nodes trials ended well. */
function listComplete(): (string | undefined)[] {
  const reader = openLedgerReader(folder.results);
  const trials = reader.listTrials(sweepName);
  reader.close();
  return trials.filter(({ state }) => state === 'complete').map(({ node }) => node);
}
const nameOf = (output: string): string => /worker (\S+) ready/.exec(output)?.[1] ?? '?';

it('hands back at once at SIGTERM, lets its trial end at Ctrl-C, and drains when it is told to', async () => {
  setEvaluations(600);
  const sweep = mergesweep('run', folder.sweepFile, '--results', folder.results, '--no-worker');
  const terminated = startWorker('terminated');
  await waitForEvaluation();
  const atMs = Date.now();
  terminated.child.kill('SIGTERM');
  expect(await terminated.exit, terminated.output()).toBe(0);
  expect(terminated.output()).toMatch(/what it ran goes to other nodes/);
  const handBacks = await findHandBacks();
  expect(handBacks.length).toBeGreaterThan(0);
  // Within a second on a machine that has nothing else to do.
  const afterMs = Math.max(...handBacks) - atMs;
  expect(afterMs).toBeLessThan(5_000);

  setEvaluations(3);
  const drained = startWorker('drained');
  await waitForEvaluation();
  drained.child.kill('SIGINT');
  expect(await drained.exit, drained.output()).toBe(0);
  expect(drained.output()).toMatch(/drains: it takes no more trials and waits for what runs/);
  expect(drained.output()).toMatch(/nothing was left/);
  await vi.waitFor(() => {
    expect(listComplete()).toContain(nameOf(drained.output()));
  }, within);

  setEvaluations(1);
  const ordered = startWorker('ordered');
  await waitForEvaluation();
  const name = nameOf(ordered.output());
  const order = mergesweep('nodes', 'drain', name);
  expect(await order.exit, order.output()).toBe(0);
  await vi.waitFor(() => {
    expect(ordered.output()).toMatch(/was told to drain/);
  }, within);
  const list = mergesweep('nodes', '--json');
  expect(await list.exit, list.output()).toBe(0);
  const { nodes } = JSON.parse(list.output()) as { nodes: { nodeId: string; state: string }[] };
  expect(nodes).toMatchObject([{ nodeId: name, state: 'draining' }]);
  const undo = mergesweep('nodes', 'undrain', name);
  expect(await undo.exit, undo.output()).toBe(0);
  await vi.waitFor(() => {
    expect(ordered.output()).toMatch(/takes trials again/);
  }, within);
  setEvaluations(0.05);
  expect(await sweep.exit, sweep.output() + ordered.output()).toBe(0);
  ordered.child.kill('SIGTERM');
  expect(await ordered.exit).toBe(0);
});
