/** Two or more models task by task, each against the first. */
import type { DocumentValues } from '../evaluation/eval-report.js';
import type { PlannedTask, Split } from '../evaluation/plan.js';
import type { DocumentRow, LedgerReader, ScoreRow } from '../store/rows.js';
import { compareMeans, type MeanDifference } from './mean-difference.js';
import { findCautions, findChoice } from './comparison-cautions.js';
import { comparePaired, type PairedDifference } from './paired.js';
import type { TrialReference } from './resolve-reference.js';
import { nameTrial, readScoredModels, type SplitScore } from './scored-model.js';

/** Unpacks what the ledger holds; the packing is gzip, which pure code doesn't do. */
export type UnpackDocuments = (row: DocumentRow) => DocumentValues;

export interface ComparedModel {
  /** `demo#7`, `demo#spec-rev`; a confirmation that was named itself counts as what it confirms. */
  readonly name: string;
  readonly sweep: string;
  readonly trial: string;
  /** Weighted mean of the split's tasks; absent where not scored. */
  readonly means: Readonly<Partial<Record<Split, MeanScore>>>;
}

export interface MeanScore {
  readonly value: number;
  readonly stderr?: number;
  /** To the first model; absent for the first, and where a task is not comparable. */
  readonly toFirst?: MeanDifference;
}

/** One model's cell in a task's row. */
export interface ComparedScore {
  readonly value?: number;
  readonly stderr?: number;
  /** Value − the first model's; absent for the first, and where {@link notComparable} says why. */
  readonly difference?: number;
  /** Present where both have per-document values of the same documents. */
  readonly paired?: PairedDifference;
  /** Why there is no difference although both have a score. */
  readonly notComparable?: string;
}

export interface ComparedTask {
  readonly split: Split;
  readonly task: string;
  readonly metric: string;
  readonly higherIsBetter: boolean;
  /** One per model, in order. */
  readonly cells: readonly ComparedScore[];
}

export interface Comparison {
  readonly models: readonly ComparedModel[];
  /** By split (search, confirm), then in the order of the first model that has the task. */
  readonly tasks: readonly ComparedTask[];
  /** What makes differences hard to read without forbidding them. */
  readonly cautions: readonly string[];
}

interface Side {
  readonly model: Omit<ComparedModel, 'means'>;
  readonly splits: Readonly<Partial<Record<Split, SplitScore>>>;
  readonly documents: (evaluation: SplitScore) => readonly DocumentRow[];
}

export function compareModels(
  reader: LedgerReader,
  references: readonly TrialReference[],
  unpack: UnpackDocuments,
): Comparison {
  const sides = references.map((reference) => readSide(reader, reference));
  const tasks = (['search', 'confirm'] as const).flatMap((split) =>
    listTasks(sides, split).map(({ task, metric, higherIsBetter }): ComparedTask => {
      const cells = sides.map((side) =>
        compareCell(sides[0], side, { split, task, metric, higherIsBetter }, unpack),
      );
      return { split, task, metric, higherIsBetter, cells };
    }),
  );
  const models = sides.map((side, index) => ({
    ...side.model,
    means: {
      ...readMean(sides, index, 'search', tasks),
      ...readMean(sides, index, 'confirm', tasks),
    },
  }));
  return {
    models,
    tasks,
    cautions: [
      ...findCautions(sides.map(({ model: { name }, splits }) => ({ name, splits }))),
      ...sides.flatMap(({ model }) =>
        findChoice(model.name, model.trial, reader.listTrials(model.sweep)),
      ),
    ],
  };
}

function readSide(reader: LedgerReader, { sweep, trial }: TrialReference): Side {
  const id = trial.kind === 'confirm' ? (trial.confirms ?? trial.trial) : trial.trial;
  const scored = readScoredModels(reader, sweep.name).find((each) => each.trial.trial === id);
  const subject = scored?.trial ?? trial;
  const splits = {
    ...(scored?.search === undefined ? {} : { search: scored.search }),
    ...(scored?.confirm === undefined ? {} : { confirm: scored.confirm }),
  };
  const name = `${sweep.name}#${nameTrial(subject).replace('#', '')}`;
  return {
    model: { name, sweep: sweep.name, trial: subject.trial },
    splits,
    documents: (evaluation) => reader.listDocuments(sweep.name, evaluation.trial.trial),
  };
}

function readMean(
  sides: readonly Side[],
  index: number,
  split: Split,
  tasks: readonly ComparedTask[],
): Partial<Record<Split, MeanScore>> {
  const own = sides[index]?.splits[split];
  if (own === undefined) return {};
  const { fitness: value, stderr } = own;
  const first = index === 0 ? undefined : sides[0]?.splits[split];
  const toFirst = first === undefined ? undefined : differenceOfMeans(first, own, index, tasks);
  return {
    [split]: {
      value,
      ...(stderr === undefined ? {} : { stderr }),
      ...(toFirst === undefined ? {} : { toFirst }),
    },
  };
}

/** Undefined where the two means are of different tasks, weights or documents. */
function differenceOfMeans(
  first: SplitScore,
  own: SplitScore,
  index: number,
  tasks: readonly ComparedTask[],
): MeanDifference | undefined {
  const plan = own.trial.input.evaluation.tasks;
  const key = ({ name, metric, weight, direction }: PlannedTask): string =>
    JSON.stringify([name, metric, weight, direction]);
  const firstPlan = first.trial.input.evaluation.tasks.map(key);
  if (plan.length !== firstPlan.length || !plan.every((task) => firstPlan.includes(key(task)))) {
    return undefined;
  }
  const cells = plan.map((planned) => ({
    planned,
    cell: tasks.find(
      ({ split, task, metric }) =>
        split === own.split && task === planned.name && metric === planned.metric,
    )?.cells[index],
  }));
  if (cells.some(({ cell }) => cell?.difference === undefined)) return undefined;
  return compareMeans(
    cells.map(({ planned, cell }) => ({ planned, paired: cell?.paired })),
    own.fitness - first.fitness,
  );
}

function listTasks(sides: readonly Side[], split: Split): ScoreRow[] {
  const tasks = new Map<string, ScoreRow>();
  for (const score of sides.flatMap(({ splits }) => splits[split]?.scores ?? [])) {
    const key = `${score.task}\0${score.metric}`;
    if (!tasks.has(key)) tasks.set(key, score);
  }
  return [...tasks.values()];
}

type TaskKey = Pick<ComparedTask, 'split' | 'task' | 'metric' | 'higherIsBetter'>;

function compareCell(
  first: Side | undefined,
  side: Side,
  key: TaskKey,
  unpack: UnpackDocuments,
): ComparedScore {
  const own = readTask(side, key);
  if (own === undefined) return {};
  const { value, stderr } = own.score;
  const cell = { value, ...(stderr === undefined ? {} : { stderr }) };
  const base = first === undefined || first === side ? undefined : readTask(first, key);
  if (base === undefined) return cell;
  const reason = whyNotComparable(base, own);
  if (reason !== undefined) return { ...cell, notComparable: reason };
  const difference = value - base.score.value;
  if (base.documents === undefined || own.documents === undefined) return { ...cell, difference };
  const [a, b] = [unpack(base.documents).values, unpack(own.documents).values];
  return { ...cell, difference, paired: comparePaired(a, b, key.higherIsBetter) };
}

interface TaskSide {
  readonly score: ScoreRow;
  readonly planned: PlannedTask | undefined;
  readonly documents: DocumentRow | undefined;
}

function readTask(side: Side, { split, task, metric }: TaskKey): TaskSide | undefined {
  const evaluation = side.splits[split];
  const isTask = (row: { task: string; metric: string }): boolean =>
    row.task === task && row.metric === metric;
  const score = evaluation?.scores.find(isTask);
  if (evaluation === undefined || score === undefined) return undefined;
  return {
    score,
    planned: evaluation.trial.input.evaluation.tasks.find(
      (each) => each.name === task && each.metric === metric,
    ),
    documents: side.documents(evaluation).find(isTask),
  };
}

/** The same task's name over other documents or another prompt is another test. */
function whyNotComparable(first: TaskSide, own: TaskSide): string | undefined {
  const [a, b] = [first.documents, own.documents];
  if (a !== undefined && b !== undefined && a.documentsHash !== b.documentsHash) {
    return 'not the same documents';
  }
  if (first.score.documents !== own.score.documents) {
    return `not the same documents (${first.score.documents} and ${own.score.documents})`;
  }
  if ((first.planned?.numFewshot ?? null) !== (own.planned?.numFewshot ?? null)) {
    return 'not the same number of few-shot examples';
  }
  return undefined;
}
