/** What `check` can learn beside the file: the nodes that are there, and earlier sweeps of the ledger. */
import type { FormerSweep } from '../budget/former-sweep.js';
import type { Environment } from '../config.js';
import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import { bindingText } from '../spec/pinned-spec.js';
import { findWriter } from '../store/find-writer.js';
import { openLedgerReader } from '../store/ledger.js';
import type { TrialRow } from '../store/rows.js';
import type { Surroundings } from './plan-cost.js';
import type { TemporalFlags } from './resolve-temporal.js';

export interface SurroundingsOptions {
  readonly resultsDir: string;
  readonly pool?: string | undefined;
  readonly flags: TemporalFlags;
  readonly env: Environment;
}

/**
 * A server that was named must answer; whoever else can't be asked is left out.
 *
 * @throws MergesweepError of the connection to a server that was named
 */
export async function readSurroundings(options: SurroundingsOptions): Promise<Surroundings> {
  const formers = readFormers(options.resultsDir);
  const isNamed = options.flags.address !== undefined || options.flags.profile !== undefined;
  if (!isNamed && findWriter(options.resultsDir) === undefined) return { formers };
  try {
    // Temporal's modules take most of a second to load: not where nobody is there to be asked.
    const { openPoolRegistry } = await import('./pool-registry.js');
    const registry = await openPoolRegistry({ ...options, answerWithinMs: 3_000 });
    try {
      return { formers, nodes: await registry.list() };
    } finally {
      await registry.close();
    }
  } catch (error) {
    if (isNamed) throw error;
    return { formers };
  }
}

/** By their start; none where there is no ledger that this version reads. */
export function readFormers(resultsDir: string): FormerSweep[] {
  let reader;
  try {
    reader = openLedgerReader(resultsDir);
  } catch {
    return [];
  }
  try {
    return reader.listSweeps().map((row) => ({
      name: row.name,
      readSpec: () => {
        const parsed = parseSweepSpec(bindingText(row), row.specPath);
        return parsed.ok ? parsed.spec : undefined;
      },
      listTrials: () => readTrials(resultsDir, row.name),
    }));
  } finally {
    reader.close();
  }
}

function readTrials(resultsDir: string, sweep: string): readonly TrialRow[] {
  const reader = openLedgerReader(resultsDir);
  try {
    return reader.listTrials(sweep);
  } finally {
    reader.close();
  }
}
