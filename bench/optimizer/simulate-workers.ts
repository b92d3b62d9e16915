/** An event simulation of workers that take their time: no clock, durations are drawn. */
import type { BenchFunction } from './functions.js';
import { Mulberry32 } from './mulberry32.js';
import type { SearchUnderTest } from './optimizer-under-test.js';
import { measure } from './run-search.js';

/** A search that may keep a worker waiting. */
export interface PacedSearch extends SearchUnderTest {
  mayAsk(): boolean;
}

export interface WorkersRun {
  readonly f: BenchFunction;
  readonly search: SearchUnderTest | PacedSearch;
  readonly workers: number;
  /** Of the logarithm of a trial's duration, whose median is 1. */
  readonly sigmaLn: number;
  /** Of the durations: the n-th trial that is started takes as long in every run with the same seed. */
  readonly seed: number;
  /** Trials to be done; fewer when the target is hit. */
  readonly trials: number;
  /** A true value; the simulation ends with the first trial that is not above it. */
  readonly target: number;
}

export interface WorkersResult {
  readonly isHit: boolean;
  /** Trials that were done, the hit included. */
  readonly trials: number;
  /** When the last of them was done, in medians of a trial. */
  readonly time: number;
  /** Share of the workers' time, from the start to the end of it, that trials took. */
  readonly utilisation: number;
}

interface Running {
  readonly start: number;
  readonly end: number;
  readonly number: number;
  readonly id: number;
  readonly x: readonly number[];
}

/** @throws when nothing runs and the search does not let ask */
export function simulateWorkers(run: WorkersRun): WorkersResult {
  const { f, search, workers, trials, target } = run;
  const durations = drawDurations(run);
  const running: Running[] = [];
  let now = 0;
  let busy = 0;
  let started = 0;
  for (let done = 1; ; done++) {
    while (running.length < workers && started < trials && mayAsk(search)) {
      const { id, x } = search.ask();
      const end = now + (durations[started] ?? 1);
      running.push({ start: now, end, number: started, id, x });
      started += 1;
    }
    const next = takeFirst(running);
    if (next === undefined) throw new Error('every worker waits: nothing runs, nothing is asked');
    now = next.end;
    busy += next.end - next.start;
    const isHit = f.true(next.x) <= target;
    if (isHit || done === trials) {
      const cut = running.reduce((sum, { start }) => sum + (now - start), 0);
      return { isHit, trials: done, time: now, utilisation: (busy + cut) / (workers * now) };
    }
    search.tell(next.id, measure(f, next.x));
  }
}

function drawDurations({ seed, sigmaLn, trials }: WorkersRun): readonly number[] {
  const random = new Mulberry32(1_000_000 + seed);
  return Array.from({ length: trials }, () => Math.exp(sigmaLn * random.normal()));
}

/** The earliest to end leaves the list; of two at once, the one that was started first. */
function takeFirst(running: Running[]): Running | undefined {
  const [first] = running.toSorted((a, b) => a.end - b.end || a.number - b.number);
  if (first !== undefined) running.splice(running.indexOf(first), 1);
  return first;
}

function mayAsk(search: SearchUnderTest | PacedSearch): boolean {
  return 'mayAsk' in search ? search.mayAsk() : true;
}

/** Lets a generation be asked when all of the one before are told. @param size λ */
export function withBarrier(search: SearchUnderTest, size: number): PacedSearch {
  let asked = 0;
  let told = 0;
  return {
    mayAsk: () => asked < size,
    ask() {
      asked += 1;
      return search.ask();
    },
    tell(id, outcome) {
      search.tell(id, outcome);
      told += 1;
      if (told === size) asked = told = 0;
    },
    finalists: (k) => search.finalists(k),
  };
}
