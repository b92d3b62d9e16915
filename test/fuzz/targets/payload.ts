/** What a node sends through `tellAsk`, on a real ledger: it must end its trial, and nothing else. */
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { createCoordinatorActivities } from '../../../activities/coordinator.js';
import type {
  CoordinatorActivities,
  RunTrialInput,
  RunTrialResult,
  TellAskReply,
  TrialOutcome,
} from '../../../activities/contracts.js';
import { sweepText } from '../../../activities/coordinator.fixture.js';
import { failureClasses } from '../../../src/errors.js';
import { metricRange } from '../../../src/evaluation/metric-range.js';
import { packDocuments, unpackDocuments } from '../../../src/external/packed-report.js';
import { openLedger, type Ledger } from '../../../src/store/ledger.js';
import { fine, violation, type Fuzzer, type Verdict } from '../fuzzer.js';
import { mutateNode, toNode, writeNode } from '../mutate-json.js';
import { mutateText, shorterTexts } from '../mutate-text.js';
import { createScratch } from '../scratch.js';
import type { SeededRandom } from '../seeded-random.js';

interface PayloadCase {
  readonly status: 'complete' | 'failed';
  /** JSON of the result or the failure. */
  readonly text: string;
}

const tasks = ['shift', 'rev'];
const metric = 'exact_match,none';
const documents = 12;
const sweep = 'demo';
/** So that a ledger stays as small as those of most sweeps. */
const casesPerLedger = 250;

export async function createPayloadFuzzer(): Promise<Fuzzer<PayloadCase>> {
  const scratch = createScratch();
  let serial = 0;
  let coordinator = await Coordinator.start(join(scratch, '0'));
  return {
    make: makePayload,
    check: async (payload) => {
      if (coordinator.cases++ >= casesPerLedger) {
        coordinator.close();
        coordinator = await Coordinator.start(join(scratch, String(++serial)));
      }
      return coordinator.check(payload);
    },
    write: ({ status, text }) => `${status}\n${text}`,
    *smaller({ status, text }) {
      for (const shorter of shorterTexts(text)) yield { status, text: shorter };
    },
    close: () => {
      coordinator.close();
    },
  };
}

class Coordinator {
  cases = 0;
  readonly #folder: string;
  readonly #ledger: Ledger;
  readonly #activities: CoordinatorActivities;
  #requestId = 1;
  #trials: RunTrialInput[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
    this.#ledger = openLedger(folder, { mode: 'write' });
    this.#activities = createCoordinatorActivities({
      ledger: this.#ledger,
      resultsDir: folder,
      clock: { now: () => new Date('2026-01-01T00:00:00Z') },
    });
  }

  static async start(folder: string): Promise<Coordinator> {
    const coordinator = new Coordinator(folder);
    await coordinator.#open();
    // The baselines, so that what follows are trials of the search.
    for (let round = 0; round < 3; round++)
      coordinator.#trials = [
        ...(await coordinator.#tellAsk(coordinator.#trials.map((trial) => complete(trial, good()))))
          .trials,
      ];
    return coordinator;
  }

  async check({ status, text }: PayloadCase): Promise<Verdict> {
    const parsed = parse(text);
    if (parsed === undefined) return fine('not JSON');
    const [damaged, sound] = this.#trials;
    if (damaged === undefined || sound === undefined) throw new Error('two trials must be running');
    const reply = await this.#tellAsk([
      (status === 'complete'
        ? { trial: damaged.trial, status, result: parsed }
        : { trial: damaged.trial, status, failure: parsed }) as TrialOutcome,
      complete(sound, good()),
    ]);
    const verdict = this.#judge(damaged, sound);
    this.#trials = [...reply.trials];
    // A failure of the whole sweep pauses it, as it should.
    if (reply.state === 'paused') await this.#open();
    while (this.#trials.length < 2)
      this.#trials.push(...(await this.#tellAsk([], 2 - this.#trials.length)).trials);
    return verdict;
  }

  #judge(damaged: RunTrialInput, sound: RunTrialInput): Verdict {
    if (this.#ledger.getTrial(sweep, sound.trial)?.state !== 'complete')
      return violation('nonsense', 'another trial was not accepted');
    const row = this.#ledger.getTrial(sweep, damaged.trial);
    if (row === undefined || row.state === 'proposed')
      return violation('nonsense', `trial ${damaged.trial} did not end`);
    if (row.state !== 'complete') {
      const { failure } = row;
      const isKnown = failure !== undefined && failureClasses.includes(failure.class);
      return isKnown && typeof failure.reason === 'string'
        ? fine(`failed (${failure.class})`)
        : violation('nonsense', `a failure that is none: ${JSON.stringify(failure)}`);
    }
    const nonsense = this.#findNonsense(damaged);
    return nonsense === undefined
      ? fine('accepted')
      : violation('nonsense', `accepted: ${nonsense}`);
  }

  #findNonsense({ trial, evaluation }: RunTrialInput): string | undefined {
    const row = this.#ledger.getTrial(sweep, trial);
    if (!Number.isFinite(row?.fitness)) return `a fitness of ${row?.fitness}`;
    const scores = this.#ledger.listScores(sweep, trial);
    if (scores.length !== evaluation.tasks.length) return `${scores.length} scores`;
    for (const planned of evaluation.tasks) {
      const score = scores.find(({ task }) => task === planned.name);
      if (score?.metric !== planned.metric) return `no score of ${planned.name}`;
      const { min, max } = metricRange(score.metric);
      if (!(score.value >= min && score.value <= max)) return `a score of ${score.value}`;
      if (!Number.isSafeInteger(score.documents)) return `${score.documents} documents`;
      if (score.higherIsBetter !== (planned.direction === 'maximize')) return 'another direction';
      if (score.stderr !== undefined && !(score.stderr >= 0)) return `an error of ${score.stderr}`;
    }
    for (const packed of this.#ledger.listDocuments(sweep, trial)) {
      const { values } = unpackDocuments(packed);
      const score = scores.find(({ task }) => task === packed.task);
      if (values.length !== score?.documents) return `${values.length} values`;
      if (!values.every(Number.isFinite)) return 'a value that is not finite';
    }
    return undefined;
  }

  async #open(): Promise<void> {
    const reply = await this.#activities.openSweep({
      ...{ ledgerId: this.#ledger.ledgerId, sweep },
      specText: sweepText({ maxTrials: 5000, hasConfirm: false, optimizer: 'name: random' }),
      specPath: '/sweeps/demo.yaml',
    });
    this.#requestId = reply.nextRequestId;
    this.#trials = [...reply.pending];
  }

  #tellAsk(outcomes: readonly TrialOutcome[], want = 2): Promise<TellAskReply> {
    const { ledgerId } = this.#ledger;
    const requestId = this.#requestId++;
    return this.#activities.tellAsk({ ledgerId, sweep, requestId, outcomes, want });
  }

  close(): void {
    this.#ledger.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function complete({ trial }: RunTrialInput, result: RunTrialResult): TrialOutcome {
  return { trial, status: 'complete', result };
}

/** A result as nodes send it. */
function good(): RunTrialResult {
  const values = Array.from({ length: documents }, (_, index) => (index * 7) % 2);
  const value = values.reduce((sum, each) => sum + each, 0) / documents;
  return {
    report: {
      split: 'search',
      scores: tasks.map((task) => ({
        ...{ task, metric, value, stderr: 0.1, documents, higherIsBetter: true },
      })),
      documents: tasks.map((task) =>
        packDocuments({
          ...{ task, metric, values, documentsHash: 'ab'.repeat(32) },
          documentIds: values.map((_, index) => index),
        }),
      ),
      taskHashes: { shift: 'h1', rev: 'h2' },
      taskVersions: { shift: 1, rev: '2.0' },
      leafCounts: { shift: documents, rev: documents },
    },
    checkpoint: { files: { 'model.safetensors': 'ab' }, sha256: 'cd', bytes: 1 },
    ...{ node: 'node-1', attempt: 1, seconds: { merge: 1, evaluate: 2 } },
    ...{ mode: 'cold', modeReason: 'evaluation.mode is cold', deviceClass: 'cpu' },
    ...{ versions: { mergekit: '0.1.5' }, workDir: '/work/key' },
  };
}

const failure = {
  ...{ class: 'crash', reason: 'lm_eval ended with exit code 1', stage: 'evaluate', attempt: 1 },
  ...{ node: 'node-1', logPath: '/work/key/log', logTail: 'boom' },
};

function makePayload(random: SeededRandom): PayloadCase {
  if (random.chance(0.15)) return { status: 'failed', text: mutate(random, failure) };
  const result = good();
  const { report } = result;
  const told = random.chance(0.3)
    ? {
        ...result,
        report: { ...report, documents: report.documents.map((each) => lie(random, each)) },
      }
    : result;
  const aimed = random.chance(0.3);
  // Scores are a small part of a result, and the part that counts.
  const marked = { ...told, report: { ...told.report, scores: '@scores' } };
  return {
    status: 'complete',
    text: aimed
      ? JSON.stringify(marked).replace('"@scores"', () => mutate(random, report.scores))
      : mutate(random, told),
  };
}

/** Values that are not what is said beside them. */
function lie(random: SeededRandom, packed: object): object {
  const bytes = Buffer.from(Array.from({ length: random.integer(60) }, () => random.integer(256)));
  const gzip = (data: string | Buffer): string => gzipSync(data).toString('base64');
  return {
    ...packed,
    ...random.pick<object>([
      { count: random.pick([0, 1, 11, 13, 1e9, -1, 0.5, 2 ** 53]) },
      { encoding: random.pick(['float32', 'float64', 'bits ', null]) },
      { values: gzip(bytes) },
      { values: gzip(Buffer.alloc(random.pick([2, 48, 1_000_000]))), encoding: 'float32' },
      { values: random.pick(['', '!', 'H4sIAAAA', null, 7, []]) },
      { documentIds: gzip(random.pick(['[]', '[0]', 'null', '{"length": 12}', '[1,2', '"x"'])) },
      { documentIds: gzip(JSON.stringify(Array.from({ length: 12 }, () => random.integer(12)))) },
      { task: random.pick(['rev', 'other', '', '__proto__']) },
      { metric: random.pick(['acc,none', '', null]) },
      { documentsHash: random.pick(['', null, 7, {}]) },
    ]),
  };
}

function mutate(random: SeededRandom, value: object): string {
  const root = toNode(value);
  for (let changes = random.few(4); changes > 0; changes--) mutateNode(random, root);
  const text = writeNode(root);
  return random.chance(0.05) ? mutateText(random, text) : text;
}

/** As Temporal's converter does. */
function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
