import { hash } from 'node:crypto';
import { StageFailedError } from '../errors.js';
import type { DocumentValues } from './eval-report.js';
import { combineHashes } from './combine-reports.js';
import { describeLogged, NonFiniteToken, parsePythonJson } from './lenient-json.js';
import { isMargin, marginOf } from './margin.js';
import { metricRange } from './metric-range.js';

/** One `samples_<task>_*.jsonl` of lm-eval. */
export interface SamplesFile {
  /** The leaf task that the file is of. */
  readonly task: string;
  readonly text: string;
  /** The documents that must be in it; absent: not known. */
  readonly documentIds?: readonly number[];
}

interface Sample {
  readonly id: number;
  readonly hash: string;
  readonly value: number;
}

/**
 * The metric's value on each document. A group's subtasks are joined in the order given, numbered
 * through from 0; of several filters the metric's own is taken. Undefined where lm-eval logs no such
 * value per document (corpus metrics, or a group's own).
 *
 * @param counts documents of each leaf task where only part of them was scored
 *
 * A perplexity is logged as [log-likelihood, weight]: the document's own perplexity is computed.
 * @throws StageFailedError `truncated_results` for a cut file, documents that are missing, not asked for
 * or there twice, `bad_score` for a value that isn't finite or out of the metric's range.
 */
export function parseSamples(
  files: readonly SamplesFile[],
  task: string,
  metric: string,
  counts?: Readonly<Record<string, number>>,
): DocumentValues | undefined {
  const perFile = files.map((file) => parseFile(file, metric));
  if (perFile.length === 0 || perFile.some((samples) => samples === undefined)) return undefined;
  let before = 0;
  const samples = perFile.flatMap((each = [], index) => {
    const numbered = each.map((sample) => ({ ...sample, id: before + sample.id }));
    before += counts?.[files[index]?.task ?? ''] ?? each.length;
    return numbered;
  });
  return {
    task,
    metric,
    documentIds: samples.map(({ id }) => id),
    values: samples.map((sample) => sample.value),
    documentsHash: samples
      .map((sample) => hash('sha256', `${sample.id}\n${sample.hash}`))
      .reduce(combineHashes, '0'.repeat(64)),
  };
}

function parseFile(file: SamplesFile, metric: string): Sample[] | undefined {
  const [name = metric, filter = 'none'] = metric.split(',');
  const { min, max } = metricRange(metric);
  const records = file.text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parseLine(line, file.task));
  checkDocuments(file, records);
  const own = records.filter((record) => record['filter'] === filter);
  const samples: Sample[] = [];
  for (const record of own) {
    const logged = isMargin(metric) ? marginOf(record) : record[name];
    const value = logged === undefined ? undefined : documentValue(name, logged);
    if (value === undefined) continue;
    if (!(value >= min && value <= max)) {
      throw new StageFailedError(
        'bad_score',
        `Expected for document ${String(record['doc_id'])} of ${file.task} a ${metric} from ${min} to ${max}, ` +
          `got ${describeLogged(logged)}.`,
      );
    }
    samples.push({ id: Number(record['doc_id']), hash: String(record['doc_hash']), value });
  }
  if (samples.length === 0) return undefined;
  if (samples.length < own.length) {
    throw new StageFailedError(
      'truncated_results',
      `Expected ${metric} of every document of ${file.task}, got it of ${samples.length} of ${own.length}.`,
    );
  }
  samples.sort((a, b) => a.id - b.id);
  const twice = samples.find((sample, index) => sample.id === samples[index - 1]?.id);
  if (twice !== undefined) {
    throw new StageFailedError(
      'truncated_results',
      `Expected one line per document in the samples of ${file.task}, got document ${twice.id} twice.`,
    );
  }
  return samples;
}

/** Also where the metric isn't logged per document: a file that was cut at a line is a cut file. */
function checkDocuments(
  { task, documentIds }: SamplesFile,
  records: readonly Readonly<Record<string, unknown>>[],
): void {
  if (documentIds === undefined) return;
  const seen = new Set(records.map((record) => record['doc_id']));
  const missing = documentIds.find((id) => !seen.has(id));
  if (missing === undefined && seen.size === documentIds.length) return;
  throw new StageFailedError(
    'truncated_results',
    `Expected samples of the ${documentIds.length} documents of ${task} that were to be scored, got ${seen.size}` +
      (missing === undefined ? '.' : `, and not document ${missing}.`),
  );
}

function parseLine(line: string, task: string): Readonly<Record<string, unknown>> {
  let record: unknown;
  try {
    record = parsePythonJson(line);
  } catch (error) {
    throw new StageFailedError(
      'truncated_results',
      `Expected a JSON object per line in the samples of ${task}, got a line that was cut.`,
      { cause: error },
    );
  }
  const isSample =
    typeof record === 'object' &&
    record !== null &&
    'doc_id' in record &&
    Number.isSafeInteger(record.doc_id) &&
    'doc_hash' in record &&
    typeof record.doc_hash === 'string';
  if (!isSample) {
    throw new StageFailedError(
      'truncated_results',
      `Expected doc_id and doc_hash on every line of the samples of ${task}.`,
    );
  }
  return record as Readonly<Record<string, unknown>>;
}

/** NaN marks a value that should have been a number; undefined one that isn't per document. */
function documentValue(metricName: string, logged: unknown): number | undefined {
  if (typeof logged === 'number') return logged;
  if (typeof logged === 'boolean') return logged ? 1 : 0;
  if (logged === null || logged instanceof NonFiniteToken || typeof logged === 'string') return NaN;
  if (!Array.isArray(logged) || logged.length !== 2) return undefined;
  const [logLikelihood, weight] = logged as unknown[];
  if (logLikelihood instanceof NonFiniteToken) return NaN;
  if (typeof logLikelihood !== 'number' || typeof weight !== 'number') return undefined;
  const nats = -logLikelihood / weight;
  if (metricName === 'bits_per_byte') return nats / Math.LN2;
  return metricName.endsWith('perplexity') ? Math.exp(nats) : undefined;
}
