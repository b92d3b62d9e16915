import type { MeanDifference } from './mean-difference.js';
import type { PairedDifference, PairedMethod } from './paired.js';
import type { ComparedScore, ComparedTask, Comparison } from './comparison.js';
import {
  formatDelta,
  formatDeltaWithError,
  formatPValue,
  formatScoreWithError,
} from './number-text.js';
import { renderTable } from './table.js';

/** A comparison as text: per split the scores, then each model against the first. No colour. */
export function renderComparison(comparison: Comparison): string[] {
  const { models, tasks } = comparison;
  const lines: string[] = [];
  for (const split of ['search', 'confirm'] as const) {
    const rows = tasks.filter((task) => task.split === split);
    if (rows.length === 0) continue;
    const title =
      split === 'search' ? 'search documents (tuned on)' : 'confirm documents (held out)';
    lines.push(title, ...scoreTable(comparison, rows, split).map(indent), '');
    lines.push(
      ...models.slice(1).flatMap((_, index) => differences(comparison, rows, split, index + 1)),
    );
  }
  if (lines.length === 0) return [`${models.map(({ name }) => name).join(', ')}: not scored yet`];
  return [...lines, ...comparison.cautions.map((text) => `! ${text}`), ...methodNotes(tasks)];
}

function scoreTable(
  { models }: Comparison,
  rows: readonly ComparedTask[],
  split: ComparedTask['split'],
): string[] {
  return renderTable(
    [
      { header: 'task' },
      { header: 'metric' },
      ...models.map(({ name }) => ({ header: name, align: 'right' as const })),
    ],
    [
      ...rows.map(({ task, metric, higherIsBetter, cells }) => [
        task,
        `${metric} ${higherIsBetter ? '↑' : '↓'}`,
        ...cells.map(({ value, stderr }) => formatScoreWithError(value, stderr)),
      ]),
      [
        'weighted mean',
        '',
        ...models.map(({ means }) =>
          formatScoreWithError(means[split]?.value, means[split]?.stderr),
        ),
      ],
    ],
  );
}

function differences(
  { models }: Comparison,
  rows: readonly ComparedTask[],
  split: ComparedTask['split'],
  index: number,
): string[] {
  const table = renderTable(
    [
      { header: `${models[index]?.name ?? ''} − ${models[0]?.name ?? ''}` },
      { header: 'difference ± se', align: 'right' },
      { header: '95 % interval', align: 'right' },
      { header: 'p', align: 'right' },
      { header: 'verdict' },
    ],
    [
      ...rows.map(({ task, cells }) => [task, ...differenceCells(cells[index] ?? {})]),
      ['weighted mean', ...meanCells(models[index]?.means[split]?.toFirst)],
    ],
  );
  return [...table.map(indent), ''];
}

function differenceCells({ value, difference, paired, notComparable }: ComparedScore): string[] {
  if (value === undefined) return ['–', '', '', 'not scored'];
  if (notComparable !== undefined) return ['–', '', '', notComparable];
  if (difference === undefined) return ['–', '', '', 'the first has no score'];
  if (paired === undefined) return [formatDelta(difference), '', '', 'no per-document values'];
  // Float32 in the ledger; more apart, and the metric is not the mean of its documents' values.
  const isMean = Math.abs(paired.difference - difference) <= 1e-6 * (1 + Math.abs(difference));
  const cells = testCells(paired);
  return isMean ? cells : [formatDelta(difference), ...cells.slice(1, 3), perDocument(paired)];
}

const perDocument = ({ verdict, difference, stderr }: PairedDifference): string =>
  `${verdict} (per document ${formatDeltaWithError(difference, stderr)})`;

function meanCells(mean: MeanDifference | undefined): string[] {
  if (mean === undefined) return ['–', '', '', 'not comparable'];
  return testCells(mean);
}

function testCells(test: MeanDifference): string[] {
  const { difference, stderr, interval, pValue, verdict = '' } = test;
  return [
    formatDeltaWithError(difference, stderr),
    interval === undefined ? '' : `[${formatDelta(interval[0])}, ${formatDelta(interval[1])}]`,
    pValue === undefined ? '' : formatPValue(pValue),
    verdict,
  ];
}

/** Says how the p-values were made, and no more than was used. */
function methodNotes(tasks: readonly ComparedTask[]): string[] {
  const used = new Set<PairedMethod>(
    tasks.flatMap(({ cells }) => cells.flatMap(({ paired }) => paired?.method ?? [])),
  );
  if (used.size === 0) return [];
  const notes: Record<PairedMethod, string> = {
    'exact McNemar test': '0/1 metrics: exact McNemar test',
    'paired t-test': 'other metrics: paired t-test on the per-document values',
  };
  return [
    `Paired by document, verdicts at 95 %, uncorrected for the number of comparisons.`,
    `${[...used].map((method) => notes[method]).join('; ')}; mean: normal, from the tasks' paired errors.`,
  ];
}

const indent = (line: string): string => `  ${line}`;
