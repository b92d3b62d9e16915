/** Our metric families, on the SDK's own exporter: one endpoint has Temporal's and ours. */
import type { MetricMeter } from '@temporalio/common';

interface Family {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly says: string;
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
}

const minutes = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800, 21_600];
const milliseconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** By name without `mergesweep_`; docs/operating.md has the same list, and a test compares them. */
export const metricFamilies = {
  slots_total: { kind: 'gauge', labels: ['node'], says: 'evaluations that the node runs at once' },
  slots_busy: {
    ...{ kind: 'gauge', labels: ['node', 'stage'] },
    says: 'trials on the node by stage: `queued` (waits, or what evaluates it starts), `merge`, `evaluate` (in a slot), `collect`',
  },
  stage_duration_seconds: {
    ...{ kind: 'histogram', labels: ['node', 'stage'], buckets: minutes },
    says: 'how long trials stayed in a stage, `queued` included',
  },
  queue_wait_seconds: {
    ...{ kind: 'histogram', labels: ['node', 'for'], buckets: minutes },
    says: 'waiting on the node for the `merge`, and merged for a `slot`; of trials that were scored',
  },
  trials_total: {
    ...{ kind: 'counter', labels: ['node', 'outcome'] },
    says: 'attempts that ended: `complete`, `failed`, `cancelled`, `handed_back`, `refused`',
  },
  trial_attempts_total: {
    ...{ kind: 'counter', labels: ['node'] },
    says: 'attempts that began',
  },
  failures_total: {
    ...{ kind: 'counter', labels: ['node', 'class'] },
    says: 'failed attempts by class (errors.md)',
  },
  card_seconds_total: {
    ...{ kind: 'counter', labels: ['node'] },
    says: 'card-seconds of attempts that ended; a slot without a card counts as one',
  },
  prefetched_total: {
    ...{ kind: 'counter', labels: ['node'] },
    says: 'scored trials that came while every slot was taken',
  },
  handed_back_total: {
    ...{ kind: 'counter', labels: ['node'] },
    says: 'trials that the node gave back: it shut down, or another node was free',
  },
  disk_free_bytes: {
    ...{ kind: 'gauge', labels: ['node'] },
    says: "free in the file system of the node's work folder",
  },
  sweep_trials: {
    ...{ kind: 'gauge', labels: ['sweep', 'state'] },
    says: 'search trials by state: `proposed`, `complete`, `failed`, `cancelled`',
  },
  best_score: {
    ...{ kind: 'gauge', labels: ['sweep'] },
    says: 'fitness of the best that passes every gate',
  },
  budget_used_ratio: {
    ...{ kind: 'gauge', labels: ['sweep', 'cap'] },
    says: 'share of a cap that is used: `trials` (proposed), `gpu` (the tighter of GPU-hours and money), `wall_clock`',
  },
  tell_ask_seconds: {
    ...{ kind: 'histogram', labels: ['sweep'], buckets: milliseconds },
    says: 'taking outcomes in and handing trials out, files included',
  },
  ledger_commit_seconds: {
    ...{ kind: 'histogram', labels: [], buckets: milliseconds },
    says: 'one transaction on the ledger, until it is durable',
  },
} as const satisfies Readonly<Record<string, Family>>;

export type MetricName = keyof typeof metricFamilies;
export type MetricLabels<Name extends MetricName> = Readonly<
  Record<(typeof metricFamilies)[Name]['labels'][number], string>
>;

export interface Metrics {
  /** Sets a gauge, adds to a counter, or puts a value into a histogram. */
  record<Name extends MetricName>(name: Name, value: number, labels: MetricLabels<Name>): void;
}

const prefix = 'mergesweep_';
const entries = Object.entries(metricFamilies) as [MetricName, Family][];

/** For the exporter, which knows no seconds. */
export const histogramBuckets: Readonly<Record<string, number[]>> = Object.fromEntries(
  entries.flatMap(([name, { buckets }]) =>
    buckets === undefined ? [] : [[`${prefix}${name}`, [...buckets]]],
  ),
);

export function createMetrics(meter: MetricMeter): Metrics {
  const recorders = new Map(
    entries.map(([name, family]) => [name, toRecorder(meter, name, family)]),
  );
  return {
    record: (name, value, labels) => {
      if (Number.isFinite(value)) recorders.get(name)?.(value, labels);
    },
  };
}

type Recorder = (value: number, labels: Readonly<Record<string, string>>) => void;

function toRecorder(meter: MetricMeter, name: MetricName, { kind, says }: Family): Recorder {
  const full = `${prefix}${name}`;
  if (kind === 'gauge') {
    const gauge = meter.createGauge(full, 'float', '', says);
    return (value, labels) => {
      gauge.set(value, labels);
    };
  }
  if (kind === 'histogram') {
    const histogram = meter.createHistogram(full, 'float', '', says);
    return (value, labels) => {
      histogram.record(Math.max(0, value), labels);
    };
  }
  const counter = meter.createCounter(full, '', says);
  // The SDK's counters hold whole numbers: what is left over goes with the next.
  const rests = new Map<string, number>();
  return (value, labels) => {
    const key = JSON.stringify(labels);
    const sum = (rests.get(key) ?? 0) + Math.max(0, value);
    rests.set(key, sum - Math.floor(sum));
    counter.add(Math.floor(sum), labels);
  };
}
