/** A node: slots, and work folders that outlive it. */
import type { RunTrialInput, RunTrialResult } from '../../activities/contracts.js';
import { packReport } from '../../src/external/packed-report.js';
import { evaluate, type Flaw } from './made-up-evaluation.js';

export class SimNode {
  readonly name: string;
  slots: number;
  isUp = true;
  /** Up, and nobody hears of it. */
  isCutOff = false;
  /** `result.json` by work key. */
  readonly results = new Map<string, RunTrialResult>();
  busy = 0;

  constructor(name: string, slots: number) {
    this.name = name;
    this.slots = slots;
  }

  get isReachable(): boolean {
    return this.isUp && !this.isCutOff;
  }

  /**
   * The end of an attempt: the stored result, or a fresh one, stored.
   * @throws StageFailedError
   */
  finish(
    run: RunTrialInput,
    attempt: number,
    { flaw, isCold }: { readonly flaw?: Flaw | undefined; readonly isCold: boolean },
  ): RunTrialResult {
    const known = this.results.get(run.workKey);
    if (known !== undefined) return known;
    const report = packReport(evaluate(run, flaw));
    const isMerge = run.subject.kind === 'merge';
    const isOnDisk = isMerge && (isCold || run.isCheckpointWanted === true);
    const sha256 = `sha-of-${run.workKey}`;
    const result: RunTrialResult = {
      report,
      ...(isOnDisk && {
        checkpoint: { files: { 'model.safetensors': sha256 }, sha256, bytes: 1 },
      }),
      node: this.name,
      attempt,
      seconds: { merge: 1, evaluate: 2 },
      mode: isCold ? 'cold' : 'warm',
      modeReason: 'as the seed says',
      deviceClass: 'cpu',
      versions: { mergekit: '0.1.5' },
      workDir: `/work/${run.workKey}`,
    };
    this.results.set(run.workKey, result);
    return result;
  }
}
