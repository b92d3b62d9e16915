/**
 * What a sweep file may not be, checked before anything is built from it: the YAML library needs
 * 38 s and 1 GB for a flat list of 5 MB, so the byte cap is the real defence, and the counts
 * below keep every file under it cheap.
 */
import { CST, Lexer } from 'yaml';

export const yamlLimits = {
  bytes: 256 * 1024,
  depth: 32,
  nodes: 10_000,
  /** Blanks, comments and punctuation included. */
  tokens: 50_000,
} as const;

export interface TextProblem {
  readonly offset: number;
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
}

/** Control, bidirectional and invisible characters, and what a broken encoding leaves: halves of a pair too. */
const refusedCharacter =
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u2069\uD800-\uDFFF\uFEFF\uFFFD]/u;

const everyRefusedCharacter = new RegExp(refusedCharacter, 'gu');

/** The first refused character in `text`, as `U+202E`. */
export function findRefusedCharacter(text: string): { index: number; name: string } | undefined {
  const match = refusedCharacter.exec(text);
  if (match === null) return undefined;
  const code = match[0].codePointAt(0) ?? 0;
  return { index: match.index, name: `U+${code.toString(16).toUpperCase().padStart(4, '0')}` };
}

/** The same characters as `\u202e`: a key that holds one is named in messages. */
export function escapeRefused(text: string): string {
  return text.replaceAll(
    everyRefusedCharacter,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Size and characters; linear in the text. */
export function checkText(text: string): TextProblem | undefined {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > yamlLimits.bytes)
    return {
      offset: 0,
      code: 'E001',
      message: `the file has ${bytes} bytes; a sweep file has at most ${yamlLimits.bytes}`,
    };
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const refused = findRefusedCharacter(text.slice(start));
  if (refused !== undefined)
    return {
      offset: refused.index + start,
      code: 'E007',
      message: `character ${refused.name} is refused: it is invisible or changes how the text reads`,
      fix: 'delete it, or save the file as plain UTF-8',
    };
  return undefined;
}

/** The tokens of a text that holds few enough of them; linear in the text. */
export function lexText(text: string): readonly string[] | TextProblem {
  const lexemes: string[] = [];
  let offset = 0;
  let nodes = 0;
  let colons = 0;
  let flowDepth = 0;
  for (const token of new Lexer().lex(text)) {
    lexemes.push(token);
    const first = token[0] ?? '';
    if (token === CST.SCALAR || '*&![{-?'.includes(first)) nodes++;
    if (token === ':') colons++;
    if (first === '[' || first === '{') flowDepth++;
    if (first === ']' || first === '}') flowDepth--;
    if (flowDepth > yamlLimits.depth) return tooDeep(offset);
    if (nodes > yamlLimits.nodes || colons > yamlLimits.nodes || lexemes.length > yamlLimits.tokens)
      return {
        offset,
        code: 'E004',
        message: `more than ${yamlLimits.nodes} values, or ${yamlLimits.tokens} YAML tokens`,
      };
    if (token !== CST.SCALAR && token !== CST.DOCUMENT && token !== CST.FLOW_END)
      offset += token.length;
  }
  return lexemes;
}

const tooDeep = (offset: number): TextProblem => ({
  offset,
  code: 'E004',
  message: `nested deeper than ${yamlLimits.depth} levels`,
});

/** Block nesting, which the lexer does not see; without recursion, as the tree may be deep. */
export function checkDepth(documents: readonly CST.Token[]): TextProblem | undefined {
  const stack = documents.map((token) => ({ token, depth: 0 }));
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { token, depth } = entry;
    if (depth > yamlLimits.depth) return tooDeep('offset' in token ? token.offset : 0);
    if (token.type === 'document' && token.value) stack.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const item of token.items) {
      if (item.key) stack.push({ token: item.key, depth: depth + 1 });
      if (item.value) stack.push({ token: item.value, depth: depth + 1 });
    }
  }
  return undefined;
}
