import { type Fault, type FaultKind, faultKinds } from './faults.js';

/**
 * Every fault of the k-th call, for k up to the number of calls.
 *
 * @param calls that a run without faults makes, by kind
 */
export function listFaults(
  calls: ReadonlyMap<FaultKind, number>,
  maxK = Number.POSITIVE_INFINITY,
): Fault[] {
  return [...calls].flatMap(([kind, most]) =>
    Array.from({ length: Math.min(most, maxK) }, (_, index) =>
      faultKinds[kind].flatMap((how): Fault[] => [
        { kind, k: index + 1, how, lasts: 'once' },
        { kind, k: index + 1, how, lasts: 'forever' },
      ]),
    ).flat(),
  );
}

/** So many of them, each kind alike often where it has enough; the same for the same random numbers. */
export function sampleFaults(
  faults: readonly Fault[],
  count: number,
  random: () => number,
): Fault[] {
  const byKind = new Map<FaultKind, Fault[]>();
  for (const fault of faults) byKind.set(fault.kind, [...(byKind.get(fault.kind) ?? []), fault]);
  const chosen: Fault[] = [];
  while (chosen.length < Math.min(count, faults.length)) {
    for (const left of byKind.values()) {
      const [fault] = left.splice(Math.floor(random() * left.length), 1);
      if (fault !== undefined && chosen.length < count) chosen.push(fault);
    }
  }
  return chosen;
}
