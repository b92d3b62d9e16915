/** YAML text → plain values with positions. Knows nothing of sweeps. */
import { Composer, LineCounter, Parser, type CST, type Document } from 'yaml';
import { sortDiagnostics, type Diagnostic, type Problem } from './diagnostic.js';
import { checkDepth, checkText, escapeRefused, lexText, type TextProblem } from './yaml-limits.js';
import { buildTree, type YamlTree } from './yaml-tree.js';

/** Further errors of one file are counted, not listed. */
const mostSyntaxErrors = 20;

/** Values with their places in the text. */
export interface LocatedTree {
  readonly tree: YamlTree;
  readonly lines: LineCounter;
}

export type YamlReading =
  | ({ readonly ok: true } & LocatedTree)
  /** `rest`: the values beside those that are refused, to be checked too; absent where none could be built. */
  | { readonly ok: false; readonly diagnostics: Diagnostic[]; readonly rest?: LocatedTree };

/** Never throws, whatever the text. Files over the limits are refused before they are built. */
export function readYaml(text: string, file: string): YamlReading {
  const lines = countLines(text);
  const fail = (problems: readonly TextProblem[]) => ({
    ok: false as const,
    diagnostics: sortDiagnostics(problems.map((problem) => atOffset(problem, file, lines))),
  });

  const unreadable = checkText(text);
  if (unreadable !== undefined) return fail([unreadable]);
  const lexemes = lexText(text);
  if ('code' in lexemes) return fail([lexemes]);
  const tokens = [...parse(lexemes)];
  const tooDeep = checkDepth(tokens);
  if (tooDeep !== undefined) return fail([tooDeep]);

  // Unique keys are checked by buildTree: the library's own check is quadratic.
  const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false });
  const documents = withoutStacks(() => [...composer.compose(tokens)]);
  const [document, second] = documents;
  if (document === undefined)
    return fail([
      { offset: 0, code: 'E003', message: 'the file is empty; start with `version: 1`' },
    ]);
  const broken = syntaxProblems(document);
  if (broken.length > 0) return fail(broken);
  if (second !== undefined)
    return fail([
      {
        offset: second.range[0],
        code: 'E003',
        message: `${documents.length} YAML documents; a sweep file holds one`,
        fix: 'one file a sweep: remove the `---` line or split the file',
      },
    ]);
  const tree = buildTree(document.contents);
  if (tree.problems.length > 0) return { ...fail(tree.problems), rest: { tree, lines } };
  return { ok: true, tree, lines };
}

/** `Parser.parse` of a text that is lexed already. */
function* parse(lexemes: readonly string[]): Generator<CST.Token> {
  const parser = new Parser();
  for (const lexeme of lexemes) yield* parser.next(lexeme);
  yield* parser.end();
}

/** The library makes an error for each of thousands of slips; where in its code is most of their cost. */
function withoutStacks<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function syntaxProblems(document: Document.Parsed): TextProblem[] {
  // Warnings too: an unknown tag only warns, and its value would pass as text.
  const all = [...document.errors, ...document.warnings];
  const problems = all.slice(0, mostSyntaxErrors).map((error): TextProblem => {
    const message = error.message.split('\n', 1)[0] ?? '';
    if (error.code === 'TAG_RESOLVE_FAILED')
      return { offset: error.pos[0], code: 'E006', message: `tags are refused: ${message}` };
    return { offset: error.pos[0], code: 'E002', message: `not valid YAML: ${message}` };
  });
  const last = all[mostSyntaxErrors];
  if (last !== undefined)
    problems.push({
      offset: last.pos[0],
      code: 'E002',
      message: `not valid YAML here and in ${all.length - mostSyntaxErrors - 1} more places`,
    });
  return problems;
}

function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
    lines.addNewLine(at + 1);
  return lines;
}

function atOffset(problem: TextProblem, file: string, lines: LineCounter): Diagnostic {
  const { line, col } = lines.linePos(problem.offset);
  return {
    file,
    line,
    column: col,
    severity: 'error',
    code: problem.code,
    message: toPlainLine(problem.message),
    ...(problem.fix === undefined ? {} : { fix: toPlainLine(problem.fix) }),
  };
}

/** Keys and values may hold tabs, line breaks, and what can't be seen or steers a terminal. */
const toPlainLine = (text: string): string => escapeRefused(text.replaceAll(/[\t\r\n]/g, ' '));

/** Gives a problem of the tree its place in the text: the nearest part of its path that is there. */
export function locate(problem: Problem, file: string, { tree, lines }: LocatedTree): Diagnostic {
  const offset = tree.offsetOf(problem.path, problem.at ?? 'value');
  return {
    ...atOffset({ offset, ...problem }, file, lines),
    severity: problem.severity ?? 'error',
  };
}
