/** Architecture and sizes: what must be equal for weights to be added up. */
import type { CheckpointFacts, ModelConfig } from './checkpoint-facts.js';
import type { Finding } from './finding.js';

const sizes = {
  hiddenSize: 'hidden_size',
  heads: 'num_attention_heads',
  keyValueHeads: 'num_key_value_heads',
  intermediateSize: 'intermediate_size',
} as const;

export function checkConfig(base: CheckpointFacts, parent: CheckpointFacts): Finding[] {
  const [ours, theirs] = [parent.config, base.config];
  const replace = `replace ${parent.label} by a fine-tune of the base model`;
  const architectures = [describe(ours), describe(theirs)] as const;
  if (differs(ours.modelType, theirs.modelType) || differs(ours.architecture, theirs.architecture))
    return [
      {
        code: 'P020',
        severity: 'error',
        subject: parent.label,
        message: `architecture is ${architectures[0]}; the base has ${architectures[1]}`,
        waysOut: [replace, 'name the base model that this parent was tuned from'],
      },
    ];
  const findings: Finding[] = [];
  if (differs(ours.layers, theirs.layers))
    findings.push({
      code: 'P021',
      severity: 'error',
      subject: parent.label,
      message: `${ours.layers ?? '?'} layers; the base has ${theirs.layers ?? '?'}`,
      waysOut: [replace],
    });
  const different = Object.entries(sizes)
    .filter(([key]) => differs(ours[key as keyof typeof sizes], theirs[key as keyof typeof sizes]))
    .map(([key, name]) => {
      const of = (config: ModelConfig): string => String(config[key as keyof typeof sizes]);
      return `${name} is ${of(ours)}, the base has ${of(theirs)}`;
    });
  if (different.length > 0)
    findings.push({
      code: 'P022',
      severity: 'error',
      subject: parent.label,
      message: different.join('; '),
      waysOut: [replace],
    });
  if (differs(ours.tiesEmbeddings, theirs.tiesEmbeddings))
    findings.push({
      code: 'P023',
      severity: 'warning',
      subject: parent.label,
      message: `tie_word_embeddings is ${String(ours.tiesEmbeddings)}; the base has ${String(theirs.tiesEmbeddings)}, and the merge follows the base`,
      waysOut: ['look at the first merged model by hand', replace],
    });
  return findings;
}

/** Unknown on either side is no difference. */
function differs<T>(a: T | undefined, b: T | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

const describe = (config: ModelConfig): string =>
  `${config.architecture ?? '?'} (${config.modelType ?? '?'})`;
