/** The product's warm child on its own: no Temporal, no ledger, no activity around it. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../src/config.js';
import { planCalls } from '../src/evaluation/calls.js';
import type { EvalReport } from '../src/evaluation/eval-report.js';
import type { EvaluationPlan } from '../src/evaluation/plan.js';
import { planEvaluation } from '../src/evaluation/plan-evaluation.js';
import { keptModelArguments } from '../src/evaluation/warm-limits.js';
import { childEnvironment } from '../src/external/child-environment.js';
import { joinReports, readOutput } from '../src/external/lm-eval-output.js';
import { requireTool } from '../src/external/find-tool.js';
import { WarmChild, type WarmOperation } from '../src/external/warm-child.js';
import { computeFitness } from '../src/scoring/fitness.js';
import type { SweepSpec } from '../src/spec/sweep-spec.js';
import { offline, root, toolThreads } from './demo-problem.js';
import type { Moment } from './measured-run.js';

/** A merge to score. */
export interface MergeOrder {
  /** mergekit's YAML. */
  readonly config: string;
  /** Of DARE's masks. */
  readonly seed: number;
}

export interface WarmScore {
  /** Mean over the plan's tasks. */
  readonly score: number;
  readonly report: EvalReport;
  /** Merge, evaluation and reading the results: of the child and of this process. */
  readonly cost: Moment;
}

/** What the tools of the benchmark get, wherever they run. */
export function benchToolEnvironment(
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return childEnvironment({ ...process.env, ...offline }, toolThreads(), extra);
}

/** A whole trial takes a second on the zoo; a minute without a sign is a hang. */
export const patience = { stallMs: 60_000, timeoutMs: 600_000 } as const;

export class WarmScorer {
  /** Seconds until it could take a merge, and CPU-seconds of the child until then. */
  readonly start: Moment;
  private readonly spec: SweepSpec;
  private readonly folder: string;
  private readonly child: WarmChild;
  private readonly signal = new AbortController().signal;
  private requests = 0;

  private constructor(spec: SweepSpec, folder: string, child: WarmChild, start: Moment) {
    this.spec = spec;
    this.folder = folder;
    this.child = child;
    this.start = start;
  }

  /** @param folder is made, and gets its logs */
  static async open(spec: SweepSpec, folder: string): Promise<WarmScorer> {
    mkdirSync(folder);
    const started = performance.now();
    const extra = {
      PYTHONPATH: join(root, 'python'),
      LM_HARNESS_CACHE_PATH: join(folder, 'cache'),
    };
    const env = benchToolEnvironment(extra);
    const child = await WarmChild.start({
      python: requireTool(readConfig({}, process.env, root).tools.python, env),
      cwd: spec.evaluationCwd ?? root,
      env,
    });
    try {
      const { cpuSeconds } = await child.request({
        ...patience,
        op: 'init',
        params: initParameters(spec),
        stage: 'evaluate',
        logPath: join(folder, 'init.log'),
        signal: new AbortController().signal,
      });
      const seconds = (performance.now() - started) / 1000;
      return new WarmScorer(spec, folder, child, { seconds, cpuSeconds });
    } catch (error) {
      await child.close();
      throw error;
    }
  }

  /** @param plan by default all of the search split */
  async score(
    merge: MergeOrder,
    plan: EvaluationPlan = planEvaluation(this.spec, 'search'),
  ): Promise<WarmScore> {
    const weights = `${merge.seed} ${merge.config}`;
    const own = process.cpuUsage();
    const before = this.child.lastReply?.cpuSeconds ?? 0;
    const started = performance.now();
    await this.request('merge', { ...merge, weights });
    const parts: EvalReport[] = [];
    const outs: string[] = [];
    for (const call of planCalls(plan)) {
      const out = join(this.folder, `evaluation-${++this.requests}`);
      outs.push(out);
      mkdirSync(out);
      await this.request('evaluate', {
        weights,
        tasks: [...new Set(call.tasks.map(({ name }) => name))],
        numFewshot: call.numFewshot ?? null,
        limit: call.limit ?? null,
        documents: null,
        out,
      });
      parts.push(await readOutput(out, call));
    }
    const report = joinReports(plan, parts);
    const score = computeFitness(report, plan).fitness;
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(own);
    const child = (this.child.lastReply?.cpuSeconds ?? Number.NaN) - before;
    for (const out of outs) rmSync(out, { recursive: true });
    return { score, report, cost: { seconds, cpuSeconds: child + (user + system) / 1e6 } };
  }

  scoreOnConfirm(merge: MergeOrder): Promise<WarmScore> {
    return this.score(merge, planEvaluation(this.spec, 'confirm'));
  }

  /** Names of the checkpoint's tensors whose bits are not those that were scored last. */
  async compareTo(checkpoint: string): Promise<readonly string[]> {
    const { different } = await this.request<{ different: string[] }>('compare', { checkpoint });
    return different;
  }

  close(): Promise<void> {
    return this.child.close();
  }

  private request<Result = unknown>(op: WarmOperation, params: Readonly<Record<string, unknown>>) {
    return this.child.request<Result>({
      ...patience,
      op,
      params,
      stage: op === 'merge' ? 'merge' : 'evaluate',
      logPath: join(this.folder, `${op}.log`),
      signal: this.signal,
    });
  }
}

/** As activities/warm-evaluator.ts asks for it on a machine without a card. */
function initParameters(spec: SweepSpec): Readonly<Record<string, unknown>> {
  const plan = planEvaluation(spec, 'search');
  return {
    base: spec.base.model,
    modelArgs: keptModelArguments(plan, spec.file.genome.dtype),
    batchSize: plan.batchSize,
    device: plan.device ?? null,
    includePath: plan.includePath ?? null,
    args: plan.args,
    parents: 'ram',
    mergeOptions: {},
  };
}
