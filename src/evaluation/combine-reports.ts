import type { DocumentValues, EvalReport, TaskScore } from './eval-report.js';

/** Beyond this a score is not the mean of its documents' values (a perplexity, a corpus metric). */
const tolerance = 1e-6;

/** Whether every score is the plain mean of per-document values: only then can parts be combined. */
export function isMeanOfDocuments(report: Pick<EvalReport, 'scores' | 'documents'>): boolean {
  return report.scores.every((score) => {
    const values = findValues(report, score)?.values;
    return (
      values?.length === score.documents &&
      Math.abs(meanOf(values) - score.value) <= tolerance * Math.max(1, Math.abs(score.value))
    );
  });
}

/**
 * The report over the documents of both, which have none in common; scores and standard errors as
 * lm-eval works them out for means (sample standard deviation over √n).
 * @throws Error where one is not a mean of documents, or they are of different tasks
 */
export function combineReports(first: EvalReport, second: EvalReport): EvalReport {
  if (!isMeanOfDocuments(first) || !isMeanOfDocuments(second)) {
    throw new Error('expected scores that are the mean of their documents');
  }
  const documents = first.documents.map((values) => {
    const others = findValues(second, values);
    if (others === undefined) throw new Error(`no values of ${values.task} to combine`);
    return combineValues(values, others);
  });
  return {
    ...second,
    scores: first.scores.map((score) => scoreOf(score, documents)),
    documents,
    // Over the documents of one part alone: nothing to compare a whole with.
    taskHashes: {},
  };
}

/** The report over `documentIds` alone, by task; absent where not every score is a mean. */
export function restrictReport(
  report: EvalReport,
  isWanted: (values: DocumentValues) => (id: number) => boolean,
): EvalReport | undefined {
  if (!isMeanOfDocuments(report)) return undefined;
  const documents = report.documents.map((values) => {
    const keep = isWanted(values);
    const kept = values.documentIds.flatMap((id, index) =>
      keep(id) ? [[id, values.values[index] ?? Number.NaN] as const] : [],
    );
    return {
      ...values,
      documentIds: kept.map(([id]) => id),
      values: kept.map(([, value]) => value),
    };
  });
  return { ...report, scores: report.scores.map((score) => scoreOf(score, documents)), documents };
}

/** The score as the mean of its documents' values, with the error of that mean. */
export function scoreOf(score: TaskScore, documents: readonly DocumentValues[]): TaskScore {
  const { stderr: _, ...rest } = score;
  const values = findValues({ documents }, score)?.values ?? [];
  const value = meanOf(values);
  const n = values.length;
  const squares = values.reduce((sum, each) => sum + (each - value) ** 2, 0);
  const stderr = n > 1 ? Math.sqrt(squares / (n - 1) / n) : undefined;
  return { ...rest, value, documents: n, ...(stderr === undefined ? {} : { stderr }) };
}

function combineValues(a: DocumentValues, b: DocumentValues): DocumentValues {
  const pairs = [a, b]
    .flatMap(({ documentIds, values }) =>
      documentIds.map((id, index) => [id, values[index] ?? Number.NaN] as const),
    )
    .sort(([x], [y]) => x - y);
  if (pairs.some(([id], index) => id === pairs[index - 1]?.[0])) {
    throw new Error(`a document of ${a.task} is in both parts`);
  }
  return {
    ...a,
    documentIds: pairs.map(([id]) => id),
    values: pairs.map(([, value]) => value),
    documentsHash: combineHashes(a.documentsHash, b.documentsHash),
  };
}

/** `DocumentValues.documentsHash` of the documents of both. */
export function combineHashes(a: string, b: string): string {
  return (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(16).padStart(64, '0');
}

type Named = { readonly task: string; readonly metric: string };

function findValues(
  { documents }: Pick<EvalReport, 'documents'>,
  { task, metric }: Named,
): DocumentValues | undefined {
  return documents.find((values) => values.task === task && values.metric === metric);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
