import type { PoolRegistry, PoolRegistryOptions } from '../client/pool-registry.js';
import type { SteerOptions, SteerOutcome } from '../client/steer.js';
import type { LiveSource, LiveSourceOptions } from '../client/sweep-nodes.js';
import type { DocumentRow, LedgerReader } from '../store/rows.js';
import type { DocumentValues } from '../evaluation/eval-report.js';

/** What reading verbs need from outside; tests pass their own. Loaded on first use: `--help` needs none of it. */
export interface CliDependencies {
  /** @throws LedgerError `ledger_missing` when nothing has been run in the folder */
  openReader(resultsDir: string): Promise<LedgerReader>;
  loadUnpack(): Promise<(row: DocumentRow) => DocumentValues>;
  /** The text of a file, or undefined where there is none. */
  readFile(path: string): Promise<string | undefined>;
  sleep(milliseconds: number): Promise<void>;
  /** Gives an order to a sweep. */
  loadSteer(): Promise<(options: SteerOptions) => Promise<SteerOutcome>>;
  /** Finds the registry of a pool of nodes. */
  loadPoolRegistry(): Promise<(options: PoolRegistryOptions) => Promise<PoolRegistry>>;
  /** Asks whoever runs the folder what the nodes do. */
  openLive(options: LiveSourceOptions): Promise<LiveSource>;
}

export const realDependencies: CliDependencies = {
  openReader: async (resultsDir) =>
    (await import('../store/ledger.js')).openLedgerReader(resultsDir),
  loadUnpack: async () => (await import('../external/packed-report.js')).unpackDocuments,
  readFile: async (path) => {
    const { readFile } = await import('node:fs/promises');
    return readFile(path, 'utf8').catch(() => undefined);
  },
  sleep: async (milliseconds) => {
    const { setTimeout } = await import('node:timers/promises');
    await setTimeout(milliseconds);
  },
  loadSteer: async () => (await import('../client/steer.js')).steerSweep,
  loadPoolRegistry: async () => (await import('../client/pool-registry.js')).openPoolRegistry,
  openLive: async (options) => (await import('../client/sweep-nodes.js')).createLiveSource(options),
};
