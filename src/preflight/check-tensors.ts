/** Tensor by tensor against the base, from the headers alone. */
import type { CheckpointFacts, TensorFacts } from './checkpoint-facts.js';
import type { Finding } from './finding.js';

/** Tensors whose first axis is the vocabulary: told as a difference of vocabulary instead. */
const vocabularyTensor =
  /(^|\.)(embed_tokens|wte|lm_head|embed_in|embed_out|word_embeddings)\.weight$/;
/** Recomputed from the config when a model is loaded; merges leave them out. */
const derivedTensor = /\.rotary_emb\.inv_freq$|\.attn\.(masked_)?bias$/;

const named = 3;

/** @param isVocabularyHandled the sweep sets `tokenizer_source`: mergekit aligns the rows itself */
export function checkTensors(
  base: CheckpointFacts,
  parent: CheckpointFacts,
  isVocabularyHandled: boolean,
): Finding[] {
  if (parent.weights !== 'safetensors' || base.weights !== 'safetensors') return [];
  const ours = parent.tensors;
  const theirs = base.tensors;
  const tied = parent.config.tiesEmbeddings === true || base.config.tiesEmbeddings === true;
  const isOptional = (name: string): boolean =>
    derivedTensor.test(name) || (tied && name === 'lm_head.weight');
  const missing = Object.keys(theirs).filter((name) => !(name in ours) && !isOptional(name));
  const extra = Object.keys(ours).filter((name) => !(name in theirs) && !isOptional(name));
  const shared = Object.entries(theirs).flatMap(([name, tensor]) => {
    const own = Object.hasOwn(ours, name) ? ours[name] : undefined;
    return own === undefined ? [] : [{ name, own, tensor }];
  });
  const isAligned = (name: string, own: TensorFacts, tensor: TensorFacts): boolean =>
    isVocabularyHandled &&
    vocabularyTensor.test(name) &&
    sameShape(own.shape.slice(1), tensor.shape.slice(1));
  const misshapen = shared.filter(
    ({ name, own, tensor }) => !sameShape(own.shape, tensor.shape) && !isAligned(name, own, tensor),
  );
  const retyped = shared.filter(({ own, tensor }) => own.dtype !== tensor.dtype);

  const subject = parent.label;
  const findings: Finding[] = [];
  if (missing.length > 0)
    findings.push({
      code: 'P030',
      severity: 'error',
      subject,
      message: `${count(missing.length, 'tensor')} of the base missing: ${list(missing)}`,
      waysOut: ['download the model again', 'if it is an adapter, merge it into its base first'],
    });
  if (extra.length > 0)
    findings.push({
      code: 'P031',
      severity: 'warning',
      subject,
      message: `${count(extra.length, 'tensor')} that the base lacks, left out of the merge: ${list(extra)}`,
      waysOut: ['check that the model works without them'],
    });
  if (misshapen.length > 0)
    findings.push({
      code: 'P032',
      severity: 'error',
      subject,
      message: `${count(misshapen.length, 'tensor')} of another shape: ${list(
        misshapen.map(({ name, own, tensor }) => `${name} ${shape(own)}, base ${shape(tensor)}`),
      )}`,
      waysOut: misshapen.every(({ name }) => vocabularyTensor.test(name))
        ? ['set genome.tokenizer_source to `union` or `base`, so that mergekit aligns the rows']
        : ['replace the parent by a fine-tune of the base model'],
    });
  if (retyped.length > 0)
    findings.push({
      code: 'P033',
      severity: 'warning',
      subject,
      message: `${count(retyped.length, 'tensor')} of another type: ${list(
        retyped.map(({ name, own, tensor }) => `${name} ${own.dtype}, base ${tensor.dtype}`),
      )}`,
      waysOut: ['nothing to do where genome.dtype is wide enough: all are converted to it'],
    });
  return findings;
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);
const shape = (tensor: TensorFacts): string => `[${tensor.shape.join(', ')}]`;
const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

function list(names: readonly string[]): string {
  const more = names.length - named;
  return names.slice(0, named).join('; ') + (more > 0 ? `; and ${more} more` : '');
}
