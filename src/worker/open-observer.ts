/** Opens what the settings ask for: the runtime with its metrics, the log. */
import { Runtime } from '@temporalio/worker';
import type { Config } from '../config.js';
import type { Log } from './json-log.js';
import { createMetrics } from './metrics.js';
import { openMetricsAddress } from './metrics-address.js';
import type { Observer } from './observer.js';
import { installRuntime } from './runtime.js';

export interface ObserverOptions {
  readonly config: Pick<Config, 'metricsPort'>;
  /** Where the SDK's own log goes. */
  readonly logPath: string;
  readonly log: Log | undefined;
  readonly say: (message: string) => void;
}

/**
 * Once per process, before any connection.
 * @throws UsageError `metrics_port`
 */
export async function openObserver({
  config,
  logPath,
  log,
  say,
}: ObserverOptions): Promise<Observer> {
  const { metricsPort } = config;
  if (metricsPort === undefined) {
    installRuntime(logPath);
    return { log };
  }
  const address = await openMetricsAddress(metricsPort);
  installRuntime(logPath, address);
  say(`Metrics: http://${address}/metrics`);
  return { log, metrics: createMetrics(Runtime.instance().metricMeter) };
}
