/** Cases that fail on purpose: a run over them proves that the watch sees each kind of failure. */
import { fine, violation, type Fuzzer } from '../fuzzer.js';

const plants: Readonly<Record<number, string>> = {
  30: 'throw',
  40: 'exit',
  50: 'loop',
  60: 'slow',
  70: 'gulp',
  80: 'nonsense',
};
const lastCase = 90;

export function createPlantedFuzzer(): Fuzzer<string> {
  return {
    count: lastCase,
    make: (_random, index) => plants[index] ?? 'fine',
    write: (plant) => plant,
    check: (plant) => {
      switch (plant) {
        case 'throw':
          throw new Error('planted');
        case 'exit':
          return process.exit(3);
        case 'loop':
          return spin(Infinity);
        case 'slow':
          return spin(400);
        case 'gulp':
          return Buffer.alloc(128 * 1024 * 1024, 1).length > 0 ? fine('gulp') : fine('fine');
        case 'nonsense':
          return violation('nonsense', 'planted');
        default:
          return fine('fine');
      }
    },
  };
}

function spin(ms: number): ReturnType<typeof fine> {
  const start = process.cpuUsage().user;
  while (process.cpuUsage().user - start < ms * 1000);
  return fine('slow');
}
