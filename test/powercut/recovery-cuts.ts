import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkResults } from './check-results.js';
import type { CutOrder, Survivors } from './coordinator-cuts.js';
import { loadDisk } from './load-disk.js';
import { drawPlaces, History } from './history.js';
import { drawPowerCut, writeSurvivors } from './power-cut.js';
import { diskOf, readTrace, record, type Recorder } from './record-run.js';
import { countCut, newTally, type Tally } from './tally.js';
import type { Operation } from './trace.js';

/** Power is cut again while the next start opens what the first cut left: the rows must be the same. */
export async function cutRecoveries(
  recorder: Recorder,
  survivors: readonly Survivors[],
  { cuts, random, folder, tell }: CutOrder,
): Promise<Tally> {
  const tally = newTally();
  if (survivors.length === 0) return tally;
  const root = diskOf(recorder);
  mkdirSync(root, { recursive: true });
  const places = survivors.map(({ path }, index) => {
    const place = join(root, String(index));
    renameSync(path, place);
    return place;
  });
  const before = places.map(loadDisk);
  await record(
    recorder,
    'recovery-child.ts',
    places.map((place) => join(place, 'results')),
  );
  const operations = readTrace(recorder);
  const each = Math.ceil(cuts / survivors.length);
  for (const [index, { digest }] of survivors.entries()) {
    const own = operations.flatMap((operation) => below(`${index}`, operation));
    const history = new History(own, before[index]);
    for (const place of drawPlaces(own, each, random)) {
      history.advance(place);
      const cut = drawPowerCut(random);
      const disk = join(folder, 'survivors');
      writeSurvivors(history.disk, cut, random, disk);
      const promised = { rows: [digest], next: undefined, files: [] };
      const { found } = await checkResults(disk, promised);
      rmSync(disk, { recursive: true });
      const where = `recovery ${index}: before operation ${place}, names ${cut.names}, data ${cut.data}`;
      countCut(tally, found, where, tell);
    }
  }
  return tally;
}

/** The operation with paths as seen from the folder, or none where it lies elsewhere. */
function below(folder: string, operation: Operation): Operation[] {
  if (operation.kind === 'mark') return [];
  const inside = (path: string): boolean => path === folder || path.startsWith(`${folder}/`);
  if (!inside(operation.path)) return [];
  const cut = (path: string): string => path.slice(folder.length + 1);
  const path = cut(operation.path);
  return 'to' in operation
    ? [{ ...operation, path, to: cut(operation.to) }]
    : [{ ...operation, path }];
}
