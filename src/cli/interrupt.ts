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

export interface NodeInterrupt {
  /** Aborted at the first Ctrl-C: what runs may end. */
  readonly draining: AbortSignal;
  /** Aborted at the second, at SIGTERM and when the terminal goes: what runs is handed back. */
  readonly ending: AbortSignal;
  /** Gives the signals back to Node. */
  dispose(): void;
}

/** @param onInsist at any signal once it ends; the process should end in it */
export function catchNodeSignals(
  onInsist: () => void,
  target: Pick<NodeJS.Process, 'on' | 'off'> = process,
): NodeInterrupt {
  const [draining, ending] = [new AbortController(), new AbortController()];
  const end = (): void => {
    if (ending.signal.aborted) onInsist();
    else ending.abort();
  };
  const drainFirst = (): void => {
    if (draining.signal.aborted || ending.signal.aborted) end();
    else draining.abort();
  };
  const handlers = [
    ['SIGINT', drainFirst],
    ['SIGTERM', end],
    ['SIGHUP', end],
  ] as const;
  for (const [name, handle] of handlers) target.on(name, handle);
  return {
    draining: draining.signal,
    ending: ending.signal,
    dispose: () => {
      for (const [name, handle] of handlers) target.off(name, handle);
    },
  };
}
