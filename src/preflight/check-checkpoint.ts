/** What makes a checkpoint unfit on its own. */
import type { CheckpointFacts } from './checkpoint-facts.js';
import type { Finding } from './finding.js';
import { nothingAllowed, type Permissions } from './permissions.js';

/** @param permissions by label */
export function checkCheckpoint(
  facts: CheckpointFacts,
  permissions: Permissions = nothingAllowed,
): Finding[] {
  const { config, tokenizer, label: subject } = facts;
  const findings: Finding[] = [];
  const add = (
    code: string,
    severity: Finding['severity'],
    message: string,
    ...waysOut: string[]
  ): void => {
    findings.push({ code, severity, subject, message, waysOut });
  };
  const isAllowed = permissions.pickle.includes(subject);
  if (facts.weights === 'pickle')
    add(
      'P010',
      isAllowed ? 'warning' : 'error',
      `weights as pickle (.bin, .pt, .pth), which can run code when they are opened${isAllowed ? ': allowed by --allow-pickle' : ''}`,
      'convert them: load the model with transformers and save it with safe_serialization=True',
      'take a revision of the model that has safetensors',
      ...(isAllowed ? [] : [`if you trust who made it: --allow-pickle ${subject}`]),
    );
  if (facts.weights === 'none')
    add(
      'P012',
      'error',
      `no weights (*.safetensors) in ${facts.directory}`,
      'download the model again',
    );
  if (config.hasCustomCode)
    add(
      'P011',
      'error',
      'config.json has `auto_map`: the model wants to run Python code of its own repository',
      'take a model of an architecture that transformers has built in',
      'where the code only repeats a built-in architecture, remove auto_map from a local copy',
    );
  if (config.hasAdapter === true)
    add(
      'P014',
      'error',
      'an adapter lies beside the model (adapter_config.json): it would be scored with the model, and not merged',
      'merge the adapter into the model, or move its files elsewhere',
    );
  if (tokenizer?.hasCustomCode === true)
    add(
      'P015',
      'warning',
      'tokenizer_config.json has `auto_map`: the tokenizer names Python code of its own repository, which is never run',
      'nothing to do where transformers has that tokenizer built in; else take another model',
    );
  if (config.quantization !== undefined)
    add(
      'P013',
      'error',
      `weights are quantized (${config.quantization}): they can't be added up`,
      'take the unquantized model',
    );
  if (tokenizer === undefined)
    add(
      'P045',
      subject === 'base' ? 'error' : 'warning',
      'no tokenizer files',
      subject === 'base'
        ? 'add the tokenizer: the merged model is evaluated with it'
        : "nothing to do where the base's tokenizer is also this model's",
    );
  const rows = embeddingRows(facts);
  if (rows !== undefined && tokenizer?.size !== undefined && rows < tokenizer.size)
    add(
      'P046',
      'error',
      `${rows} embedding rows for a vocabulary of ${tokenizer.size} tokens: ids above ${rows - 1} have no row`,
      'take tokenizer and weights from the same revision',
    );
  return findings;
}

function embeddingRows(facts: CheckpointFacts): number | undefined {
  const name = Object.keys(facts.tensors).find((key) =>
    /(^|\.)(embed_tokens|wte|embed_in|word_embeddings)\.weight$/.test(key),
  );
  return name === undefined ? undefined : facts.tensors[name]?.shape[0];
}
