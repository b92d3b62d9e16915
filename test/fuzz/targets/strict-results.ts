/** What may be accepted of lm-eval's files, worked out a second time and without mercy. */
import type { LmEvalCall } from '../../../src/evaluation/calls.js';
import { selectDocuments } from '../../../src/evaluation/document-share.js';
import type { DocumentValues, EvalReport } from '../../../src/evaluation/eval-report.js';
import type { PlannedTask } from '../../../src/evaluation/plan.js';
import { asMap, parseStrictly, type StrictObject } from '../strict-json.js';

type Files = Readonly<Record<string, string | undefined>>;

const limits: Readonly<Record<string, readonly [number, number]>> = {
  exact_match: [0, 1],
  acc: [0, 1],
  word_perplexity: [0, 1e100],
  byte_perplexity: [0, 1e100],
  bits_per_byte: [0, 1e6],
  // In nats.
  margin: [-1e100, 1e100],
};

/** Why the report must not have been accepted; undefined where it is what the files say. */
export function findNonsense(
  report: EvalReport,
  files: Files,
  call: LmEvalCall,
): string | undefined {
  try {
    checkReport(report, files, call);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function checkReport(report: EvalReport, files: Files, call: LmEvalCall): void {
  const file = asMap(parseStrictly(only(files, /^results_.*\.json$/, 'results')));
  expect(report.split === call.plan.split, 'another split');
  expect(report.scores.length === call.tasks.length, 'another number of scores');
  call.tasks.forEach((task, index) => {
    const score = report.scores[index];
    const [leaves, documents] = readLeaves(file, task, call);
    if (score === undefined) fail('a score less');
    expect(score.task === task.name && score.metric === task.metric, 'another task or metric');
    expect(score.documents === documents, `${documents} documents, accepted ${score.documents}`);
    expect(score.higherIsBetter === (task.direction === 'maximize'), 'another direction');
    const stated = asMap(asMap(file.get('higher_is_better')).get(task.name)).get(nameOf(task));
    expect(typeof stated !== 'boolean' || stated === score.higherIsBetter, 'against its direction');
    const { stderr } = score;
    expect(
      stderr === undefined || (Number.isFinite(stderr) && stderr >= 0),
      'a bad standard error',
    );
    const logged = readLogged(files, task, leaves);
    const values = report.documents.filter((each) => sameTask(each, task));
    expect(values.length <= 1, 'values twice');
    if (logged === undefined) expect(values.length === 0, 'values that nobody logged');
    else checkValues(values[0], logged);
    checkScore(score.value, file, task, logged);
  });
  for (const [name, count] of Object.entries(report.leafCounts ?? {}))
    expect(Number.isSafeInteger(count) && count > 0, `${count} documents of ${name}`);
}

function checkScore(
  value: number | undefined,
  file: StrictObject,
  task: PlannedTask,
  logged: readonly Logged[] | undefined,
): void {
  const [least, most] = limits[nameOf(task)] ?? fail(`no limits of ${task.metric}`);
  expect(value !== undefined && value >= least && value <= most, `a score of ${value}`);
  if (nameOf(task) === 'margin') {
    const mean = (logged ?? []).reduce((sum, each) => sum + each.value, 0) / (logged?.length ?? 0);
    expect(Math.abs(mean - value) <= 1e-9 * Math.max(1, Math.abs(mean)), 'not the mean margin');
    return;
  }
  const written = asMap(asMap(file.get('results')).get(task.name)).get(task.metric);
  expect(written === value, `the file says ${String(written)}, accepted ${value}`);
}

/** The leaves below a planned name with the ids that they must have, and how many they are in all. */
function readLeaves(
  file: StrictObject,
  { name }: PlannedTask,
  { plan, limit }: LmEvalCall,
): [Map<string, number[]>, number] {
  const names = new Set<string>();
  const visit = (each: string, above: readonly string[]): void => {
    const children = asMap(file.get('group_subtasks')).get(each);
    if (!Array.isArray(children) || children.length === 0 || above.includes(each)) names.add(each);
    else for (const child of children) visit(String(child), [...above, each]);
  };
  visit(name, []);
  const selected = plan.documents === undefined ? undefined : selectDocuments(plan.documents);
  const leaves = new Map<string, number[]>();
  for (const leaf of [...names].sort()) {
    const counts = asMap(asMap(file.get('n-samples')).get(leaf));
    const [original, effective] = [counts.get('original'), counts.get('effective')];
    expect(isCount(original) && isCount(effective), `counts of ${leaf}`);
    const all = Math.min(limit ?? original, original);
    const known = plan.documents?.counts[leaf];
    expect(plan.documents === undefined || known === all, `${all} documents of ${leaf} in all`);
    const ids = selected?.[leaf] ?? Array.from({ length: all }, (_, id) => id);
    expect(effective === ids.length, `${effective} documents of ${leaf}, planned ${ids.length}`);
    leaves.set(leaf, ids);
  }
  return [leaves, [...leaves.values()].reduce((sum, ids) => sum + ids.length, 0)];
}

interface Logged {
  readonly id: number;
  readonly value: number;
}

/** Values by document over all leaves; undefined where no line of any of them has one. */
function readLogged(
  files: Files,
  task: PlannedTask,
  leaves: ReadonlyMap<string, readonly number[]>,
): Logged[] | undefined {
  const perLeaf = [...leaves].map(([leaf, ids]) => {
    const lines = only(
      files,
      new RegExp(`^samples_${leaf}_\\d[^_]*\\.jsonl$`),
      `samples of ${leaf}`,
    ).split('\n');
    const samples = lines
      .filter((line) => line.trim() !== '')
      .map((line) => asMap(parseStrictly(line)));
    const seen = [...new Set(samples.map((sample) => sample.get('doc_id')))];
    const isWhole = seen.length === ids.length && ids.every((id) => seen.includes(id));
    expect(isWhole, `samples of ${seen.length} documents of ${leaf}, planned ${ids.length}`);
    expect(
      samples.every((each) => typeof each.get('doc_hash') === 'string'),
      'no doc_hash',
    );
    const own = samples.filter((sample) => sample.get('filter') === filterOf(task));
    const values = own
      .map((sample) => ({ id: Number(sample.get('doc_id')), value: readValue(sample, task) }))
      .sort((a, b) => a.id - b.id);
    return { ids, values };
  });
  const all = perLeaf.flatMap(({ values }) => values);
  if (all.every(({ value }) => value === undefined)) return undefined;
  const [least, most] = limits[nameOf(task)] ?? [-Infinity, Infinity];
  for (const { values, ids } of perLeaf) {
    expect(values.length === ids.length, 'values of some documents only');
    for (const { value } of values) {
      const isInRange = value !== undefined && value >= least && value <= most;
      expect(isInRange, `a document's value of ${value}`);
    }
  }
  return all.map(({ id, value = Number.NaN }) => ({ id, value }));
}

function readValue(sample: StrictObject, task: PlannedTask): number | undefined {
  const name = nameOf(task);
  if (name === 'margin') return readMargin(sample);
  const logged = sample.get(name);
  if (typeof logged === 'number') return logged;
  if (typeof logged === 'boolean') return logged ? 1 : 0;
  if (logged === null || typeof logged === 'string') return Number.NaN;
  if (!Array.isArray(logged) || logged.length !== 2) return undefined;
  const [logLikelihood, weight] = logged as unknown[];
  if (typeof logLikelihood !== 'number' || typeof weight !== 'number') return undefined;
  const nats = -logLikelihood / weight;
  if (name === 'bits_per_byte') return nats / Math.log(2);
  return name.endsWith('perplexity') ? Math.exp(nats) : undefined;
}

function readMargin(sample: StrictObject): number | undefined {
  const [target, choices] = [sample.get('target'), sample.get('filtered_resps')];
  if (typeof target !== 'string' || !/^\d+$/.test(target) || !Array.isArray(choices))
    return undefined;
  const values = (choices as unknown[]).map((choice) => {
    const text: unknown = Array.isArray(choice) && choice.length === 2 ? choice[0] : undefined;
    const isNumber = typeof text === 'number' || (typeof text === 'string' && text.trim() !== '');
    return isNumber ? Number(text) : Number.NaN;
  });
  const right = values[Number(target)];
  if (right === undefined || values.length < 2) return undefined;
  return right - Math.max(...values.filter((_, index) => index !== Number(target)));
}

function checkValues(values: DocumentValues | undefined, logged: readonly Logged[]): void {
  if (values?.values.length !== logged.length) fail('another number of values');
  values.values.forEach((value, index) => {
    const wanted = logged[index]?.value ?? Number.NaN;
    const isSame = Math.abs(value - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted));
    expect(isSame, `document ${index}: logged ${wanted}, accepted ${value}`);
  });
}

const nameOf = ({ metric }: PlannedTask): string => metric.split(',')[0] ?? '';
const filterOf = ({ metric }: PlannedTask): string => metric.split(',')[1] ?? 'none';
const sameTask = (each: DocumentValues, task: PlannedTask): boolean =>
  each.task === task.name && each.metric === task.metric;
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0;

/** The text of the one file of that name. */
function only(files: Files, name: RegExp, what: string): string {
  const found = Object.entries(files).filter(
    ([each, text]) => name.test(each) && text !== undefined,
  );
  const [first, second] = found;
  return (second === undefined ? first?.[1] : undefined) ?? fail(`not one file of ${what}`);
}

function expect(isTrue: boolean, otherwise: string): asserts isTrue {
  if (!isTrue) fail(otherwise);
}

function fail(message: string): never {
  throw new Error(message);
}
