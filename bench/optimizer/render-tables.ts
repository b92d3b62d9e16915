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

/** Of each optimizer on its own cells: means, then medians with quartiles; shipped | best of five finalists. */
export function renderFamily(cells: Cells, family: Family, options: TableOptions): string[] {
  const mean = family.measure === 'points' ? 'mean' : 'geometric mean';
  const means = renderTable(cells, family, options, {
    title: mean,
    width: 18,
    figure: (values) => short(familyMean(family, values)),
  });
  const spreads = renderTable(cells, family, options, {
    title: 'median [first and third quartile]',
    width: 42,
    figure: (values) => {
      const [low, middle, high] = quartiles(values).map(short);
      return `${middle ?? ''} [${low ?? ''} ${high ?? ''}]`;
    },
  });
  return [...means, ...spreads];
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly figure: (values: readonly number[]) => string;
}

function renderTable(
  cells: Cells,
  family: Family,
  { instances, batch, budgets }: TableOptions,
  { title, width, figure }: Column,
): string[] {
  const rows = cells.optimizers().flatMap((optimizer) => {
    const columns = budgets.map((budget) => {
      const of = (measure: RegretMeasure): number[] =>
        cells.shared([optimizer], family, instances, { batch, budget, measure })[0] ?? [];
      return { count: of('best').length, best: of('best'), top5: of('top5') };
    });
    const counts = columns.map(({ count }) => count);
    if (Math.max(...counts) === 0) return [];
    const texts = columns.map(({ count, best, top5 }) =>
      (count === 0 ? '–' : `${figure(best)} | ${figure(top5)}`).padStart(width),
    );
    return [`${optimizer.padEnd(18)}${String(Math.max(...counts)).padStart(6)}${texts.join('')}`];
  });
  if (rows.length === 0) return [];
  const unit =
    family.measure === 'points' ? 'regret in points of accuracy' : 'regret ÷ random search';
  const how = batch === 1 ? 'sequential' : `batches of ${batch}`;
  const heads = budgets.map((budget) => `${budget} trials`.padStart(width));
  return [
    `## ${family.name}, ${how}: ${unit}, ${title}; shipped | best of five finalists`,
    `${'optimizer'.padEnd(18)}${'cells'.padStart(6)}${heads.join('')}`,
    ...rows,
  ];
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
