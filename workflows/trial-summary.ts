/** What Temporal's UI shows of a trial beside its id. */
import type { RunTrialInput } from '../activities/contracts.js';

/** Temporal cuts longer ones. */
const mostBytes = 200;

/** e.g. `trial demo#12 · dare_ties · spec-rev .42/.61 spec-shift .55/.38`: per parent, as mergekit has them. */
export function summarizeTrial({ sweep, trial, kind, subject }: RunTrialInput): string {
  const head = [`trial ${sweep}#${trial}`, ...(kind === 'search' ? [] : [kind])].join(' · ');
  if (subject.kind === 'model') return fit(head, [subject.label]);
  const { method, models, parameters } = subject.recipe;
  const parents = models.map(({ label, parameters: own }) => {
    const values = Object.values(own).map(formatNumber).join('/');
    return values === '' ? label : `${label} ${values}`;
  });
  const shared = Object.entries(parameters).flatMap(([name, value]) =>
    typeof value === 'number' ? [`${name} ${formatNumber(value)}`] : [],
  );
  return fit(`${head} · ${method}`, [...parents, ...shared]);
}

/** As many of the parts as there is room for. */
function fit(head: string, parts: readonly string[]): string {
  let text = head;
  for (const [index, part] of parts.entries()) {
    const longer = `${text}${index === 0 ? ' · ' : ' '}${part}`;
    const isLast = index === parts.length - 1;
    if (countBytes(longer) > mostBytes - (isLast ? 0 : 4)) return `${cut(text)} …`;
    text = longer;
  }
  return cut(text);
}

function cut(text: string): string {
  let short = text;
  while (countBytes(short) > mostBytes - 4) short = short.slice(0, -1);
  return countBytes(text) <= mostBytes ? text : short;
}

/** `.42`, `1.5`, `-.3`: two digits say which candidate it is. */
function formatNumber(value: number): string {
  return String(Number(value.toFixed(2))).replace(/^(-?)0\./, '$1.');
}

/** In UTF-8; the sandbox has no TextEncoder. */
function countBytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
