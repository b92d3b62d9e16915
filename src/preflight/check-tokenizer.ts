/** Tokenizers: mergekit mixes vocabularies of equal size but other order without a word. */
import type { CheckpointFacts } from './checkpoint-facts.js';
import type { Finding } from './finding.js';

export interface TokenizerChoice {
  readonly tokenizerSource?: string;
  readonly chatTemplate?: string;
}

export function checkTokenizer(
  base: CheckpointFacts,
  parent: CheckpointFacts,
  choice: TokenizerChoice,
): Finding[] {
  const [ours, theirs] = [parent.tokenizer, base.tokenizer];
  if (ours === undefined || theirs === undefined) return [];
  return [
    ...checkVocabulary(base, parent, choice),
    ...(ours.className !== undefined &&
    theirs.className !== undefined &&
    family(ours.className) !== family(theirs.className)
      ? [
          {
            code: 'P042',
            severity: 'error',
            subject: parent.label,
            message: `tokenizer class is ${ours.className}; the base has ${theirs.className}`,
            waysOut: [
              'compare tokenizer_config.json of both; if the vocabularies agree, make the classes agree',
            ],
          } as const,
        ]
      : []),
    ...checkSpecialTokens(base, parent),
    ...(choice.chatTemplate === undefined && ours.chatTemplateHash !== theirs.chatTemplateHash
      ? [
          {
            code: 'P044',
            severity: 'warning',
            subject: parent.label,
            message:
              ours.chatTemplateHash === undefined
                ? 'no chat template; the base has one'
                : `its chat template is ${theirs.chatTemplateHash === undefined ? 'missing from the base' : "another than the base's"}, and the merged model gets the base's`,
            waysOut: ['set genome.chat_template', 'nothing to do for tasks without chat format'],
          } as const,
        ]
      : []),
  ];
}

function checkVocabulary(
  base: CheckpointFacts,
  parent: CheckpointFacts,
  { tokenizerSource }: TokenizerChoice,
): Finding[] {
  const [ours, theirs] = [parent.tokenizer, base.tokenizer];
  if (ours?.size === undefined || theirs?.size === undefined) return [];
  if (ours.vocabularyHash === theirs.vocabularyHash) return [];
  const isSizeDifferent = ours.size !== theirs.size;
  const what = isSizeDifferent
    ? `vocabulary of ${ours.size} tokens; the base has ${theirs.size}`
    : `vocabulary of ${ours.size} tokens like the base, but other tokens or another order`;
  const isHandled = tokenizerSource !== undefined;
  return [
    {
      code: isSizeDifferent ? 'P040' : 'P041',
      severity: isHandled ? 'warning' : 'error',
      subject: parent.label,
      message: isHandled ? `${what}; aligned by tokenizer_source \`${tokenizerSource}\`` : what,
      waysOut: isHandled
        ? ["check the first merged model's output by hand"]
        : [
            'set genome.tokenizer_source to `union` (keeps all tokens) or `base` (drops added ones)',
            "move the parent to the base's tokenizer first (mergekit-tokensurgeon; read its warnings)",
          ],
    },
  ];
}

function checkSpecialTokens(base: CheckpointFacts, parent: CheckpointFacts): Finding[] {
  const ours = parent.tokenizer?.specialTokens ?? {};
  const theirs = base.tokenizer?.specialTokens ?? {};
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort();
  const show = (token: string | undefined): string =>
    token === undefined ? 'none' : `\`${token}\``;
  const different = names
    .filter((name) => ours[name] !== theirs[name])
    .map((name) => `${name} is ${show(ours[name])}, the base has ${show(theirs[name])}`);
  if (different.length === 0) return [];
  return [
    {
      code: 'P043',
      severity: 'warning',
      subject: parent.label,
      message: different.join('; '),
      waysOut: ["check that prompts and stop tokens of the eval tasks fit the base's tokens"],
    },
  ];
}

/** `LlamaTokenizerFast` and `LlamaTokenizer` read the same files. */
const family = (className: string): string => className.replace(/Fast$/, '');
