/** The final table of a sweep: its best merge against what it was made of, on both splits. */
import pc from 'picocolors';
import { UsageError } from '../errors.js';
import type { PlannedTask } from '../evaluation/plan.js';
import type { LedgerReader, ScoreRow } from '../store/rows.js';
import { formatDelta, formatScore, formatScoreWithError } from './number-text.js';
import { differenceTo } from './score-difference.js';
import type { ScoredModel } from './scored-model.js';
import { toShellWord } from '../merge/shell-word.js';
import { describeModes } from './mode-lines.js';
import { readSweepFacts, type SweepFacts } from './sweep-facts.js';
import { judgeSweep } from './sweep-verdict.js';
import { displayWidth, renderTable, type TableColumn } from './table.js';

export interface SweepResultOptions {
  readonly color: boolean;
  /** Width of the terminal: a wider table gets short column names and a legend. */
  readonly columns: number;
  /** The results folder as the reader would type it. @default 'results' */
  readonly resultsPath?: string;
}

/**
 * What `run` and `demo` print at the end: rows best, uniform merge, TIES, each parent, base; the
 * verdicts, failures, `best_config.yaml` and the next commands. Ends with a line break.
 * @throws UsageError `unknown_sweep`
 */
export function renderSweepResult(
  reader: LedgerReader,
  sweep: string,
  { color, columns, resultsPath = 'results' }: SweepResultOptions,
): string {
  const row = reader.getSweep(sweep);
  if (row === undefined) throw new UsageError('unknown_sweep', `no sweep is called \`${sweep}\``);
  const facts = readSweepFacts(reader, row);
  const paint = pc.createColors(color);
  const { header, body, legend } = renderResultTable(facts, columns);
  const isFirstBest = facts.best !== undefined;
  const lines = [
    titleOf(facts),
    '',
    ...header.map((line) => paint.dim(line)),
    ...body.map((line, index) => (index === 0 && isFirstBest ? paint.bold(line) : line)),
    ...legend.map((line) => paint.dim(line)),
    '',
    ...[...judgeSweep(facts), ...describeModes(facts.trials)].map(({ tone, text }) => {
      const mark = { good: paint.green('✓'), plain: ' ', bad: paint.yellow('!') }[tone];
      return `${mark} ${text}`;
    }),
    ...failureLines(facts).map((line) => `${paint.yellow('!')} ${line}`),
    '',
    ...nextLines(facts, resultsPath),
  ];
  return `${lines.join('\n')}\n`;
}

function titleOf({ sweep, counts }: SweepFacts): string {
  const { search, baseline, confirm, promotion } = counts;
  const promoted = promotion.complete === 0 ? '' : `${promotion.complete} promotions, `;
  const reason = sweep.reason === undefined ? '' : ` (${sweep.reason})`;
  return (
    `${sweep.name}  ${sweep.state}${reason}  ${search.complete} of ${sweep.maxTrials} trials scored, ` +
    `${promoted}${baseline.complete} baselines, ${confirm.complete} confirmed`
  );
}

function renderResultTable(facts: SweepFacts, width: number) {
  const rows = resultRows(facts);
  const tasks = planOf(rows);
  const wide = tableLines(facts, rows, tasks.map(fullHeader));
  if (wide.every((line) => displayWidth(line) <= width)) return cut(wide, rows.length, []);
  const short = tableLines(
    facts,
    rows,
    tasks.map((_, index) => `t${index + 1}`),
  );
  const legend = tasks.map(({ name, metric }, index) => `t${index + 1}  ${name}  ${metric}`);
  return cut(short, rows.length, legend);
}

const cut = (lines: string[], rows: number, legend: string[]) => ({
  header: lines.slice(0, lines.length - rows),
  body: lines.slice(lines.length - rows),
  legend,
});

const fullHeader = ({ name, metric }: PlannedTask): string[] => [name, metric];

/** Best, uniform, TIES, parents, base: what there is of them. */
function resultRows(facts: SweepFacts): ScoredModel[] {
  const { best, uniform, ties, parents, base } = facts;
  return [best, uniform, ties, ...parents, base].filter((model) => model !== undefined);
}

const planOf = (rows: readonly ScoredModel[]): readonly PlannedTask[] =>
  rows[0]?.trial.input.evaluation.tasks ?? [];

function tableLines(
  { best }: SweepFacts,
  rows: readonly ScoredModel[],
  taskHeaders: readonly TableColumn['header'][],
): string[] {
  const tasks = planOf(rows);
  const columns: TableColumn[] = [
    { header: 'model' },
    ...taskHeaders.map((header): TableColumn => ({ header, align: 'right' })),
    { header: ['search', 'mean'], align: 'right' },
    { header: ['confirm', 'mean ± se'], align: 'right' },
    { header: ['best leads', 'by'], align: 'right' },
  ];
  return renderTable(
    columns,
    rows.map((model) => [
      model === best ? `best ${model.name}` : model.name,
      ...tasks.map((task) => formatScore(findScore(model.search?.scores, task)?.value)),
      model.search === undefined ? stateOf(model) : formatScore(model.search.fitness),
      formatScoreWithError(model.confirm?.fitness, model.confirm?.stderr),
      model === best ? '' : formatDelta(differenceTo(model, best, 'confirm')?.difference),
    ]),
  );
}

/** A model without a score says why. */
const stateOf = ({ trial }: ScoredModel): string =>
  trial.state === 'proposed' ? '…' : trial.state;

function findScore(
  scores: readonly ScoreRow[] | undefined,
  { name, metric }: PlannedTask,
): ScoreRow | undefined {
  return scores?.find((score) => score.task === name && score.metric === metric);
}

/** `2 failed ends: 1 crash, 1 bad_score`, or nothing. */
export function failureLines({ failures, sweep }: SweepFacts): string[] {
  const classes = Object.entries(failures).filter(([, count]) => count > 0);
  if (classes.length === 0) return [];
  const total = classes.reduce((sum, [, count]) => sum + count, 0);
  const parts = classes.map(([name, count]) => `${count} ${name}`).join(', ');
  return [
    `${total} ${total === 1 ? 'trial' : 'trials'} failed: ${parts}; ` +
      `see npx mergesweep trials ${sweep.name} --state failed`,
  ];
}

function nextLines({ sweep, best, bestParent }: SweepFacts, resultsPath: string): string[] {
  const flags = resultsPath === 'results' ? '' : ` --results ${toShellWord(resultsPath)}`;
  if (best === undefined) return [`next         npx mergesweep status ${sweep.name}${flags}`];
  const against = bestParent?.name ?? 'base';
  return [
    ...(sweep.state === 'finished'
      ? [`best config  ${resultsPath}/${sweep.name}/best_config.yaml`]
      : []),
    `next         npx mergesweep compare ${sweep.name}#best ${sweep.name}#${against}${flags}`,
    `             npx mergesweep best ${sweep.name} --yaml${flags} > merge.yaml`,
  ];
}
