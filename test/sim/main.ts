/** `npm run sim`: see `flags.ts` for what it takes, `run-seed.ts` for what a seed is. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type Flags, parseFlags, usage } from './flags.js';
import { runSeed, type SeedResult } from './run-seed.js';
import type { PlanOptions } from './seed-plan.js';
import { Tally } from './tally.js';

/** What a worker gets; it answers each with a `SeedResult`. */
interface Order extends PlanOptions {
  readonly seed: number;
}

async function main(): Promise<number> {
  let flags: Flags;
  try {
    flags = parseFlags(process.argv.slice(2), randomInt(2 ** 31));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (flags.isHelp) {
    process.stdout.write(usage);
    return 0;
  }
  const { seed, mode, trials } = flags;
  process.stdout.write(
    `npm run sim -- --seed ${seed}${Number.isFinite(flags.seeds) ? ` --seeds ${flags.seeds}` : ''} --mode ${mode} --trials ${trials}\n`,
  );
  const tally = new Tally(flags, (line) => process.stdout.write(`${line}\n`));
  await (flags.workers === 1 ? runHere(flags, tally) : runInWorkers(flags, tally));
  process.stdout.write(`${tally.summary()}\n`);
  return tally.isClean ? 0 : 1;
}

async function runHere(flags: Flags, tally: Tally): Promise<void> {
  const onTrace = flags.isTraced
    ? { onTrace: (line: string) => void process.stdout.write(`${line}\n`) }
    : {};
  for (let seed = tally.next(); seed !== undefined; seed = tally.next()) {
    tally.add(await runSeed(seed, { ...flags, ...onTrace }));
  }
}

/** Each worker is given its next seed when it has done one. */
async function runInWorkers(flags: Flags, tally: Tally): Promise<void> {
  const workers = Array.from({ length: flags.workers }, () =>
    fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, SIM_WORKER: '1' } }),
  );
  await Promise.all(workers.map((worker) => feed(worker, flags, tally)));
}

function feed(worker: ChildProcess, { mode, trials }: Flags, tally: Tally): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (): void => {
      const seed = tally.next();
      if (seed === undefined) worker.disconnect();
      else worker.send({ seed, mode, trials } satisfies Order);
    };
    worker.on('message', (result) => {
      tally.add(result as SeedResult);
      give();
    });
    worker.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`a worker ended with code ${code}`));
    });
    give();
  });
}

function work(): void {
  process.on('message', (order) => {
    const { seed, ...options } = order as Order;
    void runSeed(seed, options).then((result) => process.send?.(result));
  });
}

if (process.env['SIM_WORKER'] === '1') work();
else process.exitCode = await main();
