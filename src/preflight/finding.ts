/** One thing that preflight has to say about the models of a sweep. */
export interface Finding {
  /** Stable; listed in docs/errors.md. */
  readonly code: string;
  /** `unchecked`: what it would take to know is not here; never stops a sweep. */
  readonly severity: 'error' | 'warning' | 'unchecked';
  /** The parent's label, or `base`. */
  readonly subject: string;
  readonly message: string;
  readonly waysOut: readonly string[];
}
