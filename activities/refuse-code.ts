import { isAbsolute } from 'node:path';
import { StageFailedError } from '../src/errors.js';
import { findInHubCache } from '../src/external/hub-cache.js';
import { findPickle, findTaskCode } from '../src/external/untrusted-code.js';
import type { Permissions } from '../src/preflight/permissions.js';
import type { RunTrialInput } from './contracts.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Refuses a trial whose files would run code on this node that its owner did not allow. The files are
 * those of now: what `check` saw elsewhere or earlier does not count.
 */
export class CodeGuard {
  private readonly permissions: Permissions;
  private readonly env: Environment;

  constructor(permissions: Permissions, env: Environment) {
    this.permissions = permissions;
    this.env = env;
  }

  /** @throws StageFailedError `configuration`, naming the file and the flag */
  async refuse(input: RunTrialInput): Promise<void> {
    for (const model of modelsOf(input)) {
      if (this.permissions.pickle.includes(model)) continue;
      const folder = isAbsolute(model) ? model : await findInHubCache(model, this.env);
      const pickle = folder === undefined ? undefined : await findPickle(folder);
      if (pickle !== undefined)
        throw new StageFailedError(
          'configuration',
          `${model} has its weights as pickle (${pickle}), which can run code when it is opened: ` +
            'convert it to safetensors, or start the sweep with --allow-pickle LABEL (other nodes: `mergesweep worker --allow-pickle MODEL`).',
        );
    }
    if (this.permissions.taskCode) return;
    const { includePath, cwd, tasks } = input.evaluation;
    const names = tasks.map(({ name }) => name);
    const code = await findTaskCode({ includePath, cwd, tasks: names });
    if (code !== undefined)
      throw new StageFailedError(
        'configuration',
        `Eval tasks hold code: ${code}. Read it, then start the sweep (and its other nodes) with --allow-task-code.`,
      );
  }

  /**
   * What is allowed to be opened is still not to run: torch's own guard had holes before 2.10
   * (CVE-2025-32434, CVE-2026-24747).
   * @throws StageFailedError `configuration`
   */
  requireSafeTorch(input: RunTrialInput, { torch }: Readonly<Record<string, string>>): void {
    const [major = 0, minor = 0] = (torch ?? '').split('.').map(Number);
    if (!this.allowsPickle(input) || major > 2 || (major === 2 && minor >= 10)) return;
    throw new StageFailedError(
      'configuration',
      `Expected torch 2.10 or newer to open pickles with, got ${torch ?? 'none'}: older ones can be made to run what is in them.`,
    );
  }

  /** Whether torch may unpickle anything at all in this trial. */
  allowsPickle(input: RunTrialInput): boolean {
    return [...modelsOf(input)].some((model) => this.permissions.pickle.includes(model));
  }
}

/** Whatever is opened, by whichever program. */
export function modelsOf({ subject, evaluator }: RunTrialInput): ReadonlySet<string> {
  const models = new Set(evaluator?.models);
  if (subject.kind === 'model') return models.add(subject.model);
  const { baseModel, models: parents, tokenizerSource } = subject.recipe;
  for (const model of [baseModel, ...parents.map(({ model }) => model)]) models.add(model);
  const isModel = tokenizerSource !== undefined && !['base', 'union'].includes(tokenizerSource);
  return isModel ? models.add(tokenizerSource) : models;
}
