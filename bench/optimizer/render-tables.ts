/** The figures as text. */
import type { Strategy, StrategySummary } from './async-speed.js';
import { type Cells, familyMean } from './cells.js';
import type { Comparison } from './compare.js';
import type { Family } from './families.js';
import type { Regret, RegretMeasure } from './regret.js';
import { quartiles } from './statistics.js';

export interface TableOptions {
  readonly instances: readonly number[];
  readonly batch: number;
  readonly budgets: readonly Regret['budget'][];
}

/** Of each optimizer on its own cells: mean, and quartiles; shipped | best of five finalists. */
export function renderFamily(
  cells: Cells,
  family: Family,
  { instances, batch, budgets }: TableOptions,
): string[] {
  const unit =
    family.measure === 'points'
      ? 'regret in points of accuracy, means'
      : 'regret ÷ random search, geometric means';
  const how = batch === 1 ? 'sequential' : `batches of ${batch}`;
  const title = `## ${family.name}, ${how}: ${unit} and [quartiles]; shipped | best of five finalists`;
  const rows = cells.optimizers().flatMap((optimizer) => {
    const columns = budgets.map((budget) => {
      const of = (measure: RegretMeasure): number[] =>
        cells.shared([optimizer], family, instances, { batch, budget, measure })[0] ?? [];
      return { count: of('best').length, best: of('best'), top5: of('top5') };
    });
    const counts = columns.map(({ count }) => count);
    if (Math.max(...counts) === 0) return [];
    const texts = columns.map(({ count, best, top5 }) => {
      if (count === 0) return '–'.padStart(COLUMN);
      return `${figureOf(family, best)} | ${figureOf(family, top5)}`.padStart(COLUMN);
    });
    return [`${optimizer.padEnd(18)}${renderCounts(counts).padStart(8)}${texts.join('')}`];
  });
  if (rows.length === 0) return [];
  const head = `${'optimizer'.padEnd(18)}${'cells'.padStart(8)}`;
  return [
    title,
    `${head}${budgets.map((budget) => `${budget} trials`.padStart(COLUMN)).join('')}`,
    ...rows,
  ];
}

const COLUMN = 42;

function figureOf(family: Family, values: readonly number[]): string {
  const [low, middle, high] = quartiles(values).map(short);
  return `${short(familyMean(family, values))} [${low ?? ''} ${middle ?? ''} ${high ?? ''}]`;
}

/** One number where the budgets have the same cells. */
function renderCounts(counts: readonly number[]): string {
  const different = [...new Set(counts)];
  return different.length === 1 ? String(different[0]) : `${Math.max(...counts)}*`;
}

function short(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return value.toExponential(0);
  return value.toFixed(Math.abs(value) < 1 ? 3 : Math.abs(value) < 10 ? 2 : 1);
}

export function renderComparison({ family, peer, ratio, quartiles, cells }: Comparison): string {
  const [low, , high] = quartiles.map((value) => value.toFixed(3));
  return `${family.padEnd(14)}${ratio.toFixed(3)} of ${peer} (quartiles ${low ?? ''} to ${high ?? ''}; ${cells} shared cells)`;
}

export function renderStrategy(summary: StrategySummary): string {
  const { spec, workers, sigmaLn, runs, hitRate } = summary;
  const [low, middle, high] = summary.timeQuartiles.map((value) => value.toFixed(1));
  return (
    `${spec.padEnd(20)}${describeStrategy(summary).padEnd(22)}${String(workers).padStart(3)} workers, sigma_ln ${sigmaLn.toFixed(1)}: ` +
    `hit ${(hitRate * 100).toFixed(0)} % of ${runs}, expected ${summary.expectedTrials.toFixed(0)} trials, ` +
    `time ${summary.expectedTime.toFixed(1)} [${low ?? ''} ${middle ?? ''} ${high ?? ''}], busy ${summary.utilisation.toFixed(2)}`
  );
}

function describeStrategy({ optimizer, hasBarrier, workers }: Strategy): string {
  if (hasBarrier) return 'barrier';
  return `${optimizer}${workers === 1 ? ', sequential' : ''}`;
}
