/**
 * What a node takes as a trial. Whoever can write to the Temporal server writes these inputs, and
 * what is in them becomes arguments of programs, paths and YAML: nothing is spawned for one that a
 * coordinator of ours would not have sent.
 */
import { z } from 'zod';
import { StageFailedError } from '../src/errors.js';
import { mergeMethods } from '../src/merge/methods.js';
import {
  findCodeInValue,
  isArgumentOpen,
  type ArgumentGroup,
} from '../src/spec/argument-tables.js';
import { isTaskFile } from '../src/spec/check-tasks.js';
import { resolveModel, resolvePath } from '../src/spec/model-reference.js';
import { namePattern } from '../src/spec/schema.js';
import type { ReleaseOrder, RunTrialInput } from './contracts.js';

/** One line without control characters: what may stand in an argument or a path. */
const plain = z
  .string()
  .max(4096)
  .regex(/^\P{Cc}*$/u);
/** Prompts and templates may have lines. */
const text = z
  .string()
  .max(65_536)
  .regex(/^[^\0]*$/);

const finite = z.number();
const count = z.int().min(0).max(1_000_000_000);
/** Names become keys: none that every object has. */
const isOwn = (key: string): boolean => !(key in Object.prototype);
const name = z.string().regex(namePattern).refine(isOwn);
const seed = z.int().min(0).max(2_147_483_647);
const minutes = z.number().positive().max(10_000_000);

/** Absolute and without `..`: as `resolvePath` leaves it. */
const path = plain.refine((value) => value.startsWith('/') && resolvePath(value, '/') === value);
/** As a sweep file's models come out of `resolveModel`. */
const model = plain.refine((value) => {
  const reference = resolveModel(value, '/');
  return reference.ok && reference.model === value;
});

const dtype = z.enum(['float32', 'bfloat16', 'float16']);
const parameterName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,47}$/)
  .refine(isOwn);

const openArguments = (group: ArgumentGroup) =>
  z
    .record(z.string().regex(/^[A-Za-z][\w-]{0,63}$/), z.union([text, finite, z.boolean()]))
    .refine((args) =>
      Object.entries(args).every(
        ([key, value]) =>
          isArgumentOpen(group, key) &&
          findCodeInValue(group, key, value) === undefined &&
          !(typeof value === 'string' && value.startsWith('-')),
      ),
    );

const recipe = z.strictObject({
  method: z.enum(mergeMethods.map((method) => method.name) as [string, ...string[]]),
  baseModel: model,
  models: z
    .array(z.strictObject({ label: name, model, parameters: z.record(parameterName, finite) }))
    .min(1)
    .max(64),
  parameters: z.record(parameterName, z.union([finite, z.boolean()])),
  dtype,
  outDtype: dtype.optional(),
  tokenizerSource: z.union([z.enum(['base', 'union']), model]).optional(),
  chatTemplate: text.optional(),
  seed,
});

const task = z.strictObject({
  name: name.refine((value) => !isTaskFile(value)),
  metric: plain.max(256),
  direction: z.enum(['maximize', 'minimize']),
  weight: finite.positive(),
  numFewshot: z.int().min(0).max(1000).optional(),
  limit: z.int().min(1).optional(),
  for: name.optional(),
});

const documents = z.strictObject({
  seed,
  rungs: z.array(z.number().positive().max(1)).min(1).max(16),
  rung: z.int().min(1).max(16),
  isExtension: z.boolean(),
  counts: z.record(plain.max(256), count),
});

const evaluation = z.strictObject({
  split: z.enum(['search', 'confirm']),
  tasks: z.array(task).min(1).max(64),
  model: z.enum(['hf', 'vllm']),
  modelArgs: openArguments('evaluation.model_args'),
  batchSize: z.int().min(1).max(1_000_000),
  includePath: path.optional(),
  cwd: path.optional(),
  device: z
    .string()
    .regex(/^[A-Za-z][\w:.,-]{0,63}$/)
    .optional(),
  documents: documents.optional(),
  args: openArguments('evaluation.args'),
});

/** A key becomes a folder below the work root. */
export const workKeySchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/);
const ledgerId = z.string().regex(/^[A-Za-z0-9][\w-]{0,63}$/);
/** `7`, `b1`, `c2`, `7r2`: becomes a folder of the results. */
const trialId = z.string().regex(/^[a-z]?\d{1,9}(r\d{1,3})?$/);
const node = z.string().regex(/^[a-z0-9][a-z0-9-]{0,127}$/i);
const byLabel = z.record(name, plain);

const shape = {
  ledgerId,
  sweep: name,
  trial: trialId,
  kind: z.enum(['search', 'baseline', 'confirm', 'promotion']),
  subject: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('merge'), recipe }),
    z.strictObject({ kind: z.literal('model'), label: name, model }),
  ]),
  mergeOptions: z.strictObject({
    cuda: z.boolean(),
    lowCpuMemory: z.boolean(),
    args: openArguments('merge.args'),
  }),
  evaluation,
  limits: z.strictObject({
    mergeMinutes: minutes,
    evaluateMinutes: minutes,
    stallMinutes: minutes,
  }),
  evaluator: z
    .strictObject({
      mode: z.enum(['auto', 'warm', 'cold']),
      baseModel: model,
      models: z.array(model).min(1).max(64),
      dtype,
      isVerified: z.boolean(),
    })
    .optional(),
  isCheckpointWanted: z.boolean().optional(),
  maxAttempts: z.int().min(1).max(100),
  holder: z.strictObject({ node, workKey: workKeySchema }).optional(),
  sources: z.record(name, model).optional(),
  parents: byLabel.optional(),
  workKey: workKeySchema,
  lease: z
    .strictObject({
      gpuSeconds: finite.positive().optional(),
      wallSeconds: finite.positive().optional(),
    })
    .optional(),
  used: z.strictObject({ gpuSeconds: finite.min(0), sinceMs: finite.min(0) }).optional(),
  pinnedTools: z
    .strictObject({
      versions: z.record(z.string().regex(/^[\w.-]{1,64}$/), plain.max(128)),
      policy: z.enum(['refuse', 'warn']),
    })
    .optional(),
  turn: z
    .strictObject({ priority: z.int().min(1).max(5), weight: finite.positive().max(1000) })
    .optional(),
  // A key that the contract gets and this page lacks is an error of the compiler.
} satisfies Record<keyof RunTrialInput, z.ZodType>;

const runTrialInputSchema = z.strictObject(shape);

const releaseOrderSchema = z.strictObject({
  trial: trialId,
  node,
  workKey: workKeySchema,
  keep: z.boolean(),
} satisfies Record<keyof ReleaseOrder, z.ZodType>);

/** @throws StageFailedError `configuration`, naming the first key that is not as it should be */
export function requireRunTrialInput(input: unknown): RunTrialInput {
  return parse(runTrialInputSchema, input, 'trial') as RunTrialInput;
}

/** As `requireRunTrialInput`. */
export function requireReleaseOrder(order: unknown): ReleaseOrder {
  return parse(releaseOrderSchema, order, 'release order');
}

function parse<Output>(schema: z.ZodType<Output>, value: unknown, what: string): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  // Keys and values are a stranger's: no more of them than a person needs.
  const at = issue?.path.join('.').slice(0, 100) ?? '';
  const why = issue?.message.slice(0, 200) ?? 'no object';
  throw new StageFailedError(
    'configuration',
    `Expected a ${what} as a coordinator of this version sends it, got another ${at === '' ? 'form' : at} ` +
      `(${why}): run the same version of mergesweep on all machines, and ` +
      'look at who can reach the Temporal server.',
  );
}
