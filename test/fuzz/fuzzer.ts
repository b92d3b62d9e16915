import type { SeededRandom } from './seeded-random.js';

/** What can be wrong with a case: each of them fails the run. */
export const violationKinds = [
  /** An exception that is none of our declared errors, or the end of the process. */
  'crash',
  /** More CPU time than `--hang-ms`, or no answer. */
  'hang',
  /** More than 64 MB for one case, or a process that grows. */
  'memory',
  /** Accepted although a strict check of the same bytes says no, or says something else. */
  'nonsense',
  /** `Object.prototype` is not what it was. */
  'pollution',
  /** A damaged row was served, and nothing complained. */
  'silent',
  /** A file was touched, or a program started, that the case did not ask for. */
  'escape',
] as const;
export type ViolationKind = (typeof violationKinds)[number];

export type Verdict =
  /** `label` says what became of it, for the tally. */
  { readonly kind: 'fine'; readonly label: string } | Violation;

export interface Violation {
  readonly kind: ViolationKind;
  readonly message: string;
}

/** Makes and checks the cases of one target, in its own process. What `check` throws is a crash. */
export interface Fuzzer<Input> {
  /** @param index of the case; only targets that go through all their cases look at it */
  make(random: SeededRandom, index: number): Input;
  check(input: Input): Verdict | Promise<Verdict>;
  /** The case as a file that a person can look at. */
  write(input: Input): string | Uint8Array;
  /** Smaller cases of the same kind, to minimise one that fails. */
  smaller?(input: Input): Iterable<Input>;
  /** So many cases there are: all of them are run, however many were asked for. */
  readonly count?: number;
  close?(): void;
}

export const fine = (label: string): Verdict => ({ kind: 'fine', label });
export const violation = (kind: ViolationKind, message: string): Verdict => ({ kind, message });
