/** `npm run bench -- NAME [--FLAG N]…`: prints as it goes, ends with one line of JSON. */
import { parseBenchFlags } from './flags.js';
import { parseFidelityFlags } from './fidelity/fidelity-flags.js';
import { benchFidelity } from './fidelity/fidelity.js';
import { parseNaiveFlags } from './naive/naive-flags.js';
import { benchNaive } from './naive/naive.js';
import { benchNodes } from './nodes/nodes.js';
import { benchOptimizerSpeed } from './optimizer-speed/optimizer-speed.js';
import { benchOptimizer } from './optimizer/optimizer.js';
import { benchOrchestration } from './orchestration/orchestration.js';
import { benchOverhead } from './overhead/overhead.js';
import { benchRecovery } from './recovery/recovery.js';
import { benchSimulate } from './simulate/simulate.js';
import { benchStages } from './stages/stages.js';

type Bench = (args: readonly string[]) => Promise<Record<string, unknown>>;

const benches: Readonly<Record<string, Bench>> = {
  naive: (args) => benchNaive(parseNaiveFlags(args)),
  overhead: (args) => benchOverhead(parseBenchFlags(args)),
  fidelity: (args) => benchFidelity(parseFidelityFlags(args)),
  simulate: benchSimulate,
  stages: benchStages,
  optimizer: benchOptimizer,
  'optimizer-speed': benchOptimizerSpeed,
  recovery: benchRecovery,
  orchestration: benchOrchestration,
  nodes: benchNodes,
};

const [name = '', ...args] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(
    `npm run bench -- NAME: expected ${Object.keys(benches).join(' or ')}, got ${name || 'nothing'}`,
  );
  process.exitCode = 2;
} else {
  try {
    console.log(JSON.stringify(await bench(args)));
  } catch (error) {
    const isUsage = error instanceof TypeError && 'code' in error;
    if (!isUsage) throw error;
    console.error(`npm run bench -- ${name}: ${error.message} (flags: bench/README.md)`);
    process.exitCode = 2;
  }
}
