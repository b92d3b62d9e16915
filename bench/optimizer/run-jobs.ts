/** A process of the benchmark: a job a line on standard input, an answer a line on standard output. */
import { createInterface } from 'node:readline';
import { findOptimum } from './find-optimum.js';
import { makeFunction } from './functions.js';
import type { Answers, Job } from './jobs.js';
import type { MakeSearch } from './optimizer-under-test.js';
import { generationSize } from './plain-cma.js';
import { runSearch } from './run-search.js';
import { searches } from './searches.js';
import { simulateWorkers, withBarrier } from './simulate-workers.js';

function run(job: Job): Answers[Job['kind']] {
  switch (job.kind) {
    case 'optimum':
      return { value: findOptimum(job.spec, job.instance) };
    case 'search': {
      const started = performance.now();
      const { instance: seed, ...rest } = job;
      const f = makeFunction(job.spec, seed);
      const regrets = runSearch({ ...rest, f, make: find(job.optimizer), seed });
      return { regrets, seconds: (performance.now() - started) / 1000 };
    }
    case 'workers': {
      const { instance: seed, ...rest } = job;
      const f = makeFunction(job.spec, seed);
      const own = find(job.optimizer)(f, seed, job.trials);
      const search = job.hasBarrier ? withBarrier(own, generationSize(f.dimension)) : own;
      return simulateWorkers({ ...rest, f, search, seed });
    }
  }
}

function find(name: string): MakeSearch {
  const make = searches[name];
  if (make === undefined) throw new Error(`no such optimizer: ${name}`);
  return make;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(run(JSON.parse(line) as Job)));
}
