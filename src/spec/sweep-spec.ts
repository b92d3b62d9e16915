import type { Range, SweepFile } from './schema.js';

export interface Parent {
  /** Unique in the sweep. */
  readonly label: string;
  /** As mergekit gets it: absolute path, or Hub id. */
  readonly model: string;
  readonly isLocal: boolean;
  readonly parameters: Readonly<Record<string, number | Range>>;
}

/** A valid sweep file with its name settled and its paths made absolute. */
export interface SweepSpec {
  readonly name: string;
  readonly base: Pick<Parent, 'label' | 'model' | 'isLocal'>;
  readonly parents: readonly Parent[];
  /** Absolute. */
  readonly includePath?: string;
  /** Absolute. */
  readonly evaluationCwd?: string;
  /** Seed of DARE's masks. */
  readonly mergeSeed: number;
  readonly file: SweepFile;
  /** SHA-256 over the canonical JSON of `file` and `name`, paths as written: moving the folder changes nothing. */
  readonly hash: string;
}
