/** Flags of `run` that change the sweep: they change its text, which is what is stored and hashed. */
import { isMap, isScalar, parseDocument } from 'yaml';

export interface SpecOverrides {
  readonly name?: string | undefined;
  readonly maxTrials?: number | undefined;
  readonly seed?: number | undefined;
}

const mark = '# By flags of `mergesweep`, not by the file: ';

/**
 * The text with the overrides in it and a first line that names them, comments kept; the same text when
 * there are none, and when it can't be edited: the check that follows says what is wrong with it.
 */
export function overrideSpec(text: string, wanted: SpecOverrides): string {
  const { name, maxTrials, seed } = wanted;
  const overrides: SpecOverrides = { name, maxTrials, seed };
  const edits: [path: string[], value: string | number][] = [];
  if (overrides.name !== undefined) edits.push([['name'], overrides.name]);
  if (overrides.maxTrials !== undefined)
    edits.push([['optimizer', 'max_trials'], overrides.maxTrials]);
  if (overrides.seed !== undefined) edits.push([['optimizer', 'seed'], overrides.seed]);
  if (edits.length === 0) return text;
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return text;
  const optimizer = document.get('optimizer', true);
  // A section that is written and left empty.
  if (isScalar(optimizer) && optimizer.value === null) document.delete('optimizer');
  else if (optimizer !== undefined && !isMap(optimizer)) return text;
  for (const [path, value] of edits) document.setIn(path, value);
  return `${mark}${JSON.stringify(overrides)}\n${document.toString({ lineWidth: 0 })}`;
}

/** The overrides that are in a text of `overrideSpec`: its file says something else there. */
export function readOverrides(text: string): SpecOverrides {
  const [first = ''] = text.split('\n', 1);
  if (!first.startsWith(mark)) return {};
  try {
    const { name, maxTrials, seed } = JSON.parse(first.slice(mark.length)) as SpecOverrides;
    return {
      ...(typeof name === 'string' && { name }),
      ...(typeof maxTrials === 'number' && { maxTrials }),
      ...(typeof seed === 'number' && { seed }),
    };
  } catch {
    return {};
  }
}
