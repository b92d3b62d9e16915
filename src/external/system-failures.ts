import {
  MergesweepError,
  MissingToolError,
  StageFailedError,
  type FailureClass,
} from '../errors.js';

interface SystemError {
  readonly class: FailureClass;
  /** What to do about it; `where` is the file or folder, or the node's work folder. */
  readonly advise: (where: string) => string;
}

const freeSpace: SystemError = {
  class: 'disk_full',
  advise: (where) =>
    `The disk of ${where} is full: free space on it, or move the node's work folder.`,
};
const mendFolder: SystemError = {
  class: 'disk_unusable',
  advise: (where) =>
    `Expected to read and write ${where}: mend its permissions or its disk, or give the node another work folder.`,
};
const raiseLimits: SystemError = {
  class: 'start_refused',
  advise: () =>
    'The system has no room for another process or open file: raise `ulimit -u` and `ulimit -n`, or lower --slots.',
};

/** By `code` of Node's errors. */
const systemErrors: Readonly<Partial<Record<string, SystemError>>> = {
  ENOSPC: freeSpace,
  EDQUOT: freeSpace,
  EACCES: mendFolder,
  EPERM: mendFolder,
  EROFS: mendFolder,
  EIO: mendFolder,
  ENOTDIR: mendFolder,
  ELOOP: mendFolder,
  ESTALE: mendFolder,
  EAGAIN: raiseLimits,
  ENOMEM: raiseLimits,
  EMFILE: raiseLimits,
  ENFILE: raiseLimits,
};

/** Any error of a trial as one with a class; an error of a stage stays as it is. */
export function toStageFailure(
  error: unknown,
  workRoot = "the node's work folder",
): StageFailedError {
  if (error instanceof StageFailedError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const as = (failureClass: FailureClass, reason = message): StageFailedError =>
    new StageFailedError(failureClass, reason, { cause: error });
  if (error instanceof MissingToolError) return as('tool_missing');
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : systemErrors[code];
  if (known !== undefined)
    return as(known.class, `${message.replace(/\.$/, '')}. ${known.advise(path ?? workRoot)}`);
  return as(error instanceof MergesweepError ? 'configuration' : 'crash');
}
