/**
 * What the user allows by name where a program is started: never the sweep file, which may be a
 * stranger's, and never the network.
 */
export interface Permissions {
  /** Models whose pickle weights may be opened: labels for `check` and `run`, models for nodes. */
  readonly pickle: readonly string[];
  /** Task files below `evaluation.include_path` may hold code. */
  readonly taskCode: boolean;
}

export const nothingAllowed: Permissions = { pickle: [], taskCode: false };
