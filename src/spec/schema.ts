/**
 * The sweep file: one zod schema from which the types, the editor's JSON Schema and
 * docs/sweep-file.md are derived. Names are mergekit's, mergekit-evolve's and lm-eval's.
 */
import { z } from 'zod';

/** What may name a sweep, a parent, a task: it becomes a folder, a workflow id, a flag's value. */
export const namePattern = /^[A-Za-z0-9][\w.-]{0,95}$/;

const name = z.string().regex(namePattern);
const finite = z.number();
const scalar = z.union([z.string(), z.number(), z.boolean()]);

export const rangeSchema = z.strictObject({
  min: finite.describe('Lower bound, inclusive.'),
  max: finite.describe('Upper bound, inclusive.'),
});
const searched = z.union([finite, rangeSchema]);
const parameters = z.record(z.string(), searched);

const parentSchema = z.union([
  z.string().min(1),
  z.strictObject({
    model: z.string().min(1).describe('Local path (`./…`, relative to this file) or Hub id.'),
    name: name.optional().describe('Label in tables; default: the last part of `model`.'),
    parameters: parameters.optional().describe('Ranges of this parent alone.'),
  }),
]);

const genomeSchema = z.strictObject({
  merge_method: z.string().describe("mergekit's name of the method, e.g. `dare_ties`."),
  base_model: z.string().min(1).describe('Local path (`./…`, relative to this file) or Hub id.'),
  models: z.array(parentSchema).min(2).max(16).describe('The parents, in the order of the merge.'),
  parameters: parameters
    .default({})
    .describe('Per parameter a number (fixed) or `{min, max}` (searched); defaults by method.'),
  normalize: z.boolean().optional().describe("mergekit's `normalize`; default: the method's."),
  rescale: z.boolean().optional().describe("mergekit's `rescale`; default: the method's."),
  int8_mask: z.boolean().optional().describe("mergekit's `int8_mask`."),
  dtype: z
    .enum(['float32', 'bfloat16', 'float16'])
    .default('bfloat16')
    .describe('Type in which mergekit computes, and writes unless `out_dtype` is set.'),
  out_dtype: z
    .enum(['float32', 'bfloat16', 'float16'])
    .optional()
    .describe('Type of the merged weights; default: `dtype`.'),
  tokenizer_source: z
    .string()
    .optional()
    .describe(
      "mergekit's: `base` or `union` align vocabularies that differ; default: the base's tokenizer is copied.",
    ),
  chat_template: z
    .string()
    .optional()
    .describe(
      "mergekit's `chat_template`: `auto`, a name, or a Jinja template; default: the base's.",
    ),
});

const taskSchema = z.strictObject({
  name: name.describe("lm-eval's task or group."),
  metric: z
    .string()
    .describe(
      "lm-eval's full metric key, e.g. `exact_match,strict-match`; or `margin,none`: of multiple-choice tasks, log-likelihood of the right choice − best other, a smoother signal than `acc`.",
    ),
  weight: finite.positive().default(1).describe('Share in the fitness.'),
  direction: z
    .enum(['maximize', 'minimize'])
    .default('maximize')
    .describe('`minimize` for perplexities and the like.'),
  num_fewshot: z
    .int()
    .min(0)
    .max(1000)
    .optional()
    .describe("Examples in each prompt; default: the task's."),
  limit: z.int().min(1).optional().describe('The first N documents; default: all.'),
  for: name.optional().describe('Label of the parent whose skill this task guards.'),
});

const args = z.record(z.string(), scalar).default({});

export const sweepFileSchema = z.strictObject({
  version: z.literal(1).describe('Version of this format.'),
  name: name.optional().describe("The sweep's name; default: the file's stem."),
  description: z.string().optional().describe('For people; shown in lists.'),
  genome: genomeSchema.describe('What is merged, and what of it is searched.'),
  optimizer: z
    .strictObject({
      name: z
        .enum(['cma-es', 'gp', 'random', 'sobol'])
        .default('cma-es')
        .describe(
          'The search algorithm: `cma-es`; `gp` (Bayesian: for few trials of few numbers); `random` and `sobol` (evenly spread) learn nothing. See docs/search.md.',
        ),
      max_trials: z
        .int()
        .min(1)
        .max(100_000)
        .default(100)
        .describe('Merges to try, exactly; baselines and confirmations come on top.'),
      seed: z
        .int()
        .min(0)
        .max(2_147_483_647)
        .default(42)
        .describe('The same seed proposes the same candidates.'),
      sigma0: finite.positive().max(1).default(0.25).describe('First step, in units of the box.'),
      population_size: z.int().min(2).max(1000).optional().describe('Default: 4 + ⌊3 ln n⌋.'),
      start: z
        .enum(['duo', 'single'])
        .default('duo')
        .describe(
          'Of `cma-es`. `duo`: one search that knows no merge and one from the known merges take turns, the worse one stops; `single`: the second alone.',
        ),
      surrogate: z
        .enum(['auto', 'off'])
        .default('auto')
        .describe(
          'Of `cma-es`. `auto`: a model of the scores chooses among the samples while it predicts well; `off`: plain CMA-ES.',
        ),
      inject: z
        .array(z.record(z.string(), finite))
        .max(100)
        .default([])
        .describe(
          'Merges to try first, each with every searched number by its name, e.g. `{weight.a: 0.4, weight.b: 0.6}`; they count to `max_trials`.',
        ),
      finalists: z
        .int()
        .min(1)
        .max(50)
        .default(5)
        .describe(
          'So many candidates are scored on the `confirm` tasks, the best measured among them; the best there is shipped.',
        ),
    })
    .prefault({})
    .describe('How the search goes.'),
  merge: z
    .strictObject({
      seed: z
        .int()
        .min(0)
        .max(2_147_483_647)
        .optional()
        .describe("Seed of DARE's masks; default: the optimizer's."),
      cuda: z
        .boolean()
        .default(false)
        .describe('Merge on the GPU; DARE draws other masks there than on the CPU.'),
      low_cpu_memory: z.boolean().default(false).describe('Keep results on the GPU while merging.'),
      args: args.describe('Further mergekit-yaml flags.'),
    })
    .prefault({})
    .describe('How a candidate is merged.'),
  evaluation: z
    .strictObject({
      mode: z
        .enum(['auto', 'warm', 'cold'])
        .default('auto')
        .describe(
          '`cold`: a fresh mergekit-yaml and lm_eval per trial; `warm`: one process keeps model and parents; `auto`: warm where it can be and was proved equal to cold.',
        ),
      verify_warm: z
        .boolean()
        .default(true)
        .describe(
          'Evaluate the first merge on a node in both ways and go on cold where a bit or a score differs.',
        ),
      model: z.enum(['hf', 'vllm']).default('hf').describe("lm-eval's backend."),
      model_args: args.describe("lm-eval's `--model_args`; `pretrained` is set per trial."),
      batch_size: z
        .int()
        .min(1)
        .default(8)
        .describe('Requests at once; an integer, as another size can give other scores.'),
      device: z
        .string()
        .optional()
        .describe("lm-eval's `--device`, e.g. `cpu`; default: lm-eval's choice."),
      include_path: z.string().optional().describe('Folder of task files, relative to this file.'),
      cwd: z.string().optional().describe("lm-eval's working directory, relative to this file."),
      args: args.describe('Further lm-eval arguments, e.g. `apply_chat_template: true`.'),
    })
    .prefault({})
    .describe('How a merge is evaluated.'),
  tasks: z
    .strictObject({
      search: z.array(taskSchema).min(1).max(64).describe('What the optimizer sees.'),
      confirm: z
        .array(taskSchema)
        .max(64)
        .default([])
        .describe('Held-out documents: scored once, at the end.'),
    })
    .describe('What a merge is scored on.'),
  fidelity: z
    .strictObject({
      strategy: z
        .enum(['off', 'rank-then-confirm', 'race'])
        .default('off')
        .describe(
          '`off`: every trial on all documents; `rank-then-confirm`: on a few, the best third on all; `race`: the best third climbs rung by rung.',
        ),
      rungs: z
        .array(finite.positive().max(1))
        .max(8)
        .optional()
        .describe(
          "Ascending shares of each task's documents, the last 1; default: `[0.1, 1]`, of a race `[0.1, 0.3, 1]`.",
        ),
      window: z
        .int()
        .min(3)
        .max(1000)
        .default(12)
        .describe("A trial climbs from the best third of its rung's last so many results."),
      seed: z
        .int()
        .min(0)
        .max(2_147_483_647)
        .optional()
        .describe("Shuffles the documents, once per sweep; default: the optimizer's."),
    })
    .prefault({})
    .describe(
      'On how many documents a trial is scored. The optimizer ranks the first rung; only trials on all documents can be best.',
    ),
  budget: z
    .strictObject({
      gpu_hours: finite
        .positive()
        .optional()
        .describe(
          'Card-hours of merges and evaluations, failed attempts included; a slot without a card counts as one card. Default: no cap.',
        ),
      usd: finite
        .positive()
        .optional()
        .describe('Money: card-hours × `usd_per_gpu_hour`, which it needs. Default: no cap.'),
      wall_clock_hours: finite
        .positive()
        .optional()
        .describe('Hours from the first start of the sweep, pauses included. Default: no cap.'),
      usd_per_gpu_hour: finite
        .positive()
        .optional()
        .describe('Price of one card for an hour; shows what a sweep costs.'),
    })
    .prefault({})
    .describe(
      'Caps beside `max_trials`, never exceeded: each trial sets its share aside before it starts. Whichever is reached first ends the search; finalists are still confirmed (docs/budget.md).',
    ),
  nodes: z
    .strictObject({
      priority: z
        .int()
        .min(1)
        .max(5)
        .default(3)
        .describe('Where several sweeps wait for the same nodes: 1 goes first, 5 last.'),
      weight: finite
        .positive()
        .max(1000)
        .default(1)
        .describe('Share of the nodes among sweeps of equal priority.'),
      tool_versions: z
        .enum(['refuse', 'warn'])
        .default('refuse')
        .describe(
          'A node whose mergekit, lm-eval, torch or transformers differ from those of the first score: `refuse`: it runs no trial of this sweep; `warn`: it does, and says so.',
        ),
    })
    .prefault({})
    .describe('Which nodes run it, and when.'),
  limits: z
    .strictObject({
      merge_minutes: finite
        .positive()
        .default(120)
        .describe('A merge that takes longer is stopped.'),
      evaluate_minutes: finite
        .positive()
        .default(360)
        .describe('An evaluation that takes longer is stopped.'),
      stall_minutes: finite
        .positive()
        .default(30)
        .describe('A stage without any sign of progress for so long is a hang.'),
      attempts: z
        .int()
        .min(1)
        .max(10)
        .default(3)
        .describe(
          'Attempts in all when the machine is to blame; the first four nodes that are lost cost none.',
        ),
    })
    .prefault({})
    .describe('When an attempt is given up.'),
  storage: z
    .strictObject({
      keep_models: z
        .int()
        .min(0)
        .max(100)
        .default(0)
        .describe('Checkpoints of the best k trials to keep on their nodes.'),
    })
    .prefault({})
    .describe('What stays on the disks of the nodes.'),
});

/** The file as written, defaults filled in. */
export type SweepFile = z.infer<typeof sweepFileSchema>;
export type TaskFile = SweepFile['tasks']['search'][number];
export type Range = z.infer<typeof rangeSchema>;
