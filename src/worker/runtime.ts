/** The SDK's process-wide runtime: its log goes to a file, its signal handlers stay out. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createRedactor } from '../external/secrets.js';
import { histogramBuckets } from './metrics.js';
import type { MetricsAddress } from './metrics-address.js';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

let isInstalled = false;

/**
 * Installs the runtime, once per process and before any connection: what the SDK logs would
 * otherwise land in the middle of the live block.
 *
 * @param metricsAddress where Temporal's metrics and ours are served, as `openMetricsAddress` gives it
 */
export function installRuntime(logPath: string, metricsAddress?: MetricsAddress): void {
  if (isInstalled) return;
  isInstalled = true;
  mkdirSync(dirname(logPath), { recursive: true, mode: 0o700 });
  const redact = createRedactor(process.env);
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, timestampNanos, meta }) => {
      const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
      const line = JSON.stringify({ time, level, message, ...describe(meta) });
      appendToLog(logPath, redact(line));
    }),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(metricsAddress === undefined
        ? {}
        : {
            metrics: {
              attachServiceName: false,
              prometheus: {
                bindAddress: metricsAddress,
                histogramBucketOverrides: histogramBuckets,
              },
            },
          }),
    },
    // We decide what Ctrl-C means.
    shutdownSignals: [],
  });
}

/** A full disk must not end the process that is about to report it. */
export function appendToLog(logPath: string, line: string): void {
  try {
    appendFileSync(logPath, `${line}\n`, { mode: 0o600 });
  } catch {
    // The line is lost; the ledger and the console say what matters.
  }
}

/** Errors have no enumerable properties: JSON would show `{}`. */
function describe(meta: Record<string, unknown> | undefined): Record<string, unknown> {
  const entries = Object.entries(meta ?? {});
  return Object.fromEntries(
    entries.map(([key, value]) => [key, value instanceof Error ? value.stack : value]),
  );
}
