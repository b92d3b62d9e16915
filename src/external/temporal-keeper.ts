/** Starts the embedded server again when it dies under a sweep: workers find it on the same port. */
import { isAlive } from './temporal-process.js';

export interface KeptServer {
  readonly pid: number;
  /** Ends the keeping and waits for a start under way. Twice is once. */
  release(): Promise<void>;
}

export interface KeepOptions {
  readonly pid: number;
  /** Starts it anew; the new process, or why it did not start. */
  readonly restart: () => Promise<number | string>;
  readonly say: (message: string) => void;
  /** @default 500 */
  readonly intervalMs?: number;
  /** @default whether the process is there */
  readonly isAlive?: (pid: number) => boolean;
}

export function keepRunning(options: KeepOptions): KeptServer {
  let { pid } = options;
  let isReleased = false;
  let restarting: Promise<void> | undefined;
  const lives = options.isAlive ?? isAlive;

  const restart = async (): Promise<void> => {
    options.say(
      `Temporal's server (process ${pid}) has died and is started again; nothing is lost.`,
    );
    const started = await options.restart().catch((error: unknown) => String(error));
    if (typeof started === 'number') pid = started;
    else options.say(`Temporal's server did not start: ${started} It is tried again.`);
  };
  const timer = setInterval(() => {
    if (isReleased || restarting !== undefined || lives(pid)) return;
    restarting = restart().finally(() => (restarting = undefined));
  }, options.intervalMs ?? 500);
  timer.unref();
  return {
    get pid() {
      return pid;
    },
    release: async () => {
      isReleased = true;
      clearInterval(timer);
      await restarting;
    },
  };
}
