/** Plain tables: columns padded by what a terminal shows, two spaces between them, no colour. */

export interface TableColumn {
  /** One line, or several that stand above each other. */
  readonly header: string | readonly string[];
  /** @default 'left' */
  readonly align?: 'left' | 'right';
}

const gap = '  ';

/** The table's lines, header lines first, without trailing spaces. A missing cell is empty. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
): string[] {
  const headers = columns.map(({ header }) => (typeof header === 'string' ? [header] : header));
  const headerHeight = Math.max(0, ...headers.map((lines) => lines.length));
  // Short headers stand at the bottom, next to their figures.
  const headerRows = Array.from({ length: headerHeight }, (_, line) =>
    headers.map((lines) => lines[line - headerHeight + lines.length] ?? ''),
  );
  const all = [...headerRows, ...rows];
  const widths = columns.map((_, index) =>
    Math.max(0, ...all.map((cells) => displayWidth(cells[index] ?? ''))),
  );
  return all.map((cells) =>
    columns
      .map(({ align }, index) => pad(cells[index] ?? '', widths[index] ?? 0, align))
      .join(gap)
      .trimEnd(),
  );
}

/** A table without headers; columns that are empty in every row are left out. */
export function renderList(
  aligns: readonly ('left' | 'right')[],
  rows: readonly (readonly string[])[],
): string[] {
  const kept = aligns.map((_, index) => rows.some((cells) => (cells[index] ?? '') !== ''));
  return renderTable(
    aligns.filter((_, index) => kept[index]).map((align) => ({ header: [], align })),
    rows.map((cells) => cells.filter((_, index) => kept[index])),
  );
}

/** Columns of a terminal that `text` takes: marks take none, CJK and emoji take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) continue;
    width += isWide(character) ? 2 : 1;
  }
  return width;
}

function isWide(character: string): boolean {
  return /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u.test(
    character,
  );
}

function pad(text: string, width: number, align: TableColumn['align'] = 'left'): string {
  const padding = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? padding + text : text + padding;
}
