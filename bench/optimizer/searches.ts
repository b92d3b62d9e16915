/** The optimizers of ours that the benchmark can run, by name; the first is the one that the figures are of. */
import type { MakeSearch } from './optimizer-under-test.js';
import { ours } from './ours.js';
import { plainCma } from './plain-cma.js';

export const searches: Readonly<Record<string, MakeSearch>> = { ...ours, 'plain-cma': plainCma };
