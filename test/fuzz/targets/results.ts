/** lm-eval's files through the reading that runTrial does, to the report as the coordinator accepts it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyReport } from '../../../activities/verify-report.js';
import { StageFailedError, TrialFailedError } from '../../../src/errors.js';
import type { EvalReport, PackedEvalReport } from '../../../src/evaluation/eval-report.js';
import type { EvaluationPlan } from '../../../src/evaluation/plan.js';
import { parseOutput, readOutput } from '../../../src/external/lm-eval-output.js';
import { packReport, unpackReport } from '../../../src/external/packed-report.js';
import { computeFitness } from '../../../src/scoring/fitness.js';
import { fine, violation, type Fuzzer, type Verdict } from '../fuzzer.js';
import { mutateNode, toNode, writeNode } from '../mutate-json.js';
import { mutateBytes, mutateText, shorterTexts } from '../mutate-text.js';
import { createScratch } from '../scratch.js';
import type { SeededRandom } from '../seeded-random.js';
import { createSuites, resultsFile, type Suite } from './results-suites.js';
import { findNonsense } from './strict-results.js';

interface ResultsCase {
  readonly suite: Suite;
  /** Files that differ from the suite's; undefined: not there. */
  readonly changed: Readonly<Record<string, string | undefined>>;
  /** Through files, as on a node; otherwise from memory, which is a tenth of the time. */
  readonly isOnDisk: boolean;
}

const onDisk = 1 / 16;

/** Mutated files, of every suite. */
export function createResultsFuzzer(): Fuzzer<ResultsCase> {
  const suites = createSuites();
  return {
    ...createReader(suites),
    make: (random) => mutateSuite(random, random.pick(suites)),
  };
}

/** Every file of every suite, cut at every byte. */
export function createCutsFuzzer(): Fuzzer<ResultsCase> {
  const suites = createSuites();
  const cuts = suites.flatMap((suite) =>
    Object.entries(suite.files).flatMap(([name, text]) =>
      Array.from({ length: Buffer.byteLength(text) }, (_, at) => ({ suite, name, at })),
    ),
  );
  return {
    ...createReader(suites),
    count: cuts.length,
    make: (random, index) => {
      const cut = cuts[index];
      if (cut === undefined) throw new Error(`there are ${cuts.length} cuts`);
      const { suite, name, at } = cut;
      const text = Buffer.from(suite.files[name] ?? '')
        .subarray(0, at)
        .toString();
      return { suite, changed: { [name]: text }, isOnDisk: random.chance(onDisk) };
    },
  };
}

function createReader(suites: readonly Suite[]): Omit<Fuzzer<ResultsCase>, 'make'> {
  const scratch = createScratch();
  const folderOf = (suite: Suite): string => join(scratch, suite.name, 'model');
  for (const suite of suites) {
    mkdirSync(folderOf(suite), { recursive: true });
    for (const [name, text] of Object.entries(suite.files))
      writeFileSync(join(folderOf(suite), name), text);
  }
  /** What is on disk and not as in the suite: mended when the next case does not change it too. */
  let left: ResultsCase | undefined;
  const restore = (next: ResultsCase): void => {
    for (const name of Object.keys(left?.changed ?? {})) {
      const { suite } = left ?? next;
      if (suite === next.suite && name in next.changed) continue;
      const text = suite.files[name];
      if (text === undefined) rmSync(join(folderOf(suite), name), { force: true });
      else writeFileSync(join(folderOf(suite), name), text);
    }
    left = next;
  };
  return {
    check: async (next) => {
      const { suite, changed, isOnDisk } = next;
      const files = { ...suite.files, ...changed };
      const names = Object.keys(files).filter((name) => files[name] !== undefined);
      if (!isOnDisk) {
        const readText = (name: string) => Promise.resolve(files[name] ?? '');
        return judge(() => parseOutput(names, readText, suite.call), suite, files);
      }
      const folder = folderOf(suite);
      restore(next);
      for (const [name, text] of Object.entries(changed))
        if (text === undefined) rmSync(join(folder, name), { force: true });
        else writeFileSync(join(folder, name), text);
      return judge(() => readOutput(folder, suite.call), suite, files);
    },
    write: ({ suite, changed }) =>
      [
        `# ${suite.name}`,
        ...Object.entries(changed).map(([name, text]) => `## ${name}\n${text}`),
      ].join('\n'),
    *smaller({ suite, changed, isOnDisk }) {
      for (const [name, text] of Object.entries(changed))
        for (const shorter of shorterTexts(text ?? ''))
          yield { suite, isOnDisk, changed: { ...changed, [name]: shorter } };
    },
  };
}

async function judge(
  read: () => Promise<EvalReport>,
  { call }: Suite,
  files: Readonly<Record<string, string | undefined>>,
): Promise<Verdict> {
  let report: EvalReport;
  try {
    report = await read();
  } catch (error) {
    if (error instanceof StageFailedError) return fine(`refused (${error.failureClass})`);
    throw error;
  }
  const nonsense = findNonsense(report, files, call);
  if (nonsense !== undefined) return violation('nonsense', `accepted, but: ${nonsense}`);
  return readAsCoordinator(report, { split: call.plan.split, tasks: call.tasks });
}

/** Over the wire: packed, as JSON, verified, unpacked. */
function readAsCoordinator(
  report: EvalReport,
  plan: Pick<EvaluationPlan, 'split' | 'tasks'>,
): Verdict {
  const sent = JSON.parse(JSON.stringify(packReport(report))) as PackedEvalReport;
  try {
    verifyReport(sent, plan, 1);
    computeFitness(sent, plan);
  } catch (error) {
    if (error instanceof TrialFailedError) return fine('refused (on arrival)');
    throw error;
  }
  const isFinite = unpackReport(sent).documents.every(({ values }) =>
    values.every(Number.isFinite),
  );
  return isFinite ? fine('accepted') : violation('nonsense', 'a value of a document is not finite');
}

function mutateSuite(random: SeededRandom, suite: Suite): ResultsCase {
  const names = Object.keys(suite.files);
  const changed: Record<string, string | undefined> = {};
  for (let changes = random.few(3); changes > 0; changes--) {
    const name = random.chance(0.5) ? resultsFile : random.pick(names);
    const text = changed[name] ?? suite.files[name] ?? '';
    if (random.chance(0.03)) changed[name] = random.chance(0.5) ? undefined : '';
    else if (random.chance(0.04)) changed[name] = suite.files[random.pick(names)];
    else if (random.chance(0.02)) changed[`${name.slice(0, -6)}1${name.slice(-6)}`] = text;
    else changed[name] = mutateFile(random, name, text);
  }
  return { suite, changed, isOnDisk: random.chance(onDisk) };
}

function mutateFile(random: SeededRandom, name: string, text: string): string {
  if (random.chance(0.25)) return mutateText(random, text);
  if (random.chance(0.15)) return Buffer.from(mutateBytes(random, Buffer.from(text))).toString();
  const lines = name === resultsFile ? [text] : text.split('\n');
  const at = random.integer(Math.max(1, lines.length - 1));
  try {
    const root = toNode(JSON.parse(lines[at] ?? ''));
    for (let changes = random.few(4); changes > 0; changes--) mutateNode(random, root);
    lines[at] = writeNode(root);
  } catch {
    // Mutated before to what is no JSON any more.
    return mutateText(random, text);
  }
  return lines.join('\n');
}
