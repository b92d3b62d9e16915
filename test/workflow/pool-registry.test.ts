import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPoolRegistry } from '../../src/client/pool-registry.js';
import type { PoolRegistry } from '../../src/client/pool-registry.js';
import { signalRegistry } from '../../src/worker/announce-node.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import { announceSignalName, coordinatorQueue } from '../../workflows/messages.js';
import { openHarness, SweepRig } from './harness.js';
import type { Harness } from './harness.js';

let harness: Harness;
let rig: SweepRig;
let registry: PoolRegistry;

const openRegistry = (pool: string, answerWithinMs: number): Promise<PoolRegistry> =>
  openPoolRegistry({
    ...{ resultsDir: 'not looked at', pool, env: {}, answerWithinMs },
    flags: { address: harness.env.address },
  });

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());
afterEach(async () => {
  await registry.close();
  await rig.stop();
});

/** A rig whose pool has the node `a`. */
async function openRig() {
  rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1 }));
  const coordinator = await rig.startCoordinator();
  const { pool } = rig;
  const registryTaskQueue = coordinatorQueue(rig.ledgerId);
  const node = { nodeId: 'a', slots: 2 };
  await signalRegistry(
    { client: harness.env.client, pool, registryTaskQueue },
    announceSignalName,
    node,
  );
  return coordinator;
}

describe('openPoolRegistry', () => {
  it('lists the nodes and passes an order on, but not for a node that is not there', async () => {
    await openRig();
    registry = await openRegistry(rig.pool, 15_000);
    expect(await registry.list()).toMatchObject([{ nodeId: 'a', slots: 2 }]);
    await expect(registry.order('drain', 'b')).rejects.toMatchObject({ code: 'unknown_node' });
    await registry.order('drain', 'a');
    expect(await registry.list()).toMatchObject([{ nodeId: 'a', state: 'draining' }]);
  });

  it('says that nobody answers where no coordinator runs', async () => {
    const coordinator = await openRig();
    await coordinator.stop();
    registry = await openRegistry(rig.pool, 1_000);
    await expect(registry.list()).rejects.toMatchObject({ code: 'nodes_unanswered' });
  });

  it('says of a pool in which no sweep was started that nothing is known of it', async () => {
    await openRig();
    registry = await openRegistry('no-such-pool', 15_000);
    await expect(registry.list()).rejects.toMatchObject({ code: 'no_registry' });
  });
});
