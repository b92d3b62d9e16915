/** Jinja templates that only read fields, index, compare and call a few harmless methods. */

/** `x.name(…)`: of text and lists, and of nothing in Python that would do harm. */
const methods = new Set([
  ...['strip', 'lstrip', 'rstrip', 'lower', 'upper', 'capitalize', 'title', 'split', 'rsplit'],
  ...['splitlines', 'startswith', 'endswith', 'index', 'join'],
]);
const filters = new Set([
  ...['trim', 'lower', 'upper', 'capitalize', 'title', 'length', 'count', 'join', 'first', 'last'],
  ...['replace', 'regex_replace', 'int', 'float', 'string', 'list', 'default', 'd', 'round', 'abs'],
]);
const statements = /^-?\s*(if|elif|else|endif|for|endfor)\b/;
const words = new Set(['and', 'or', 'not', 'in', 'is', 'if', 'else', 'elif', 'for']);

/** A string without underscores to hide and escapes to hide them in; a name; a number; a sign. */
const token =
  /\s*(?:('(?:[^'\\]|\\[nt'"\\])*'|"(?:[^"\\]|\\[nt'"\\])*")|([A-Za-z_]\w*)|(\d[\d.]*)|(==|!=|<=|>=|\*\*|\/\/|[-+*/%~<>=|.,:()[\]{}]))/y;

/** The expression that is not known to be harmless, or undefined where all are. */
export function findTemplateCode(text: string): string | undefined {
  if (!/\{[{%]/.test(text)) return undefined;
  let at = 0;
  for (;;) {
    const open = /\{[{%#]/.exec(text.slice(at));
    if (open === null) return undefined;
    const begin = at + open.index + 2;
    const kind = text[begin - 1];
    const close = kind === '{' ? '}}' : kind === '%' ? '%}' : '#}';
    const end = text.indexOf(close, begin);
    const inside = text.slice(begin, end === -1 ? undefined : end);
    const isPlain = end !== -1 && (kind === '#' || isHarmless(inside, kind === '%'));
    if (!isPlain) return `\`${text.slice(begin - 2, begin + 60).replaceAll(/\s+/g, ' ')}\``;
    at = end + 2;
  }
}

function isHarmless(inside: string, isStatement: boolean): boolean {
  // White space control, and a quoted end of the block, which would end it for us alone.
  const body = inside.replace(/^[-+]/, '').replace(/[-+]$/, '');
  if (isStatement && !statements.test(inside)) return false;
  const expression = isStatement ? body.replace(/^\s*(endif|endfor|else)\s*$/, '') : body;
  let before = '';
  let earlier = '';
  token.lastIndex = 0;
  const trimmed = expression.trimEnd();
  while (token.lastIndex < trimmed.length) {
    const match = token.exec(trimmed);
    if (match === null) return false;
    const [, quoted, name, number, sign] = match;
    if (quoted?.includes('__') === true || name?.startsWith('_') === true) return false;
    // A filter may stand without brackets.
    if (name !== undefined && before === '|' && !filters.has(name)) return false;
    if (sign === '(' && !mayOpen(before, earlier)) return false;
    earlier = before;
    before = quoted === undefined ? (name ?? number ?? sign ?? '') : "'";
  }
  return true;
}

/** Whether a bracket after these two tokens groups, or calls what may be called. */
function mayOpen(before: string, earlier: string): boolean {
  if (/^[A-Za-z]/.test(before)) {
    if (earlier === '.') return methods.has(before);
    return earlier === '|' ? filters.has(before) : words.has(before);
  }
  return !/^[\])}'\d]/.test(before);
}
