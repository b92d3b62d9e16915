/** `npm run powercut`: what is left of a sweep when the power fails. See flags.ts, disk.ts. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Mulberry32 } from '../../bench/optimizer/mulberry32.js';
import { buildPreloadLibrary, NoPreloadError } from '../preload/build-library.js';
import { makeFastFolder } from '../preload/fast-folder.js';
import { cutCoordinator, recordCoordinator } from './coordinator-cuts.js';
import { parseFlags, type PowerCutFlags, usage } from './flags.js';
import { cutNode, recordNode } from './node-cuts.js';
import { cutRecoveries } from './recovery-cuts.js';
import type { Recorder } from './record-run.js';
import type { Tally } from './tally.js';
import { withoutFileSyncs } from './without-file-syncs.js';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let flags;
  try {
    flags = parseFlags(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (flags === 'help') {
    console.log(usage);
    return 0;
  }
  const folder = makeFastFolder('powercut');
  try {
    return await runStages(flags, folder);
  } catch (error) {
    if (!(error instanceof NoPreloadError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function runStages(flags: PowerCutFlags, folder: string): Promise<number> {
  const { cuts, seed, transactions, synchronous } = flags;
  console.log(
    `npm run powercut -- --cuts ${cuts} --seed ${seed} --transactions ${transactions} --synchronous ${synchronous}`,
  );
  const started = performance.now();
  const library = buildPreloadLibrary('record', folder);
  const recorder = (name: string): Recorder => {
    const own = join(folder, name);
    mkdirSync(own);
    return { library, folder: own };
  };
  const generator = new Mulberry32(seed);
  const random = (): number => generator.uniform();
  const tell = (line: string): void => {
    console.log(line);
  };
  const order = { cuts, random, folder, tell };
  const few = { ...order, cuts: Math.ceil(cuts / 4) };
  const silently = { ...order, cuts: Math.max(20, Math.ceil(cuts / 10)), tell: () => undefined };

  const ends = ['kill', 'close'] as const;
  const trace = await recordCoordinator(recorder('coordinator'), transactions, ends, synchronous);
  tell(`coordinator: ${trace.length} operations of ${transactions} transactions`);
  const { tally: coordinator, kept } = await cutCoordinator(trace, order, Math.min(40, few.cuts));
  const recovery = await cutRecoveries(recorder('recovery'), kept, few);
  const work = await recordNode(recorder('node'), Math.max(2, Math.ceil(cuts / 100)));
  tell(`node: ${work.length} operations`);
  const node = await cutNode(work, few);
  const stages = { coordinator, recovery, node };

  // The model must be able to fail: the same with planted faults.
  const normal = await recordCoordinator(recorder('normal'), 60, ['close'], 'normal');
  const unsynced = (await cutCoordinator(normal, silently)).tally;
  const torn = (await cutCoordinator(withoutFileSyncs(trace), silently)).tally;
  tell(
    `planted: synchronous=NORMAL lost acknowledged rows in ${unsynced.bad} of ${unsynced.cuts} cuts ` +
      `(up to ${unsynced.mostLost} transactions); files without fsync were broken in ` +
      `${torn.bad} of ${torn.cuts}`,
  );
  const blind = Number(unsynced.violations.lost === 0) + Number(torn.violations.file === 0);
  if (blind > 0) tell('VIOLATION blind: a planted fault was not found');

  const violations = { ...sumViolations(Object.values(stages)), blind };
  const summary = {
    program: 'powercut',
    seed,
    cases: {
      ...Object.fromEntries(Object.entries(stages).map(([name, { cuts: count }]) => [name, count])),
      plantedNormal: unsynced.cuts,
      plantedNoFsync: torn.cuts,
    },
    planted: {
      normalLost: unsynced.bad,
      normalMostLost: unsynced.mostLost,
      noFsyncBroken: torn.bad,
    },
    violations,
    seconds: Number(((performance.now() - started) / 1000).toFixed(1)),
  };
  console.log(JSON.stringify(summary));
  return Object.values(violations).some((count) => count > 0) ? 1 : 0;
}

function sumViolations(tallies: readonly Tally[]): Tally['violations'] {
  const sum = { lost: 0, half: 0, malformed: 0, stuck: 0, file: 0 };
  for (const { violations } of tallies) {
    for (const kind of Object.keys(sum) as (keyof typeof sum)[]) sum[kind] += violations[kind];
  }
  return sum;
}
