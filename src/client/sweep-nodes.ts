/** What the nodes of a sweep's pool do now, asked of whoever runs the results folder. */
import type { Environment } from '../config.js';
import type { LiveSweep } from '../report/live-sweep.js';
import { findWriter } from '../store/find-writer.js';
import type { WriterDescription } from '../store/writer-lock.js';
import type { NodesConnection, OpenTrial } from './ask-nodes.js';
import type { TemporalFlags } from './resolve-temporal.js';

export interface LiveSourceOptions {
  readonly resultsDir: string;
  /** Of the ledger there. */
  readonly ledgerId: string;
  /** Pool of the nodes; default: that of the process that runs the folder. */
  readonly pool?: string | undefined;
  readonly flags: TemporalFlags;
  readonly env: Environment;
  /** For everything that is asked at once. @default 2000 */
  readonly answerWithinMs?: number;
}

/** Why there is nothing but the ledger, one clause. */
export interface Unreached {
  readonly unreached: string;
}

export interface LiveSource {
  /** Never throws: whatever can't be asked in time is `unreached`. */
  look(sweep: string, open: readonly OpenTrial[]): Promise<LiveSweep | Unreached>;
  close(): Promise<void>;
}

/** Connects at the first look, and again when the process that runs the folder is another. */
export function createLiveSource(options: LiveSourceOptions): LiveSource {
  const { resultsDir, ledgerId, flags, env, answerWithinMs = 2_000 } = options;
  let current: { readonly key: string; readonly nodes: NodesConnection } | undefined;

  const close = async (): Promise<void> => {
    const { nodes } = current ?? {};
    current = undefined;
    await nodes?.close().catch(() => undefined);
  };

  const connect = async (writer: Partial<WriterDescription>): Promise<NodesConnection> => {
    const key = JSON.stringify(writer);
    if (current?.key === key) return current.nodes;
    await close();
    const { locateHolder } = await import('./holder.js');
    const { connectToNodes } = await import('./ask-nodes.js');
    const holder = locateHolder(resultsDir, writer as WriterDescription, flags, env);
    const nodes = await within(answerWithinMs, connectToNodes(holder, answerWithinMs));
    current = { key, nodes };
    return nodes;
  };

  return {
    close,
    look: async (sweep, open) => {
      try {
        const writer = findWriter(resultsDir);
        if (writer === undefined) return { unreached: 'no process runs this folder now' };
        // Temporal's modules take most of a second to load: not where nobody is there to be asked.
        const nodes = await connect(writer);
        const pool = options.pool ?? writer.pool;
        return await within(
          answerWithinMs,
          nodes.ask({ ledgerId, sweep, open, pool, answerWithinMs }),
        );
      } catch (error) {
        await close();
        return { unreached: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `the process that runs this folder did not answer within ${ms / 1000} s`;
    timer = setTimeout(reject, ms, new Error(message));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    // Whoever comes too late is of no interest.
    promise.catch(() => undefined);
  }
}
