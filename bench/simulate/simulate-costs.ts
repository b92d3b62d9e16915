/** What the stages of a trial cost on a node with one H100: measured, estimated or assumed. */
import { execa } from 'execa';

/** A model's sizes, bytes, bfloat16. Source: docs/memory.md, from the shapes of Llama 2. */
export interface ModelSize {
  readonly name: string;
  /** One merged model, in memory or as a checkpoint. */
  readonly modelBytes: number;
  /** Base and three parents. */
  readonly parentsBytes: number;
}

export const sizes: readonly ModelSize[] = [
  { name: '7B', modelBytes: 13.5e9, parentsBytes: 53.9e9 },
  { name: '13B', modelBytes: 26e9, parentsBytes: 104e9 },
];

/** Evaluation of one model on all documents, minutes: assumed, it depends on the tasks alone. */
export const evaluationMinutes = [1, 5, 20] as const;

/**
 * First use of the card by a process, s. Estimate, not measured: what is left of the 15–30 s of start
 * per trial in facts/pipeline.md §2 beside the measured imports and task index, on two processes.
 */
export const cudaStartSeconds = 5;

/**
 * Building of tasks and requests, and an HFLM without weights to speak of, in a fresh lm_eval: CPU-s
 * measured on the zoo, facts/pipeline.md §2 (.2 and 2.7).
 */
export const evaluatorBuildSeconds = 0.2 + 2.7;

/** lm_eval's question for the environment at its end: s measured, facts/pipeline.md §2. */
export const environmentInfoSeconds = 1;

/** Workflows, ledger and files around a trial: issue 4's bound, CPU-s (`npm run bench -- overhead`). */
export const orchestrationSeconds = 0.1;

/** Size-independent starts of the programs. */
export interface StartCosts {
  /** Importing what mergekit-yaml imports, s. */
  readonly mergekit: number;
  /** Importing what lm_eval imports, s. */
  readonly lmEval: number;
  /** Its index of all tasks, s. */
  readonly taskIndex: number;
}

/** CPU-seconds of fresh processes on this machine: what a core to itself would take as long for. */
export async function measureStarts(python: string): Promise<StartCosts> {
  const measure = async (...steps: string[]): Promise<number[]> => {
    const lines = ['import time', 'print(time.process_time())'];
    for (const step of steps) lines.push(step, 'print(time.process_time())');
    const { stdout } = await execa(python, ['-c', lines.join('\n')], {
      env: { OMP_NUM_THREADS: '1', OMP_WAIT_POLICY: 'PASSIVE', HF_HUB_OFFLINE: '1' },
    });
    const times = stdout
      .split('\n')
      .map(Number)
      .filter((time) => !Number.isNaN(time));
    return times.slice(1).map((time, index) => time - (times[index] ?? 0));
  };
  const [mergekit = Number.NaN] = await measure('import mergekit.scripts.run_yaml');
  const [lmEval = Number.NaN, model = Number.NaN, taskIndex = Number.NaN] = await measure(
    'import lm_eval, lm_eval.evaluator, lm_eval.tasks',
    'import lm_eval.models.huggingface',
    'lm_eval.tasks.TaskManager()',
  );
  return { mergekit, lmEval: lmEval + model, taskIndex };
}
