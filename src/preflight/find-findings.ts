/** Preflight: everything that headers and configs can tell before a GPU second is spent. */
import type { SweepSpec } from '../spec/sweep-spec.js';
import { checkCheckpoint } from './check-checkpoint.js';
import { checkConfig } from './check-config.js';
import { checkTensors } from './check-tensors.js';
import { checkTokenizer } from './check-tokenizer.js';
import type { CheckpointFacts } from './checkpoint-facts.js';
import type { Finding } from './finding.js';
import { nothingAllowed, type Permissions } from './permissions.js';

/**
 * Findings on the models that could be read, in the order base, parents.
 * @param permissions by label
 * @param base absent when it could not be read: parents are then compared to the first of them
 */
export function findFindings(
  base: CheckpointFacts | undefined,
  parents: readonly CheckpointFacts[],
  spec: SweepSpec,
  permissions: Permissions = nothingAllowed,
): Finding[] {
  const reference = base ?? parents[0];
  const { tokenizer_source: tokenizerSource, chat_template: chatTemplate } = spec.file.genome;
  const choice = {
    ...(tokenizerSource === undefined ? {} : { tokenizerSource }),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
  };
  return [
    ...(base === undefined ? [] : checkCheckpoint(base, permissions)),
    ...parents.flatMap((parent) => {
      const own = checkCheckpoint(parent, permissions);
      if (reference === undefined || parent === reference) return own;
      const config = checkConfig(reference, parent);
      // Other sizes make every tensor differ: saying so once is enough.
      const isComparable =
        parent.weights !== 'pickle' &&
        reference.weights !== 'pickle' &&
        !config.some(({ severity }) => severity === 'error');
      return [
        ...own,
        ...config,
        ...(isComparable ? checkTensors(reference, parent, tokenizerSource !== undefined) : []),
        ...checkTokenizer(reference, parent, choice),
        ...checkProvenance(parent, spec),
      ];
    }),
  ];
}

function checkProvenance(parent: CheckpointFacts, spec: SweepSpec): Finding[] {
  const named = parent.provenance.baseModels;
  if (spec.base.isLocal || named.length === 0) return [];
  const base = spec.base.model.replace(/@.*$/, '');
  if (named.some((name) => name.toLowerCase() === base.toLowerCase())) return [];
  return [
    {
      code: 'P050',
      severity: 'warning',
      subject: parent.label,
      message: `its model card names ${named.join(', ')} as base model; the sweep uses ${base}`,
      waysOut: ['use the base model that this parent was tuned from, where it is another'],
    },
  ];
}
