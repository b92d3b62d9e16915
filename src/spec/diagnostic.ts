/** What is wrong with a sweep file, and where. */

/** `warning` never stops a sweep; `check --strict` treats it as an error. */
export interface Diagnostic {
  /** As given to the parser. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly severity: 'error' | 'warning';
  /** Stable; listed in docs/errors.md. */
  readonly code: string;
  /** One line: what came, what was expected. */
  readonly message: string;
  /** One line: what to do, where the message does not say it already. */
  readonly fix?: string;
}

export type Path = readonly (string | number)[];

/** A diagnostic that still points into the tree instead of the text. */
export interface Problem {
  readonly path: Path;
  /** Point at the key instead of its value. @default 'value' */
  readonly at?: 'key' | 'value';
  readonly severity?: 'warning';
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
}

/** `file:line:column severity code message`. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, code, message } = diagnostic;
  return `${file}:${line}:${column} ${severity} ${code} ${message}`;
}

/** `genome.models[1].parameters`; the root is `the file`. */
export function formatPath(path: Path): string {
  if (path.length === 0) return 'the file';
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`,
    )
    .join('');
}

/** A value as messages show it: short, on one line, its type recognisable. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') {
    const shown = value.length > 60 ? `${value.slice(0, 57)}…` : value;
    return `\`${shown.replaceAll(/\s+/g, ' ')}\``;
  }
  return Array.isArray(value) ? 'a list' : 'a mapping';
}

/** By line, then column. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort((a, b) => a.line - b.line || a.column - b.column);
}
