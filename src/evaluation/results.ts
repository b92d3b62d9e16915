import { StageFailedError } from '../errors.js';
import type { LmEvalCall } from './calls.js';
import type { TaskScore } from './eval-report.js';
import { selectDocuments } from './document-share.js';
import { describeLogged, parsePythonJson } from './lenient-json.js';
import { isMargin } from './margin.js';
import { metricRange } from './metric-range.js';
import type { PlannedTask } from './plan.js';

/** What a verified `results_*.json` says. */
export interface LmEvalResults {
  /** One per planned task and metric, in the call's order. */
  readonly scores: readonly TaskScore[];
  /** Leaf tasks below each planned name, sorted; the name itself where it isn't a group. */
  readonly subtasks: Readonly<Record<string, readonly string[]>>;
  readonly taskHashes: Readonly<Record<string, string>>;
  readonly taskVersions: Readonly<Record<string, string | number>>;
  /** Documents of each leaf task that a full evaluation scores. */
  readonly leafCounts: Readonly<Record<string, number>>;
}

/**
 * Reads `results_*.json` of one call and refuses everything that isn't a whole, finite score of
 * every planned metric over every planned document.
 * @throws StageFailedError `truncated_results`, `bad_score`, or `configuration` (a planned task,
 * metric or direction that lm-eval doesn't have).
 */
export function parseResults(text: string, call: LmEvalCall): LmEvalResults {
  const file = asObject(parseText(text));
  const subtasks: Record<string, readonly string[]> = {};
  const scores = call.tasks.map((task) => {
    const leaves = leavesOf(task.name, asObject(file['group_subtasks']));
    subtasks[task.name] = leaves;
    return readScore(file, task, leaves, call);
  });
  const names = new Set(Object.values(subtasks).flat());
  const { documents } = call.plan;
  return {
    scores,
    subtasks,
    taskHashes: pick(file['task_hashes'], names, (value) => typeof value === 'string'),
    taskVersions: pick(
      file['versions'],
      names,
      (value) => typeof value === 'string' || typeof value === 'number',
    ),
    leafCounts: Object.fromEntries(
      [...names].map((name) => [name, documents?.counts[name] ?? readCounts(file, name).effective]),
    ),
  };
}

function parseText(text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch (error) {
    throw new StageFailedError(
      'truncated_results',
      `Expected lm_eval's results as whole JSON, got ${text.length} characters that aren't ` +
        `(${error instanceof Error ? error.message : 'unreadable'}); the trial is run again.`,
      { cause: error },
    );
  }
}

function readScore(
  file: JsonObject,
  task: PlannedTask,
  leaves: readonly string[],
  call: LmEvalCall,
): TaskScore {
  const result = asObject(file['results'])[task.name];
  if (result === undefined) {
    const there = Object.keys(asObject(file['results'])).join(', ');
    throw new StageFailedError(
      'configuration',
      `Expected results of the eval task ${task.name}, got ${there || 'none'}: ` +
        'name in the sweep file a task that lm-eval reports.',
    );
  }
  const fields = asObject(result);
  // lm-eval knows no margin: whoever reads the samples puts it here.
  const value = isMargin(task.metric) ? 0 : readValue(fields, task);
  const [metricName, filter] = splitMetric(task.metric);
  const stderr = fields[`${metricName}_stderr,${filter}`];
  const higherIsBetter = readDirection(file, task, metricName);
  return {
    task: task.name,
    metric: task.metric,
    value,
    ...(typeof stderr === 'number' && Number.isFinite(stderr) && stderr >= 0 ? { stderr } : {}),
    documents: countDocuments(file, task, leaves, call),
    higherIsBetter,
  };
}

function readValue(fields: JsonObject, task: PlannedTask): number {
  if (!Object.hasOwn(fields, task.metric)) {
    const there = Object.keys(fields).filter(
      (key) => key.includes(',') && !key.includes('_stderr,'),
    );
    throw new StageFailedError(
      'configuration',
      `The eval task ${task.name} reports no metric ${task.metric}; it reports ` +
        (there.length > 0
          ? `${there.join(', ')}: name one of these in the sweep file.`
          : 'none of its own (a group without an aggregate): name its subtasks in the sweep file.'),
    );
  }
  const value = fields[task.metric];
  const { min, max } = metricRange(task.metric);
  const isNumber = typeof value === 'number' && Number.isFinite(value);
  if (!isNumber || value < min || value > max || task.metric.startsWith('bypass,')) {
    throw new StageFailedError(
      'bad_score',
      `Expected for ${task.name} ${task.metric} a number from ${min} to ${max}, got ${describeLogged(value)}.`,
    );
  }
  return value;
}

function readDirection(file: JsonObject, task: PlannedTask, metricName: string): boolean {
  const stated = asObject(asObject(file['higher_is_better'])[task.name])[metricName];
  const planned = task.direction === 'maximize';
  if (typeof stated === 'boolean' && stated !== planned) {
    throw new StageFailedError(
      'configuration',
      `The sweep file says to ${task.direction} ${task.name} ${task.metric}, but lm-eval says ` +
        `${stated ? 'higher' : 'lower'} is better: set direction: ${stated ? 'maximize' : 'minimize'}.`,
    );
  }
  return planned;
}

function countDocuments(
  file: JsonObject,
  task: PlannedTask,
  leaves: readonly string[],
  { plan, limit }: LmEvalCall,
): number {
  const { documents } = plan;
  const selected = documents === undefined ? undefined : selectDocuments(documents);
  const counts = leaves.map((leaf) => {
    const { original, effective } = readCounts(file, leaf);
    const all = Math.min(limit ?? original, original);
    if (documents !== undefined && documents.counts[leaf] !== all) {
      throw new StageFailedError(
        'configuration',
        `Expected ${documents.counts[leaf]} documents of ${leaf} as when the sweep began, got ${all}: ` +
          'run the sweep under another name.',
      );
    }
    const wanted = selected === undefined ? all : selected[leaf]?.length;
    if (!(effective > 0 && effective === wanted)) {
      throw new StageFailedError(
        'truncated_results',
        `Expected ${selected !== undefined ? wanted : limit === undefined ? 'all' : `min(${limit}, all)`} documents of ${leaf}, ` +
          `got ${effective} of ${original} (${task.name}).`,
      );
    }
    return effective;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** NaN where lm-eval gives none. */
function readCounts(file: JsonObject, leaf: string): { original: number; effective: number } {
  const { original, effective } = asObject(asObject(file['n-samples'])[leaf]);
  return { original: toCount(original), effective: toCount(effective) };
}

const toCount = (value: unknown): number =>
  Number.isSafeInteger(value) ? Number(value) : Number.NaN;

function leavesOf(name: string, groups: JsonObject, seen = new Set<string>()): string[] {
  const children = groups[name];
  if (!Array.isArray(children) || children.length === 0 || seen.has(name)) return [name];
  seen.add(name);
  const leaves = children.flatMap((child: unknown) => {
    if (typeof child === 'string') return leavesOf(child, groups, seen);
    throw new StageFailedError(
      'truncated_results',
      `Expected the names of the subtasks of ${name}, got ${describeLogged(child)}.`,
    );
  });
  return [...new Set(leaves)].sort();
}

function splitMetric(metric: string): [string, string] {
  const comma = metric.indexOf(',');
  return comma < 0 ? [metric, 'none'] : [metric.slice(0, comma), metric.slice(comma + 1)];
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Without a prototype: a task may be called `toString`. */
function asObject(value: unknown): JsonObject {
  const fields = Object.create(null) as Record<string, unknown>;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? Object.assign(fields, value) : fields;
}

function pick<T extends string | number>(
  value: unknown,
  names: ReadonlySet<string>,
  isWanted: (field: unknown) => boolean,
): Record<string, T> {
  const entries = Object.entries(asObject(value)).filter(
    ([name, field]) => names.has(name) && isWanted(field),
  );
  return Object.fromEntries(entries) as Record<string, T>;
}
