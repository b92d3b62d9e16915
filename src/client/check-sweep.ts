/** Everything that can be known of a sweep before it starts: the file, the models, the plan. */
import { stat } from 'node:fs/promises';
import { countToCome } from '../budget/remaining.js';
import { MergesweepError, UsageError } from '../errors.js';
import { readCheckpointFacts } from '../external/checkpoint-files.js';
import { findInHubCache } from '../external/hub-cache.js';
import { findTaskCode } from '../external/untrusted-code.js';
import type { CheckpointFacts } from '../preflight/checkpoint-facts.js';
import { findFindings } from '../preflight/find-findings.js';
import type { Finding } from '../preflight/finding.js';
import { nothingAllowed, type Permissions } from '../preflight/permissions.js';
import { createSearchSpace } from '../space/search-space.js';
import type { Diagnostic } from '../spec/diagnostic.js';
import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import { planCost, type CostPlan, type Surroundings } from './plan-cost.js';
import { readMachine, type Machine } from './machine.js';
import { findWarmObstacle, planSweepMemory, type SweepMemory } from './plan-sweep-memory.js';

export interface CheckReport {
  /** Absolute path of the file. */
  readonly path: string;
  /**
   * `spec`: the file has errors, the models were not looked at; `models`: a model does not fit;
   * `ok`: the sweep may start, whatever the warnings.
   */
  readonly status: 'ok' | 'spec' | 'models';
  /** Absent when the file has errors. */
  readonly spec?: SweepSpec;
  /** Errors and warnings of the file, by position. */
  readonly diagnostics: readonly Diagnostic[];
  readonly findings: readonly Finding[];
  /** Models whose files were read. */
  readonly checked: readonly CheckpointFacts[];
  readonly plan?: SweepPlan;
  /** Absent when it can't be known here: a model was not read, or has no safetensors. */
  readonly memory?: SweepMemory;
  /** Absent when the file has errors. */
  readonly cost?: CostPlan;
}

/** How many evaluations the sweep will cost. */
export interface SweepPlan {
  readonly baselines: number;
  readonly searchTrials: number;
  /** Of the confirm split: the finalists and every baseline; 0 without confirm tasks. */
  readonly confirmations: number;
  /** Names of the searched numbers. */
  readonly dimensions: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads headers and small files only, never weights, never the network.
 * @param path absolute path of the file that `text` is from
 * @param env for the Hub cache's place, `~/` and the cards that may be used
 * @param machine what the memory is planned for; @default this machine
 * @param surroundings nodes and earlier sweeps; @default this machine, none
 * @param permissions pickles by label; @throws UsageError `unknown_label` where one is no model's
 */
export async function checkSweep(
  text: string,
  path: string,
  env: Environment,
  machine?: Machine,
  permissions: Permissions = nothingAllowed,
  surroundings: Surroundings = {},
): Promise<CheckReport> {
  const parsed = parseSweepSpec(text, path, env['HOME']);
  if (!parsed.ok)
    return { path, status: 'spec', diagnostics: parsed.diagnostics, findings: [], checked: [] };
  const { spec, warnings } = parsed;
  requireLabels(spec, permissions);
  const base = await readModel('base', spec.base.model, spec.base.isLocal, env);
  const parents = await Promise.all(
    spec.parents.map(({ label, model, isLocal }) => readModel(label, model, isLocal, env)),
  );
  const readParents = parents.flatMap((reading) => ('facts' in reading ? [reading.facts] : []));
  const baseFacts = 'facts' in base ? base.facts : undefined;
  const checked = [...(baseFacts === undefined ? [] : [baseFacts]), ...readParents];
  const memory = planSweepMemory(spec, checked, machine ?? (await readMachine(env)));
  const cost = planCost(spec, memory, surroundings);
  const findings = [
    ...[base, ...parents].flatMap((reading) => ('finding' in reading ? [reading.finding] : [])),
    ...findFindings(baseFacts, readParents, spec, permissions),
    ...(await checkFolder(spec.includePath, 'evaluation.include_path')),
    ...(await checkFolder(spec.evaluationCwd, 'evaluation.cwd')),
    ...(await checkTaskCode(spec, permissions)),
    ...checkMode(spec, memory),
    ...cost.findings,
  ];
  return {
    path,
    status: findings.some(({ severity }) => severity === 'error') ? 'models' : 'ok',
    spec,
    diagnostics: warnings,
    findings,
    checked,
    plan: planSweep(spec),
    ...(memory === undefined ? {} : { memory }),
    cost,
  };
}

/** Base, parents, uniform merge and default TIES come before the search, and again on the confirm split. */
export function planSweep(spec: SweepSpec): SweepPlan {
  const baselines = 1 + spec.parents.length + 2;
  return {
    baselines,
    searchTrials: spec.file.optimizer.max_trials,
    confirmations: countToCome(spec.file, {
      proposed: { baseline: baselines, search: 0, promotion: 0, confirm: 0 },
      ...{ maxTrials: spec.file.optimizer.max_trials, isSearchOver: false },
    }).confirm,
    dimensions: createSearchSpace(spec).dimensions.map(({ name }) => name),
  };
}

type ModelReading = { readonly facts: CheckpointFacts } | { readonly finding: Finding };

async function readModel(
  label: string,
  model: string,
  isLocal: boolean,
  env: Environment,
): Promise<ModelReading> {
  const directory = isLocal ? model : await findInHubCache(model, env);
  if (directory === undefined)
    return {
      finding: {
        code: 'P001',
        severity: 'unchecked',
        subject: label,
        message: `${model}: not checked here, as this machine's Hub cache does not hold it`,
        waysOut: [
          `to check it here: ${downloadCommand(model)}`,
          'or go on: the tools fetch it where they run',
        ],
      },
    };
  try {
    return { facts: await readCheckpointFacts(directory, label) };
  } catch (error) {
    // Anything else is a defect of ours and has to be seen as one.
    if (!(error instanceof MergesweepError) && !isSystemError(error)) throw error;
    return {
      finding: {
        code: 'P002',
        severity: 'error',
        subject: label,
        message: error.message,
        waysOut: isLocal
          ? ['correct the path, or the folder']
          : [`${downloadCommand(model)} --force-download`],
      },
    };
  }
}

/** `org/name@commit` in the words of Hugging Face's CLI. */
function downloadCommand(model: string): string {
  const [name = model, revision] = model.split('@');
  return `hf download ${name}${revision === undefined ? '' : ` --revision ${revision}`}`;
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';

/** A sweep that demands warm pauses at its first merge where that can't be had: better said here. */
function checkMode(spec: SweepSpec, memory: SweepMemory | undefined): Finding[] {
  if (spec.file.evaluation.mode !== 'warm') return [];
  const isTooSmall = memory?.choice.residence === 'cold';
  const reason = findWarmObstacle(spec) ?? (isTooSmall ? memory.choice.reason : undefined);
  if (reason === undefined) return [];
  return [
    {
      code: 'P061',
      severity: 'error',
      subject: 'evaluation.mode',
      message: `warm can't be had: ${reason}`,
      waysOut: ['set evaluation.mode to auto or cold'],
    },
  ];
}

/** The permissions as nodes know them: by model, as the tools get it. */
export function permitModels(spec: SweepSpec, { pickle, taskCode }: Permissions): Permissions {
  const models = [spec.base, ...spec.parents].filter(({ label }) => pickle.includes(label));
  return { pickle: models.map(({ model }) => model), taskCode };
}

function requireLabels(spec: SweepSpec, { pickle }: Permissions): void {
  const labels = [spec.base, ...spec.parents].map(({ label }) => label);
  const unknown = pickle.find((label) => !labels.includes(label));
  if (unknown === undefined) return;
  throw new UsageError(
    'unknown_label',
    `--allow-pickle ${unknown}: expected one of this sweep's models: ${labels.join(', ')}.`,
  );
}

async function checkTaskCode(spec: SweepSpec, { taskCode }: Permissions): Promise<Finding[]> {
  const { search, confirm } = spec.file.tasks;
  const tasks = [...search, ...confirm].map(({ name }) => name);
  const { includePath, evaluationCwd: cwd } = spec;
  const code = await findTaskCode({ includePath, cwd, tasks });
  if (code === undefined) return [];
  return [
    {
      code: 'P062',
      severity: taskCode ? 'warning' : 'error',
      subject: 'eval tasks',
      message: `code that runs when they are loaded${taskCode ? ' (allowed by --allow-task-code)' : ''}: ${code}`,
      waysOut: taskCode
        ? ['nodes on other machines need `mergesweep worker --allow-task-code`']
        : ['read it; if you trust who made it: --allow-task-code'],
    },
  ];
}

async function checkFolder(folder: string | undefined, key: string): Promise<Finding[]> {
  if (folder === undefined) return [];
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return [];
  return [
    {
      code: 'P060',
      severity: 'error',
      subject: key,
      message: `no such folder: ${folder}`,
      waysOut: ['correct it: the path is relative to the sweep file'],
    },
  ];
}
