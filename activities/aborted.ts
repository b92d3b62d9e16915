/** Rejects with the signal's reason once it is aborted; for races. */
export function aborted(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    const refuse = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) refuse();
    else signal.addEventListener('abort', refuse, { once: true });
  });
  // It is raced, and often nobody waits for it any more.
  promise.catch(() => undefined);
  return promise;
}
