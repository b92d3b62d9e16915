/** A progress line of a tool: what it is doing and how far that is. */
export interface ToolProgress {
  readonly activity: string;
  /** 0..100 of the whole stage, never falling when lines come in the tool's order. */
  readonly percent: number;
}

/** Where each of mergekit's bars begins and ends in the stage. */
const bars: readonly { readonly name: string; readonly from: number; readonly to: number }[] = [
  { name: 'Warmup loader cache', from: 5, to: 10 },
  { name: 'Building tokenizer permutations', from: 10, to: 12 },
  { name: 'Executing graph', from: 12, to: 98 },
];

/** Reads one tqdm line of mergekit-yaml's stderr; undefined for any other line. */
export function parseMergekitProgress(line: string): ToolProgress | undefined {
  const match = /([A-Z][^:%|]{0,80}):\s+\d+%\|.*?\|\s*(\d+)\/(\d+)/.exec(line);
  const bar = bars.find(({ name }) => name === match?.[1]);
  if (match === null || bar === undefined) return undefined;
  const total = Number(match[3]);
  const share = total > 0 ? Math.min(1, Number(match[2]) / total) : 0;
  return { activity: bar.name, percent: Math.round(bar.from + share * (bar.to - bar.from)) };
}
