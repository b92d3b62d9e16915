import type { EvalReport } from './eval-report.js';

/**
 * What differs first between two reports of the same model and plan, or undefined where every score,
 * standard error, document and value on it is the same number.
 */
export function findDifference(a: EvalReport, b: EvalReport): string | undefined {
  for (const [index, score] of a.scores.entries()) {
    const other = b.scores[index];
    const name = `${score.task} ${score.metric}`;
    if (other?.task !== score.task || other.metric !== score.metric) return `${name} is missing`;
    if (other.value !== score.value) return `${name} is ${score.value} and ${other.value}`;
    if (other.stderr !== score.stderr) return `the standard error of ${name} differs`;
    if (other.documents !== score.documents) return `${name} is over other documents`;
  }
  for (const [index, values] of a.documents.entries()) {
    const other = b.documents[index];
    const name = `${values.task} ${values.metric}`;
    if (other?.documentsHash !== values.documentsHash) return `${name} is over other documents`;
    const at = values.values.findIndex((value, each) => value !== other.values[each]);
    if (at >= 0) {
      return `document ${values.documentIds[at]} of ${name} scored ${values.values[at]} and ${other.values[at]}`;
    }
  }
  const hashes = (report: EvalReport): string =>
    JSON.stringify(Object.entries(report.taskHashes).sort());
  return hashes(a) === hashes(b) ? undefined : 'the prompts differ';
}
