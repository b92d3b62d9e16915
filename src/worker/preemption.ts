/** Notice of a machine's end: the provider is asked again and again. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '../config.js';
import { lookForNotice, type Look } from './notice-command.js';

export interface PreemptionSettings {
  /** Program and arguments; no shell looks at them. */
  readonly argv: readonly [string, ...string[]];
  /** From the end of a look to the next, > 0. */
  readonly everyMs: number;
}

export interface WatchOptions extends PreemptionSettings {
  /** Never rejects. */
  readonly look: (argv: PreemptionSettings['argv'], signal: AbortSignal) => Promise<Look>;
  /** Told once that a look failed; they go on. */
  readonly onWarning: (message: string) => void;
  /** Rejects when aborted. @default a timer */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

export interface PreemptionWatch {
  /** Ends with the first look; with the reason if there is a notice already. */
  readonly first: Promise<string | undefined>;
  /** Resolves with the reason once there is a notice; never without one. */
  readonly noticed: Promise<string>;
  /** Ends the look that runs. */
  close(): Promise<void>;
}

/** Looks at once, and again after each pause until there is a notice. */
export function watchPreemption(options: WatchOptions): PreemptionWatch {
  const { argv, everyMs, look, onWarning, wait = waitWithTimer } = options;
  const closing = new AbortController();
  const { signal } = closing;
  let hasWarned = false;
  const lookOnce = async (): Promise<string | undefined> => {
    const found = signal.aborted ? undefined : await look(argv, signal);
    if (found === undefined || signal.aborted) return undefined;
    if (found.kind === 'failed' && !hasWarned) {
      hasWarned = true;
      onWarning(
        `The preempt command ${argv[0]} failed: ${found.what}. It is run again every ${everyMs / 1000} s, and this is said once; while it fails no notice is seen.`,
      );
    }
    return found.kind === 'notice' ? found.reason : undefined;
  };
  const first = lookOnce();
  const lookOn = async (): Promise<string | undefined> => {
    let reason = await first;
    while (reason === undefined && !signal.aborted) {
      await wait(everyMs, signal).catch(() => undefined);
      reason = await lookOnce();
    }
    return reason;
  };
  const ended = lookOn();
  return {
    first,
    noticed: new Promise((resolve) => {
      void ended.then((reason) => {
        if (reason !== undefined) resolve(reason);
      });
    }),
    close: async () => {
      closing.abort();
      await ended;
    },
  };
}

/** Watches by the user's command; nothing is ever noticed where none was named. */
export function watchByCommand(
  settings: PreemptionSettings | undefined,
  env: Environment,
  onWarning: (message: string) => void,
): PreemptionWatch {
  if (settings === undefined) return noPreemption;
  const look: WatchOptions['look'] = (argv, signal) => lookForNotice(argv, env, signal);
  return watchPreemption({ ...settings, look, onWarning });
}

const noPreemption: PreemptionWatch = {
  first: Promise.resolve(undefined),
  noticed: new Promise(() => undefined),
  close: () => Promise.resolve(),
};

const waitWithTimer = (ms: number, signal: AbortSignal): Promise<unknown> =>
  delay(ms, undefined, { signal });
