/** `npm run bench -- NAME [--trials N] [--seed S]`: prints as it goes, ends with one line of JSON. */
import { parseBenchFlags, type BenchFlags } from './flags.js';
import { benchNaive } from './naive.js';

type Bench = (flags: BenchFlags) => Promise<Record<string, unknown>>;

const benches: Readonly<Record<string, Bench>> = { naive: benchNaive };

const [name = '', ...args] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(
    `npm run bench -- NAME: expected ${Object.keys(benches).join(' or ')}, got ${name || 'nothing'}`,
  );
  process.exitCode = 2;
} else {
  console.log(JSON.stringify(await bench(parseBenchFlags(args))));
}
