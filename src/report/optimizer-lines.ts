/** How the search stands, in words: what its diagnostics mean for the person who waits. */
import type { Diagnostics } from '../samplers/sampler.js';

const labels: Readonly<Record<string, string>> = {
  axisRatio: 'axis ratio',
  populationSize: 'population',
};
/** Said in sentences, or said elsewhere: open trials have a line of their own. */
const spoken = [
  ...['name', 'open', 'arms', 'surrogate', 'surrogateTau', 'screenedShare'],
  ...['restarts', 'restartedFor', 'converged'],
];

const arms: Readonly<Record<string, string>> = {
  'uninformed and informed':
    'two searches take turns, one that knows no merge and one from the known merges, until one is shown to be worse',
  uninformed:
    'the search that knows no merge goes on; the one from the known merges had worse results',
  informed:
    'the search from the known merges goes on; the one that knows no merge had worse results',
};

/** The numbers on one line, then a line for each thing worth a sentence; none without diagnostics. */
export function describeOptimizer(diagnostics: Diagnostics): string[] {
  const { name, converged, restarts, restartedFor = 'no reason known' } = diagnostics;
  const numbers = Object.entries(diagnostics)
    .filter(([key]) => !spoken.includes(key))
    .map(([key, value]) => `${labels[key] ?? key} ${formatNumber(value)}`);
  const first = [...(name === undefined ? [] : [String(name)]), ...numbers].join('  ');
  return [
    ...(first === '' ? [] : [first]),
    ...sentence(arms[String(diagnostics['arms'])]),
    ...sentence(describeSurrogate(diagnostics)),
    ...sentence(
      restarts === undefined
        ? undefined
        : `started anew ${restarts} ${restarts === 1 ? 'time' : 'times'}, last for ${restartedFor}`,
    ),
    ...sentence(
      converged === undefined
        ? undefined
        : `converged (${converged}): further candidates hardly differ from these`,
    ),
  ];
}

function describeSurrogate({
  surrogate,
  surrogateTau: tau,
  screenedShare: share = 0,
}: Diagnostics): string | undefined {
  const chosen = `chose ${(100 * Number(share)).toFixed(0)} % of the candidates so far`;
  const agreement = `Kendall's τ ${Number(tau).toFixed(2)} on plain samples`;
  if (surrogate === 'trusted') {
    return `its model of the scores predicts well (${agreement}) and ${chosen}`;
  }
  if (surrogate === 'not trusted') {
    return `its model of the scores predicts badly (${agreement}) and does not choose now; it ${chosen}`;
  }
  if (surrogate === 'unproven' && share !== 0) {
    return `its model of the scores is not judged yet; it ${chosen}`;
  }
  return undefined;
}

const sentence = (text: string | undefined): string[] => (text === undefined ? [] : [text]);

function formatNumber(value: number | string): string {
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}
