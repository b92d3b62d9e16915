/** A holder serves sweeps that others handed to it, also after its own has ended. */
import type { Client } from '@temporalio/client';
import { sweepWorkflowId } from '../../workflows/messages.js';
import type { LedgerReader } from '../store/rows.js';

export interface ServeOthersOptions {
  readonly client: Client;
  readonly ledger: LedgerReader;
  /** Ends the serving. */
  readonly signal: AbortSignal;
  readonly say: (message: string) => void;
  /** @default 2000 */
  readonly intervalMs?: number;
}

/** Resolves when no sweep of the ledger runs any more. */
export async function serveOthers(options: ServeOthersOptions): Promise<void> {
  const { client, ledger, signal, say } = options;
  const told = new Set<string>();
  while (!signal.aborted) {
    const running = await listRunning(client, ledger);
    if (running.length === 0) return;
    for (const sweep of running)
      if (!told.has(sweep))
        say(
          `The sweep ${sweep} still runs here, started from elsewhere; Ctrl-C stops it, to go on later.`,
        );
    for (const sweep of running) told.add(sweep);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, options.intervalMs ?? 2_000);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve(undefined);
      });
    });
  }
}

async function listRunning(client: Client, ledger: LedgerReader): Promise<string[]> {
  const candidates = ledger.listSweeps().filter((row) => row.state === 'running');
  const checked = await Promise.all(
    candidates.map(async ({ name }) => {
      try {
        const handle = client.workflow.getHandle(sweepWorkflowId(ledger.ledgerId, name));
        return (await handle.describe()).status.name === 'RUNNING' ? name : undefined;
      } catch {
        return undefined;
      }
    }),
  );
  return checked.filter((name) => name !== undefined);
}
