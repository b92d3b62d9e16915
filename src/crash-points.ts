/**
 * Named places at which a test ends the process, as if the machine did: between any two lines that make
 * something durable or tell somebody. Nothing happens at them otherwise. No import: everything may use it.
 */
export const crashPoints = [
  'before commit',
  'after commit',
  'before rename',
  'after rename',
  'before signal',
  'after signal',
  'before spawn',
  'after spawn',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** @param what is committed, renamed, signalled or spawned, e.g. `ledger`, `result.json` */
export type CrashHook = (point: CrashPoint, what: string) => void;

let hook: CrashHook | undefined;

/** Called at every point from now on; undefined: nothing is. A hook that throws is the end of that process. */
export function setCrashHook(next: CrashHook | undefined): void {
  hook = next;
}

export function passCrashPoint(point: CrashPoint, what: string): void {
  hook?.(point, what);
}

/**
 * A hook for `MERGESWEEP_CRASH_AT`: `POINT:WHAT#N` ends the process at the N-th pass of that point, e.g.
 * `after commit:ledger#7`; without `:WHAT` whatever it is.
 *
 * @param crash ends the process at once, like SIGKILL
 * @returns undefined where the text names no point
 */
export function parseCrashHook(text: string, crash: () => void): CrashHook | undefined {
  const parts = /^([a-z ]+?)(?::(.+?))?#([1-9]\d*)$/.exec(text);
  const point = crashPoints.find((known) => known === parts?.[1]);
  if (parts === null || point === undefined) return undefined;
  const [, , wanted, count] = parts;
  let left = Number(count);
  return (passed, what) => {
    if (passed !== point || (wanted !== undefined && wanted !== what)) return;
    left -= 1;
    if (left === 0) crash();
  };
}
