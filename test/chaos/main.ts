/** `npm run chaos`: sweeps on real processes that are killed at seeded moments; see `--help`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findProjectRoot } from '../../src/config.js';
import { ChaosSweep } from './chaos-sweep.js';
import { parseChaosFlags, usage, type ChaosFlags } from './chaos-flags.js';
import { countKills, planSweep } from './plan.js';
import { makeSweepFolder } from './sweep-folder.js';
import { addReport, countDeaths, describeTally, emptyTally, toJsonLine } from './tally.js';

const heartbeatSeconds = 5;
const trialSeconds = [0.05, 0.5] as const;
/** Some that are planned are not done: the sweep has ended, or never passes a crash point so often. */
const surplus = 1.3;
/** Kills of a sweep. */
const fewest = 4;
/** Beyond these it gives up, and that counts as a violation. */
const mostSweeps = (kills: number): number => 5 + Math.ceil(kills / 3);

const root = findProjectRoot();

function readFlags(): ChaosFlags | undefined {
  try {
    const flags = parseChaosFlags(process.argv.slice(2));
    if (flags === undefined) console.log(usage);
    return flags;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

async function main(flags: ChaosFlags): Promise<void> {
  const { kills, seed, mix, jobs, keep } = flags;
  const command = `npm run chaos -- --kills ${kills} --seed ${seed} --mix ${mix.join(',')} --jobs ${jobs}`;
  console.log(
    `${command}\n(the seed repeats what is struck, how, and when by progress; not real time)`,
  );
  const started = performance.now();
  if (keep !== undefined) mkdirSync(resolve(keep), { recursive: true });
  const parent = keep === undefined ? mkdtempSync(join(tmpdir(), 'chaos-')) : resolve(keep);
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      interrupt.abort();
    });

  const tally = emptyTally();
  let index = 0;
  let planned = 0;
  const lane = async (): Promise<void> => {
    while (countDeaths(tally) < kills && index < mostSweeps(kills) && !interrupt.signal.aborted) {
      const plan = planSweep(seed, index, mix, Math.max(fewest, surplus * kills - planned));
      index += 1;
      planned += countKills(plan);
      const path = join(parent, `sweep-${plan.index}`);
      const seconds = trialSeconds;
      const folder = makeSweepFolder({ root, path, plan, seconds, heartbeatSeconds });
      writeFileSync(join(path, 'plan.json'), JSON.stringify(plan, null, 1));
      const begun = performance.now();
      const report = await new ChaosSweep(root, folder, plan).run(interrupt.signal);
      addReport(tally, report);
      const took = ((performance.now() - begun) / 1000).toFixed(0);
      console.log(
        `sweep ${plan.index} (${plan.topology}, ${plan.mode}): ${report.scored} scored in ${took} s; ${describeTally(tally)}`,
      );
      for (const { kind, text } of report.violations) console.log(`  ${kind}: ${text}`);
      if (report.violations.length > 0) console.log(`  see ${path}; replay: ${command}`);
      else if (keep === undefined) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    }
  };
  await Promise.all(Array.from({ length: jobs }, lane));
  if (countDeaths(tally) < kills && !interrupt.signal.aborted) tally.violations.stuck += 1;
  const seconds = (performance.now() - started) / 1000;
  console.log(toJsonLine(tally, { seed, heartbeatSeconds, seconds }));
  process.exitCode = Object.values(tally.violations).some((count) => count > 0) ? 1 : 0;
}

const flags = readFlags();
if (flags !== undefined) await main(flags);
