/** `--allow-pickle`, `--allow-task-code`: what may run as code, by name, for this start alone. */
import { Option } from 'commander';
import type { Permissions } from '../preflight/permissions.js';

export interface PermissionFlags {
  readonly allowPickle?: readonly string[] | undefined;
  readonly allowTaskCode?: boolean | undefined;
}

/** @param what names a model here: `label` in the sweep, or `model` as the tools get it */
export const allowPickleOption = (what: 'label' | 'model'): Option =>
  new Option(
    `--allow-pickle <${what}>`,
    'open the pickle weights of this model, which can run code; once per model',
  ).argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);

export const allowTaskCodeOption = (): Option =>
  new Option('--allow-task-code', 'let task files under evaluation.include_path run code');

export function readPermissions({ allowPickle, allowTaskCode }: PermissionFlags): Permissions {
  return { pickle: allowPickle ?? [], taskCode: allowTaskCode ?? false };
}

/** The flags as words of a command line; labels need no quoting. */
export function repeatPermissions({ pickle, taskCode }: Permissions): string[] {
  return [
    ...pickle.flatMap((label) => ['--allow-pickle', label]),
    ...(taskCode ? ['--allow-task-code'] : []),
  ];
}
