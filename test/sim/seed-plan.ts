/** What happens under a seed: the sweep, its nodes, and how often what goes wrong. */
import { Random } from './random.js';

/** Faults that come by themselves, each at its own mean interval. */
export const timedFaults = [
  'coordinatorCrash',
  'coordinatorKill',
  'nodeDeath',
  'nodeLoss',
  'partition',
  'handBack',
  'temporalLost',
  'terminate',
  'continueAsNew',
  'resize',
  'noNode',
  'drain',
  'stopNow',
  'ledgerFull',
  'sideFilesFail',
  'clockJump',
  'failureStreak',
  'lateRequest',
  'rivalOutcome',
  'swizzle',
  'order',
] as const;
export type TimedFault = (typeof timedFaults)[number];

/** Faults that come with something else, each with its own probability. */
export const chanceFaults = [
  'callTwice',
  'replyLost',
  'outcomeTwice',
  'attemptFails',
  'nodeWiped',
  'noise',
  'truncated',
  'nonsense',
  'dieBeforeReport',
] as const;
export type ChanceFault = (typeof chanceFaults)[number];

export interface SeedPlan {
  readonly seed: number;
  /** `safety`: faults until the end, which need not be reached; `liveness`: they stop, and it must be. */
  readonly mode: Mode;
  readonly specText: string;
  readonly maxTrials: number;
  /** GPU slots of each node; one slot in all makes the order of events that of an undisturbed sweep. */
  readonly nodes: readonly number[];
  readonly hasOneSlot: boolean;
  /** Seconds between two of a kind, on average; absent: never. */
  readonly intervals: Readonly<Partial<Record<TimedFault, number>>>;
  readonly chances: Readonly<Partial<Record<ChanceFault, number>>>;
  /** Of merges whose scores are always NaN. */
  readonly nanShare: number;
  /** Whether merges leave a checkpoint on disk. */
  readonly isCold: boolean;
  readonly outcomesPerRun: number;
  /** Virtual seconds after which nothing goes wrong any more. */
  readonly calmAfter: number;
  /** Whether another ledger is made from the requests that counted, and compared. */
  readonly isReplayed: boolean;
}

export type Mode = 'safety' | 'liveness';

export interface PlanOptions {
  readonly trials: number;
  readonly mode: Mode | 'both';
}

/** Of one slot: what would change an outcome, and not only its hour, would change the search. */
const changesOutcomes: readonly string[] = [
  'nodeDeath',
  'nodeLoss',
  'partition',
  'attemptFails',
  'failureStreak',
  'noise',
  'truncated',
  'nonsense',
  'dieBeforeReport',
  'swizzle',
];
/** A seed has each kind of fault with this probability: what hides behind another one comes out. */
const kindShare = 0.4;

export function planSeed(seed: number, options: PlanOptions): SeedPlan {
  const random = new Random(seed, 'plan');
  const mode =
    options.mode === 'both' ? random.pick(['safety', 'liveness'] as const) : options.mode;
  const search = chooseSearch(random, options.trials);
  const hasOneSlot = random.chance(0.25);
  const isFaulty = random.chance(0.95);
  const hasKind = (kind: string): boolean =>
    isFaulty && random.chance(kindShare) && !(hasOneSlot && changesOutcomes.includes(kind));
  const nodes = hasOneSlot
    ? [1]
    : Array.from({ length: 1 + random.below(4) }, () => 1 + random.below(3));
  return {
    seed,
    mode,
    specText: writeSpec(random, search),
    maxTrials: search.maxTrials,
    nodes,
    hasOneSlot,
    intervals: Object.fromEntries(
      timedFaults.flatMap((kind) => (hasKind(kind) ? [[kind, random.between(200, 2500)]] : [])),
    ),
    chances: Object.fromEntries(
      chanceFaults.flatMap((kind) => (hasKind(kind) ? [[kind, random.between(0.005, 0.12)]] : [])),
    ),
    nanShare: random.chance(0.5) ? random.between(0, 0.15) : 0,
    isCold: random.chance(0.5),
    outcomesPerRun: random.chance(0.5) ? 250 : 3 + random.below(60),
    calmAfter: random.between(500, 12_000),
    isReplayed: random.chance(0.25),
  };
}

interface Search {
  readonly name: 'cma-es' | 'gp' | 'random' | 'sobol';
  readonly options: string;
  readonly maxTrials: number;
}

/** The dear ones are rare: a fit of the surrogate costs as much as the rest of the sweep. */
function chooseSearch(random: Random, trials: number): Search {
  const dice = random.next();
  const short = Math.min(trials, 24);
  if (dice < 0.02) return { name: 'gp', options: '', maxTrials: short };
  if (dice < 0.06) return { name: 'cma-es', options: '', maxTrials: Math.min(trials, 50) };
  if (dice < 0.2) return { name: 'sobol', options: '', maxTrials: trials };
  if (dice < 0.35) return { name: 'random', options: '', maxTrials: trials };
  const start = random.pick(['duo', 'single']);
  return { name: 'cma-es', options: `surrogate: off, start: ${start}`, maxTrials: trials };
}

function writeSpec(random: Random, { name, options, maxTrials }: Search): string {
  const parents = ['spec-a', 'spec-b', 'spec-c'].slice(0, 2 + random.below(2));
  const method = random.pick(['dare_ties', 'ties', 'linear']);
  const parameters = [
    '    weight: {min: 0.1, max: 0.9}',
    ...(method === 'linear' ? [] : ['    density: {min: 0.3, max: 0.9}']),
  ];
  const optimizer = [
    `name: ${name}`,
    `max_trials: ${maxTrials}`,
    `seed: ${random.below(1_000_000)}`,
    ...(random.chance(0.5) ? [`population_size: ${4 + random.below(8)}`] : []),
    `finalists: ${1 + random.below(5)}`,
    ...(options === '' ? [] : [options]),
  ];
  const tasks = [
    '    - {name: shift, metric: "exact_match,none", for: spec-a}',
    '    - {name: rev, metric: "acc,none", weight: 2}',
    ...(random.chance(0.25)
      ? ['    - {name: text, metric: "word_perplexity,none", direction: minimize, weight: 0.1}']
      : []),
  ];
  const confirm = random.chance(0.5)
    ? ['  confirm:', '    - {name: held, metric: "exact_match,none"}']
    : [];
  const strategy = random.pick(['off', 'off', 'off', 'rank-then-confirm', 'race']);
  const fidelity = strategy === 'off' ? [] : [`fidelity: {strategy: ${strategy}, window: 9}`];
  return [
    'version: 1',
    'name: demo',
    'genome:',
    `  merge_method: ${method}`,
    '  base_model: ./base',
    `  models: [${parents.map((parent) => `./${parent}`).join(', ')}]`,
    '  parameters:',
    ...parameters,
    '  dtype: float32',
    `optimizer: {${optimizer.join(', ')}}`,
    'tasks:',
    '  search:',
    ...tasks,
    ...confirm,
    ...fidelity,
    `limits: {attempts: ${1 + random.below(3)}}`,
    `storage: {keep_models: ${random.pick([0, 0, 1, 3])}}`,
    '',
  ].join('\n');
}
