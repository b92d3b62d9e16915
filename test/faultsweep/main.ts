/** `npm run faultsweep`: the k-th call fails, for every k. See flags.ts, faults.ts and scenario.ts. */
import { Mulberry32 } from '../../bench/optimizer/mulberry32.js';
import { buildPreloadLibrary, NoPreloadError } from '../preload/build-library.js';
import { makeFastFolder } from '../preload/fast-folder.js';
import { listFaults, sampleFaults } from './cases.js';
import { type FaultKind, formatFault } from './faults.js';
import { type FaultSweepFlags, parseFlags, usage } from './flags.js';
import { runChild, type ScenarioName } from './run-child.js';
import { type Violation, type ViolationKind, violationKinds } from './scenario.js';

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
  const folder = makeFastFolder('faultsweep');
  try {
    const isSeeded = args.some((arg) => arg.startsWith('--seed'));
    const told = isSeeded ? args : [...args, '--seed', String(flags.seed)];
    console.log(`npm run faultsweep -- ${told.join(' ')}`);
    return await run(flags, folder, buildPreloadLibrary('fault', folder));
  } catch (error) {
    if (!(error instanceof NoPreloadError)) throw error;
    console.error(error.message);
    return 2;
  }
}

interface Counts {
  /** Faults that were reached, by scenario and kind. */
  readonly cases: Record<string, number>;
  readonly violations: Record<ViolationKind, number>;
}

async function run(flags: FaultSweepFlags, folder: string, library: string): Promise<number> {
  const started = performance.now();
  const generator = new Mulberry32(flags.seed);
  const counts: Counts = {
    cases: {},
    violations: Object.fromEntries(violationKinds.map((kind) => [kind, 0])) as Counts['violations'],
  };
  for (const scenario of flags.scenarios) {
    const order = { scenario, library, folder };
    const faults = await chooseFaults(flags, order, () => generator.uniform());
    console.log(`${scenario}: ${faults.length} faults`);
    await runFaults(order, faults, counts);
  }
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  console.log(JSON.stringify({ program: 'faultsweep', seed: flags.seed, ...counts, seconds }));
  return Object.values(counts.violations).some((count) => count > 0) ? 1 : 0;
}

type ChildOrder = Parameters<typeof runChild>[0];

async function chooseFaults(
  { kinds, maxK, sample, only }: FaultSweepFlags,
  order: ChildOrder,
  random: () => number,
): Promise<string[]> {
  if (only !== undefined) return [formatFault(only)];
  const calls = new Map<FaultKind, number>();
  const end = await runChild(order, ['count'], (line) => {
    if (line.event === 'count' && kinds.includes(line.kind)) calls.set(line.kind, line.calls);
  });
  if (end !== 'done') throw new Error(`the ${order.scenario} without a fault: ${end}`);
  console.log(`${order.scenario}: calls ${JSON.stringify(Object.fromEntries(calls))}`);
  const all = listFaults(calls, maxK);
  return (sample === undefined ? all : sampleFaults(all, sample, random)).map(formatFault);
}

/** A child for all of them; after a hang or a death another for the rest. */
async function runFaults(order: ChildOrder, faults: string[], counts: Counts): Promise<void> {
  let done = 0;
  while (done < faults.length) {
    let current: string | undefined;
    const end = await runChild(order, faults.slice(done, done + 2000), (line) => {
      if (line.event === 'begin') current = line.fault;
      if (line.event !== 'end') return;
      current = undefined;
      done += 1;
      const key = `${order.scenario} ${line.fault.split(' ')[0] ?? ''}`;
      if (line.hits > 0) counts.cases[key] = (counts.cases[key] ?? 0) + 1;
      tellViolations(order.scenario, line.fault, line.violations, counts);
      if (done % 100 === 0) console.log(`${order.scenario}: ${done} of ${faults.length}`);
    });
    if (end === 'done') continue;
    if (current === undefined) throw new Error(`the ${order.scenario} ended between cases: ${end}`);
    const kind = end === 'hang' ? 'hang' : 'unhandled';
    tellViolations(order.scenario, current, [{ kind, what: `the process: ${end}` }], counts);
    done += 1;
  }
}

function tellViolations(
  scenario: ScenarioName,
  fault: string,
  violations: readonly Violation[],
  counts: Counts,
): void {
  for (const { kind, what } of violations) {
    counts.violations[kind] += 1;
    console.log(
      `VIOLATION ${kind}: ${what} (npm run faultsweep -- --scenario ${scenario} --only "${fault}")`,
    );
  }
}
