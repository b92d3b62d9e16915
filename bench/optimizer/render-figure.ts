/** Regret over trials as a small SVG, one panel a family: what an optimizer would ship. */
import { type Cells, familyMean } from './cells.js';
import type { Family } from './families.js';
import type { Regret } from './regret.js';

export interface FigureOptions {
  readonly instances: readonly number[];
  readonly budgets: readonly Regret['budget'][];
  /** Drawn strongly; the others are grey and named. */
  readonly ours: string;
}

const PANEL = { width: 250, height: 220, left: 34, right: 88, top: 30, bottom: 30 };
const TITLES: Readonly<Record<string, string>> = {
  'gated-200': 'gate, 200 items',
  'gated-1000': 'gate, 1,000 items',
  'ungated-400': 'no gate, 400 items',
};

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [budget: number, regret: number])[];
}

/** Sequential runs, families in points of accuracy only, and the optimizers that ran on every cell that ours ran on. */
export function renderFigure(
  cells: Cells,
  families: readonly Family[],
  options: FigureOptions,
): string {
  const panels = families.filter(({ measure }) => measure === 'points');
  const width = PANEL.width * panels.length;
  const body = panels.map(
    (family, index) =>
      `<g transform="translate(${PANEL.width * index} 0)">${renderPanel(cells, family, options)}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height + 18}" font-family="sans-serif" font-size="10">
<rect width="100%" height="100%" fill="white"/>
${body.join('\n')}
<text x="6" y="${PANEL.height + 12}" fill="#444">mean regret of what would be shipped, in points of accuracy, over trials; instances ${options.instances[0] ?? ''} to ${options.instances.at(-1) ?? ''}</text>
</svg>
`;
}

function renderPanel(cells: Cells, family: Family, options: FigureOptions): string {
  const lines = linesOf(cells, family, options);
  const regrets = lines.flatMap(({ points }) => points.map(([, regret]) => regret));
  const most = Math.max(1, ...regrets);
  const last = Math.max(...options.budgets);
  const x = (budget: number): number =>
    PANEL.left + (budget / last) * (PANEL.width - PANEL.left - PANEL.right);
  const y = (regret: number): number =>
    PANEL.height - PANEL.bottom - (regret / most) * (PANEL.height - PANEL.top - PANEL.bottom);
  const ticks = [0, most / 2, most].map(
    (regret) =>
      `<text x="${PANEL.left - 4}" y="${fixed(y(regret) + 3)}" text-anchor="end" fill="#666">${regret.toFixed(1)}</text>`,
  );
  const budgets = options.budgets.map(
    (budget) =>
      `<text x="${fixed(x(budget))}" y="${PANEL.height - PANEL.bottom + 14}" text-anchor="middle" fill="#666">${budget}</text>`,
  );
  const labels = spread(
    lines.map(({ points }) => y(points.at(-1)?.[1] ?? 0)),
    11,
  );
  const drawn = lines.map(({ name, points }, index) => {
    const isOurs = name === options.ours;
    const colour = isOurs ? '#c2410c' : '#888';
    const path = points.map(([budget, regret]) => `${fixed(x(budget))},${fixed(y(regret))}`);
    const end = x(points.at(-1)?.[0] ?? last);
    return (
      `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="${isOurs ? 2.5 : 1}"/>` +
      `<text x="${fixed(end + 5)}" y="${fixed((labels[index] ?? 0) + 3)}" fill="${colour}"${isOurs ? ' font-weight="bold"' : ''}>${name}</text>`
    );
  });
  const axis = `<path d="M${PANEL.left} ${PANEL.top}V${PANEL.height - PANEL.bottom}H${fixed(x(last))}" fill="none" stroke="#bbb"/>`;
  const title = `<text x="${PANEL.left}" y="18" font-size="12">${TITLES[family.name] ?? family.name}</text>`;
  return [title, axis, ...ticks, ...budgets, ...drawn].join('');
}

function linesOf(
  cells: Cells,
  family: Family,
  { instances, budgets, ours }: FigureOptions,
): readonly Line[] {
  const countOf = (name: string): number => {
    const measured = { batch: 1, budget: budgets[0] ?? 0, measure: 'best' } as const;
    return cells.shared([name], family, instances, measured)[0]?.length ?? 0;
  };
  const complete = cells.optimizers().filter((name) => countOf(name) >= countOf(ours));
  return complete.flatMap((name): Line[] => {
    const points = budgets.flatMap((budget): [number, number][] => {
      const measured = { batch: 1, budget, measure: 'best' } as const;
      const [regrets = []] = cells.shared([name], family, instances, measured);
      return regrets.length === 0 ? [] : [[budget, familyMean(family, regrets)]];
    });
    return points.length === 0 ? [] : [{ name, points }];
  });
}

/** Heights in their order, moved down where they would lie closer than `least`. */
function spread(heights: readonly number[], least: number): number[] {
  const order = heights
    .map((_, index) => index)
    .sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0));
  const placed = [...heights];
  let lowest = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    lowest = Math.max(lowest + least, heights[index] ?? 0);
    placed[index] = lowest;
  }
  return placed;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
