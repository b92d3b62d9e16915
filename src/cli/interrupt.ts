/** Ctrl-C and SIGTERM: the first asks to end, the second insists. */

export interface Interrupt {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
  /** Gives the signals back to Node. */
  dispose(): void;
}

/** @param onInsist at the second signal; the process should end in it */
export function catchInterrupt(
  onInsist: () => void,
  target: Pick<NodeJS.Process, 'on' | 'off'> = process,
): Interrupt {
  const controller = new AbortController();
  const handle = (): void => {
    if (controller.signal.aborted) onInsist();
    else controller.abort();
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) target.on(name, handle);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of names) target.off(name, handle);
    },
  };
}
